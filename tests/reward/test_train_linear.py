"""The linear model finds planted effects of words, of length, and of styles that are worth more for some topics."""

import itertools

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sparse

from pushgen.encoders import NgramEncoder
from pushgen.errors import ConfigurationError, InputError
from pushgen.reward.evaluate import evaluate
from pushgen.reward.linear import LinearReward, ridge
from pushgen.reward.predictions import Prediction
from pushgen.reward.settings import LinearConfig, RewardConfig
from pushgen.reward.train_linear import named_labeller, train_linear
from pushgen.statistics.calibration import Residual
from pushgen.styles.linear import LinearLabeller
from pushgen.tables import PAIRS

CONFIG = RewardConfig(kind="linear", linear=LinearConfig(styles="none"), validation=0.2)
FRAMES = {"question": ("Would you try {}?", "Have you seen {}?"), "urgency": ("Breaking: {}", "Just in: {}")}
TOPICS = {"cooking": ("soup", "bread", "oven", "recipe"), "football": ("goal", "match", "stadium", "coach")}


def test_a_planted_effect_is_found_and_calibrated(train_pairs: pl.DataFrame, new_pairs: pl.DataFrame) -> None:
    model = train_linear(train_pairs, CONFIG)
    said = model.compare(new_pairs["text_a"].to_list(), new_pairs["text_b"].to_list())
    found = evaluate(new_pairs, {"model": Prediction(said.mean.astype(float), model.residual.scale)}, draws=100)
    assert found.value("accuracy, p < .05").low > 0.85
    assert found.value("share of the oracle's lift").low > 0.6
    assert found.value("calibration error, all pairs").value < found.calibration_by_chance + 0.05
    assert model.origin.figures["validation_loss"] < model.origin.figures["validation_loss_of_no_model"]


def test_without_an_effect_nothing_is_preferred(train_pairs: pl.DataFrame) -> None:
    mixed = train_pairs.with_columns(pl.col("text_a", "text_b").shuffle(seed=1))
    said = train_linear(mixed, CONFIG).compare(train_pairs["text_a"].to_list(), train_pairs["text_b"].to_list())
    assert np.abs(said.p_a - 0.5).mean() < 0.1


def _crossed(experiments: int, seed: int, categories: bool) -> pl.DataFrame:
    """Questions win for cooking by 0.6 and lose for football by as much; on average a style is worth nothing."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for number in range(experiments):
        topic = list(TOPICS)[number % 2]
        thing, *others = rng.permutation(TOPICS[topic])
        texts = [(style, str(rng.choice(FRAMES[style])).format(thing)) for style in FRAMES]
        ids = [f"e{number}-{index}" for index in range(2)]
        clicks = [
            int(rng.poisson(150 * np.exp(0.3 * (1 if (style == "question") == (topic == "cooking") else -1))))
            for style, _ in texts
        ]
        for a, b in itertools.combinations(range(2), 2):
            row: dict[str, object] = {
                "experiment_id": f"e{number}",
                "content_id": f"c{number}",
                "push_a": ids[a],
                "push_b": ids[b],
            }
            row["category"] = topic if categories else None
            row |= {"text_a": texts[a][1], "text_b": texts[b][1], "caption": f"A video about {' and '.join(others)}."}
            row |= {"impressions_a": 5000, "impressions_b": 5000, "clicks_a": clicks[a], "clicks_b": clicks[b]}
            rows.append(row)
    return PAIRS.conform(pl.DataFrame(rows))


@pytest.mark.parametrize("categories", [False, True])
def test_a_style_may_be_worth_more_for_one_topic_than_for_another(categories: bool) -> None:
    texts = [frame.format(thing) for frames in FRAMES.values() for frame in frames for thing in ("soup", "goal")]
    labels = [style for style, frames in FRAMES.items() for _ in frames for _ in range(2)]
    labeller = LinearLabeller.train(texts, labels, encoder=NgramEncoder(128))
    pairs = _crossed(300, seed=0, categories=categories)
    linear = LinearConfig(topics=3, word_factor=0.0)
    model = train_linear(pairs, RewardConfig(kind="linear", linear=linear), styles=labeller)
    asks, shouts = ["Have you seen this?"] * 2, ["Breaking: this"] * 2
    captions = ["A video about bread and recipe.", "A video about match and coach."]
    mean = model.compare(asks, shouts, captions).mean
    assert mean[0] > 0.2 > -0.2 > mean[1]
    blind = train_linear(pairs, RewardConfig(kind="linear", linear=LinearConfig(crosses=False)), styles=labeller)
    one, other = blind.compare(asks, shouts, captions).mean
    assert one == pytest.approx(other, abs=0.1)  # without crosses the topic changes nothing


def test_the_ridge_is_the_weighted_regression_with_a_level_for_every_group(train_pairs: pl.DataFrame) -> None:
    from pushgen.reward.arms import arms_of

    arms = arms_of(train_pairs.head(60))
    rows = np.random.default_rng(0).normal(size=(len(arms), 3))
    s2, penalty = 0.1, 2.0
    found = ridge(sparse.csr_matrix(rows), arms, s2, penalty)
    # The same by brute force: one dummy column per group, no penalty on the dummies.
    weight = 1.0 / (s2 / 2 + 1.0 / (arms.clicks + 0.5))
    full = np.hstack([rows, np.eye(arms.group.max() + 1)[arms.group]])
    hold = np.diag([penalty] * 3 + [0.0] * (arms.group.max() + 1))
    exact = np.linalg.solve(full.T @ (weight[:, None] * full) + hold, full.T @ (weight * arms.log_rate))
    np.testing.assert_allclose(found, exact[:3], atol=1e-4)


def test_arms_of_a_group_are_those_compared_with_each_other(train_pairs: pl.DataFrame) -> None:
    from pushgen.reward.arms import arms_of

    arms = arms_of(train_pairs)
    assert len(arms) == 750
    assert np.bincount(arms.group).tolist() == [3] * 250
    assert (np.diff(arms.group) >= 0).all()


def test_texts_without_any_feature_are_even(train_pairs: pl.DataFrame) -> None:
    model = train_linear(train_pairs, CONFIG)
    nothing = LinearReward(model.features, np.zeros_like(model.beta_F), Residual(), model.origin)
    assert nothing.compare(["a"], ["b"]).p_a[0] == 0.5
    assert model.count_truncated(["x" * 3000, "x"]) == 1


def test_bad_input_is_an_error(train_pairs: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="more experiments"):
        train_linear(train_pairs.head(9), CONFIG)
    with pytest.raises(ConfigurationError, match="linear labeller"):
        named_labeller("prototype", ["a text"])
    with pytest.raises(ConfigurationError, match="at least 1"):
        LinearConfig(least_texts=0)
