"""Training finds a planted effect, and the probabilities it states are right."""

import dataclasses
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pushgen.errors import InputError
from pushgen.reward.evaluate import evaluate
from pushgen.reward.predictions import Prediction
from pushgen.reward.settings import BackboneConfig, PairConfig, RewardConfig
from pushgen.reward.train_pair import train_pair

TINY = RewardConfig(
    kind="pair",
    backbone=BackboneConfig(name="own", width=32, layers=2, vocabulary=400),
    pair=PairConfig(joint_layers=1, max_tokens=32),
    epochs=6,
    learning_rate=3e-3,
    head_rate=3.0,
    validation=0.2,
    bf16="no",
)


@pytest.mark.parametrize("change", [{}, {"loss": "order"}, {"pairs_per_epoch": 400}])
def test_a_planted_effect_is_found_and_calibrated(
    change: dict[str, object], train_pairs: pl.DataFrame, new_pairs: pl.DataFrame
) -> None:
    trained = train_pair(train_pairs, dataclasses.replace(TINY, **change))  # type: ignore[arg-type]
    model = trained.model
    said = model.compare(new_pairs["text_a"].to_list(), new_pairs["text_b"].to_list())
    found = evaluate(new_pairs, {"model": Prediction(said.mean.astype(float), model.residual.scale)}, draws=100)
    assert found.value("accuracy, p < .05").low > 0.85
    assert found.value("share of the oracle's lift").low > 0.6
    assert found.value("calibration error, all pairs").value < found.calibration_by_chance + 0.05
    assert model.origin.figures["validation_loss"] < model.origin.figures["validation_loss_of_no_model"]
    assert model.compare(["the secret harbour"], ["the committee harbour"]).mean[0] > 0.3


def test_captions_are_read_where_asked_for_and_only_there(train_pairs: pl.DataFrame) -> None:
    pairs = train_pairs.with_columns(caption=pl.concat_str(pl.lit("a film about "), pl.col("text_a").str.slice(0, 12)))
    texts = ["the secret harbour"] * 3, ["the committee harbour"] * 3
    captions = ["a film about a river", "a film about a storm", None]
    config = dataclasses.replace(TINY, epochs=2)
    reading = dataclasses.replace(config, pair=dataclasses.replace(TINY.pair, caption_tokens=6))
    read = train_pair(pairs, reading).model.compare(*texts, captions)
    assert len(set(read.mean.tolist())) == 3
    turned = train_pair(pairs, reading).model.compare(texts[1], texts[0], captions)
    assert np.array_equal(turned.mean, -read.mean)
    blind = train_pair(pairs, config).model.compare(*texts, captions)
    assert len(set(blind.mean.tolist())) == 1


def test_without_an_effect_nothing_is_preferred(train_pairs: pl.DataFrame) -> None:
    mixed = train_pairs.with_columns(pl.col("text_a", "text_b").shuffle(seed=1))
    model = train_pair(mixed, dataclasses.replace(TINY, epochs=2)).model
    said = model.compare(train_pairs["text_a"].to_list(), train_pairs["text_b"].to_list())
    assert np.abs(said.p_a - 0.5).mean() < 0.1


def test_the_same_seed_gives_the_same_model(train_pairs: pl.DataFrame) -> None:
    config = dataclasses.replace(TINY, epochs=1)
    texts = (["a secret garden"], ["the weekly committee"])
    one, two, other = (
        train_pair(train_pairs, dataclasses.replace(config, seed=seed)).model.compare(*texts) for seed in (1, 1, 2)
    )
    assert one.mean[0] == two.mean[0]
    assert one.mean[0] != other.mean[0]


def test_too_little_data_is_an_error(train_pairs: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="more experiments"):
        train_pair(train_pairs.head(9), TINY)


def test_layers_that_are_not_there_are_an_error(train_pairs: pl.DataFrame) -> None:
    minilm = dataclasses.replace(TINY, backbone=BackboneConfig(name="minilm", layers=7))
    with pytest.raises(InputError, match="1 to 6 layers"):
        train_pair(train_pairs, minilm)


def test_a_folder_that_is_no_model_is_an_error(tmp_path: Path) -> None:
    from pushgen.reward import open_reward

    with pytest.raises(InputError, match="pushgen train reward"):
        open_reward(tmp_path)
    (tmp_path / "config.json").write_text('{"format": "pushgen-reward-1", "pair": {}, "backbone": {}}')
    with pytest.raises(InputError, match="complete reward model"):
        open_reward(tmp_path)
