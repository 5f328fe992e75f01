"""Calibration as a step: distorted probabilities come right, right ones stay, and the model is left alone."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pushgen.cli.app import app
from pushgen.errors import ConfigurationError, InputError
from pushgen.reward.calibrate import calibrate
from pushgen.reward.linear import LinearReward
from pushgen.reward.settings import LinearConfig, RewardConfig
from pushgen.reward.storage import load_reward, save_reward
from pushgen.reward.train_linear import train_linear
from pushgen.statistics.calibration import Residual


@pytest.fixture(scope="module")
def model(train_pairs: pl.DataFrame) -> LinearReward:
    return train_linear(train_pairs, RewardConfig(kind="linear", linear=LinearConfig(styles="none", crosses=False)))


@pytest.mark.parametrize("slope", [0.3, 4.0])
def test_distorted_means_come_right(model: LinearReward, new_pairs: pl.DataFrame, slope: float) -> None:
    right = calibrate(model, new_pairs)
    distorted = LinearReward(
        model.features, model.beta_F, Residual(slope=slope * model.residual.slope, scale=0.6), model.origin
    )
    found = calibrate(distorted, new_pairs)
    assert found.after.slope == pytest.approx(right.after.slope, rel=1e-3)
    assert found.after.scale == pytest.approx(right.after.scale, rel=1e-2)
    assert found.gain.low > 0
    assert found.excess_after < found.excess_before
    assert found.before == distorted.residual


def test_right_probabilities_stay(model: LinearReward, new_pairs: pl.DataFrame) -> None:
    once = LinearReward(model.features, model.beta_F, calibrate(model, new_pairs).after, model.origin)
    again = calibrate(once, new_pairs)
    assert again.after.slope == pytest.approx(once.residual.slope, rel=1e-3)
    assert abs(again.gain.value) < 0.01


def test_too_few_pairs_are_refused(model: LinearReward, new_pairs: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="at least 50 pairs"):
        calibrate(model, new_pairs.head(20))


def test_the_command(model: LinearReward, new_pairs: pl.DataFrame, tmp_path: Path) -> None:
    sides = [
        new_pairs.select(
            "experiment_id", "content_id", push_id=f"push_{side}", body=f"text_{side}",
            impressions=f"impressions_{side}", clicks=f"clicks_{side}",
        )
        for side in ("a", "b")
    ]  # fmt: skip
    pl.concat(sides).unique("push_id", maintain_order=True).write_csv(tmp_path / "log.csv")
    app(["import", "table", str(tmp_path / "log.csv"), "--out", str(tmp_path / "log")], result_action="return_value")
    wrong = LinearReward(model.features, model.beta_F, Residual(slope=8.0, scale=0.1), model.origin)
    save_reward(wrong, tmp_path / "wrong")
    before = (tmp_path / "wrong" / "config.json").read_bytes()
    words = ["calibrate", str(tmp_path / "wrong"), str(tmp_path / "log"), "--part", "all"]
    app([*words, "--out", str(tmp_path / "right")], result_action="return_value")
    assert (tmp_path / "wrong" / "config.json").read_bytes() == before
    found = load_reward(tmp_path / "right")
    assert found.residual.slope == pytest.approx(calibrate(wrong, new_pairs).after.slope, rel=1e-3)
    assert "calibration" in found.origin.inputs
    texts = new_pairs["text_a"].to_list(), new_pairs["text_b"].to_list()
    assert np.abs(found.compare(*texts).p_a - wrong.compare(*texts).p_a).max() > 0.05
    with pytest.raises(ConfigurationError, match="another folder"):
        app([*words, "--out", str(tmp_path / "wrong")], result_action="return_value")
