"""Utilities learned from groups of arms: a planted effect is found, and its probabilities are right."""

import dataclasses

import numpy as np
import polars as pl
import pytest

from pushgen.errors import ConfigurationError, InputError
from pushgen.reward.evaluate import evaluate
from pushgen.reward.predictions import predict
from pushgen.reward.settings import BackboneConfig, Kind, RewardConfig, UtilityConfig
from pushgen.reward.train_utility import train_utility

TINY = RewardConfig(
    kind="score",
    backbone=BackboneConfig(name="own", width=32, layers=2, vocabulary=400),
    utility=UtilityConfig(max_tokens=32),
    epochs=5,
    learning_rate=3e-3,
    head_rate=3.0,
    batch_texts=40,
    validation=0.2,
    bf16="no",
)


@pytest.mark.parametrize("kind", ["score", "list"])
def test_a_planted_effect_is_found_and_calibrated(
    kind: Kind, train_pairs: pl.DataFrame, new_pairs: pl.DataFrame
) -> None:
    model = train_utility(train_pairs, dataclasses.replace(TINY, kind=kind)).model
    found = evaluate(new_pairs, {"model": predict(model, new_pairs)}, draws=100)
    assert found.value("accuracy, p < .05").low > 0.85
    assert found.value("share of the oracle's lift").low > 0.6
    assert found.value("calibration error, all pairs").value < found.calibration_by_chance + 0.05
    assert model.origin.figures["validation_loss"] < 0.5 * model.origin.figures["validation_loss_of_no_model"]
    assert model.compare(["the secret harbour"], ["the committee harbour"]).mean[0] > 0.3


def test_without_an_effect_nothing_is_preferred(train_pairs: pl.DataFrame) -> None:
    mixed = train_pairs.with_columns(pl.col("text_a", "text_b").shuffle(seed=1))
    model = train_utility(mixed, dataclasses.replace(TINY, epochs=2)).model
    said = model.compare(train_pairs["text_a"].to_list(), train_pairs["text_b"].to_list())
    assert np.abs(said.p_a - 0.5).mean() < 0.1


def test_the_same_seed_gives_the_same_model(train_pairs: pl.DataFrame) -> None:
    config = dataclasses.replace(TINY, kind="list", epochs=1)
    texts = (["a secret garden"], ["the weekly committee"])
    one, two, other = (
        train_utility(train_pairs, dataclasses.replace(config, seed=seed)).model.compare(*texts) for seed in (1, 1, 2)
    )
    assert one.mean[0] == two.mean[0]
    assert one.mean[0] != other.mean[0]


@pytest.mark.parametrize("kind", ["score", "list"])
def test_captions_are_read_where_asked_for_and_only_there(kind: Kind, train_pairs: pl.DataFrame) -> None:
    topic = pl.when(pl.col("experiment_id").str.ends_with("1")).then(pl.lit("about a river")).otherwise(pl.lit(None))
    pairs = train_pairs.with_columns(caption=topic)
    config = dataclasses.replace(TINY, kind=kind, epochs=2)
    reading = dataclasses.replace(config, utility=UtilityConfig(max_tokens=32, caption_tokens=6))
    texts = ["the secret harbour"] * 3, ["the committee harbour"] * 3
    captions = ["about a river", "a garden in a storm", None]
    assert len(set(train_utility(pairs, reading).model.compare(*texts, captions).mean.tolist())) == 3
    assert len(set(train_utility(pairs, config).model.compare(*texts, captions).mean.tolist())) == 1


def test_steps_hold_whole_groups_and_an_epoch_all_of_them() -> None:
    from pushgen.reward.train_utility import _cut

    order = np.random.default_rng(0).permutation(100)
    arms = np.random.default_rng(1).integers(2, 30, 100)
    runs = _cut(order, arms, 40)
    assert np.concatenate(runs).tolist() == order.tolist()
    assert max(arms[run].sum() for run in runs) < 40 + 30


def test_arms_without_clicks_stay_in_their_list(train_pairs: pl.DataFrame) -> None:
    """Two silent arms of three: their own pair says nothing, and both still lose against the third."""
    from pushgen.reward.train_utility import _groups

    silent = train_pairs.head(3).with_columns(
        clicks_a=pl.Series([0, 0, 0]), clicks_b=pl.Series([0, 9, 9]), push_a=pl.Series(["a", "a", "b"]),
        push_b=pl.Series(["b", "c", "c"]),
    )  # fmt: skip
    groups = _groups(silent)
    assert [one.tolist() for one in groups.clicks] == [[0.0, 0.0, 9.0]]
    assert groups.keys["push_id"].to_list() == ["a", "b", "c"]


def test_bad_input_is_an_error(train_pairs: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="more experiments"):
        train_utility(train_pairs.head(9), TINY)
    with pytest.raises(ConfigurationError, match="of the kind `pair`"):
        dataclasses.replace(TINY, loss="order")
    with pytest.raises(ConfigurationError, match="list_layers"):
        UtilityConfig(list_layers=-1)
