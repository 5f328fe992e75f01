"""The blend, its weights, and networks of several members."""

import dataclasses

import numpy as np
import polars as pl
import pytest

from pushgen.reward.blend import BlendReward
from pushgen.reward.evaluate import evaluate
from pushgen.reward.predictions import predict
from pushgen.reward.settings import BackboneConfig, LinearConfig, RewardConfig, UtilityConfig
from pushgen.reward.train import train
from pushgen.reward.train_utility import train_utility
from pushgen.reward.utility_network import Ensemble
from pushgen.statistics.calibration import fit_blend

TINY = RewardConfig(
    kind="score",
    backbone=BackboneConfig(name="own", width=32, layers=1, vocabulary=400),
    utility=UtilityConfig(max_tokens=32, members=2),
    linear=LinearConfig(styles="none", least_texts=2),
    epochs=3,
    learning_rate=3e-3,
    head_rate=3.0,
    batch_texts=40,
    validation=0.2,
    bf16="no",
)


def test_weights_by_hand() -> None:
    generator = np.random.default_rng(0)
    said = generator.normal(0, 0.4, (4000, 3))
    variance = generator.uniform(0.01, 0.3, 4000)
    observed = said @ [0.7, 0.4, 0.0] + generator.normal(0, np.sqrt(0.2**2 + variance))
    weights, scale = fit_blend(said, observed, variance)
    np.testing.assert_allclose(weights, [0.7, 0.4, 0.0], atol=0.03)
    assert scale == pytest.approx(0.2, abs=0.03)


def test_members_share_their_words_and_are_averaged(train_pairs: pl.DataFrame) -> None:
    trained = train_utility(train_pairs, TINY)
    network = trained.model.network
    assert isinstance(network, Ensemble)
    one, two = network.members
    assert one.backbone.get_input_embeddings() is two.backbone.get_input_embeddings()  # type: ignore[operator, union-attr]
    assert len(trained.history) == 2 * TINY.epochs
    alone = train_utility(train_pairs, dataclasses.replace(TINY, utility=UtilityConfig(max_tokens=32)))
    words = alone.model.network.backbone.get_input_embeddings().weight.numel()  # type: ignore[operator, union-attr]
    sizes = [int(model.origin.figures["parameters"]) for model in (alone.model, trained.model)]
    assert sizes[1] == 2 * sizes[0] - words
    # The second member left the first one's words as they were.
    lists = [["a secret garden", "the weekly committee", "a storm at the harbour"]]
    slopes = alone.model.residual.slope, trained.model.residual.slope
    first = alone.model.utilities(lists, [None])[0] / slopes[0]
    both = trained.model.utilities(lists, [None])[0] / slopes[1]
    network.members = network.members[:1]
    np.testing.assert_allclose(trained.model.utilities(lists, [None])[0] / slopes[1], first, rtol=1e-4)
    assert np.abs(both - first).max() > 1e-3


def test_a_blend_is_no_worse_than_its_parts(train_pairs: pl.DataFrame, new_pairs: pl.DataFrame) -> None:
    config = dataclasses.replace(TINY, kind="blend", blend_members=1)
    model = train(train_pairs, config)
    assert isinstance(model, BlendReward)
    assert min(model.weights) >= 0
    said = {name: predict(part, new_pairs) for name, part in (("network", model.network), ("linear", model.linear))}
    found = evaluate(new_pairs, {"model": predict(model, new_pairs), **said}, draws=50)
    losses = [found.value("log-loss, all pairs", name).value for name in ("model", "network", "linear")]
    assert losses[0] < min(losses[1:]) + 0.01
    assert found.value("accuracy, p < .05").value > 0.9
    assert model.origin.figures["parameters"] > model.network.origin.figures["parameters"]
