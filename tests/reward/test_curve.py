"""The learning curve: rising where there is something to learn, flat where there is not, cold models beside it."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.reward.conftest import planted

from pushgen.errors import ConfigurationError
from pushgen.report.curve import write_curve_report
from pushgen.reward.curve import SHOWN, learning_curve
from pushgen.reward.settings import LinearConfig, RewardConfig
from pushgen.reward.train_linear import train_linear

CONFIG = RewardConfig(kind="linear", validation=0.2, linear=LinearConfig(styles="none", crosses=False, least_texts=2))


def test_more_experiments_more_accuracy(new_pairs: pl.DataFrame, tmp_path: Path) -> None:
    # A tenth of the clicks, so that few experiments tell little.
    train_pairs = planted(250, seed=5, shown=300)
    cold = {"another log": train_linear(train_pairs, CONFIG)}
    found = learning_curve(train_pairs, new_pairs, CONFIG, shares=(0.3, 0.5, 1.0), cold=cold, draws=300)
    sizes = [point.experiments for point in found.points]
    assert sizes == [75, 125, 250]
    values = [point.figures[SHOWN].value for point in found.points]
    assert values[-1] > values[0]
    assert values[-1] > 0.8
    assert found.held_out == new_pairs["experiment_id"].n_unique()
    # The cold model was trained on all of them, as the last of the curve.
    by_name = {point.name: point for point in found.cold}
    assert by_name["another log"].figures[SHOWN] == found.points[-1].figures[SHOWN]
    assert by_name["another log"].experiments == 0
    assert by_name["longer wins"].figures[SHOWN].value < values[-1]
    assert "With 250 experiments" in found.words
    page = write_curve_report(found, tmp_path / "curve.html", "Curve <of> a log").read_text(encoding="utf-8")
    assert found.words.split(",")[0] in page
    assert "Curve &lt;of&gt; a log" in page
    assert page.count("<svg") == 1


def test_nothing_to_learn_is_said(train_pairs: pl.DataFrame, new_pairs: pl.DataFrame) -> None:
    luck = np.random.default_rng(0)
    clicks = {f"clicks_{side}": pl.Series(luck.poisson(60, train_pairs.height)) for side in "ab"}
    found = learning_curve(train_pairs.with_columns(**clicks), new_pairs, CONFIG, draws=300)
    assert found.last_doubling.low <= 0
    # An eighth of them is too little to train on, and says so.
    assert [point.experiments for point in found.points] == [62, 125, 250]
    assert "may bring little" in found.words


@pytest.mark.parametrize("shares", [(), (0.5,), (1.0, 0.5), (0.25, 1.0), (0.0, 0.5, 1.0)])
def test_other_shares_are_refused(train_pairs: pl.DataFrame, shares: tuple[float, ...]) -> None:
    with pytest.raises(ConfigurationError, match="shares must rise"):
        learning_curve(train_pairs, train_pairs, CONFIG, shares=shares)
