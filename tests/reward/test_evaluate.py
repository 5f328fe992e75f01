"""The figures on pairs whose right answer is known."""

import numpy as np
import polars as pl
import pytest

from pushgen.encoders import open_encoder
from pushgen.errors import InputError
from pushgen.reward.baselines import embedding_logistic, longer_wins, tfidf_logistic
from pushgen.reward.choices import choose
from pushgen.reward.evaluate import evaluate
from pushgen.reward.evidence import evidence
from pushgen.reward.predictions import Prediction


def test_an_oracle_is_perfect_and_its_reverse_is_not(new_pairs: pl.DataFrame) -> None:
    ratio = evidence(new_pairs).ratio
    found = evaluate(
        new_pairs,
        {"model": Prediction(ratio, 0.1), "reverse": Prediction(-ratio), "nothing": Prediction(0 * ratio)},
        draws=200,
    )
    assert found.value("accuracy, p < .05").value == 1.0
    assert found.value("top-1 of k").value == 1.0
    assert found.value("share of the oracle's lift").value == pytest.approx(1.0)
    assert found.value("lift over the mean arm").value == pytest.approx(found.value("lift of the oracle").value)
    assert found.value("accuracy, p < .05", "reverse").value == 0.0
    assert found.value("avoids the worst", "reverse").value == 0.0
    assert found.value("accuracy, all pairs", "nothing").value == 0.5
    assert found.value("log-loss, all pairs").value < 0.5
    assert {row["metric"] for row in found.table()} == {metric.name for metric in found.metrics}
    spread = found.value("spread of the predicted log ratio").value
    assert spread == pytest.approx(float(np.sqrt(np.mean(ratio**2))))
    surest = found.value("accuracy, the 25% surest pairs").value
    assert surest >= found.value("accuracy, the 75% surest pairs").value >= found.value("accuracy, all pairs").value
    excess = found.value("calibration error less that of perfect probabilities").value
    assert excess == pytest.approx(found.value("calibration error, all pairs").value - found.calibration_by_chance)
    with pytest.raises(KeyError):
        found.value("log-loss, all pairs", "reverse")


def test_choices_by_hand() -> None:
    pairs = pl.DataFrame(
        {
            "experiment_id": ["e"] * 4,
            "push_a": ["p1", "p1", "p2", "q1"],
            "push_b": ["p2", "p3", "p3", "q2"],
            "clicks_a": [10, 10, 20, 1],
            "impressions_a": [1000, 1000, 1000, 100],
            "clicks_b": [20, 30, 30, 2],
            "impressions_b": [1000, 1000, 1000, 100],
        }
    )
    found = choose(pairs, [0.2, 0.4, 0.9, 0.5])
    assert found.arms.tolist() == [3, 2]
    assert found.chosen.tolist() == [0.02, 0.01]  # p2 has the highest mean; the tie goes to q1
    assert found.best.tolist() == [0.03, 0.02]
    assert found.mean.tolist() == pytest.approx([0.02, 0.015])


def test_near_copies_of_training_texts_leave_the_slice(new_pairs: pl.DataFrame) -> None:
    ratio = evidence(new_pairs).ratio
    seen = new_pairs["text_a"].head(30).to_list()
    found = evaluate(new_pairs, {"model": Prediction(ratio)}, training_texts=seen, draws=20)
    counts = {metric.name: metric.count for metric in found.metrics}
    assert counts["accuracy, all pairs, no near-copy in training"] <= counts["accuracy, all pairs"] - 30


def test_baselines_find_what_they_can(train_pairs: pl.DataFrame, new_pairs: pl.DataFrame) -> None:
    predictions = {
        "TF-IDF": Prediction(tfidf_logistic(train_pairs, new_pairs)),
        "embeddings": Prediction(embedding_logistic(train_pairs, new_pairs, open_encoder("minilm"))),
        "longer": Prediction(longer_wins(new_pairs)),
    }
    found = evaluate(new_pairs, predictions, draws=200, against=["longer"])
    gain = next(one for one in found.gains if (one.predictor, one.slice) == ("TF-IDF", "p < .05"))
    rates = [found.value("accuracy, p < .05", name).value for name in ("TF-IDF", "longer")]
    assert gain.interval.value == pytest.approx(rates[0] - rates[1])
    assert gain.interval.low > 0.2
    assert found.value("accuracy, p < .05", "TF-IDF").value > 0.9
    assert found.value("accuracy, p < .05", "embeddings").value > 0.9
    swapped = new_pairs.rename({"text_a": "text_b", "text_b": "text_a"})
    assert np.allclose(longer_wins(swapped), -longer_wins(new_pairs))


def test_pairs_without_clicks_are_counted(new_pairs: pl.DataFrame) -> None:
    dead = new_pairs.with_columns(pl.lit(0, pl.Int64).alias("clicks_a"), pl.lit(0, pl.Int64).alias("clicks_b"))
    mixed = pl.concat([dead.head(7), new_pairs])
    found = evaluate(mixed, {"model": Prediction(np.ones(mixed.height), 0.3)}, draws=20)
    assert found.pairs == new_pairs.height
    assert list(found.left_out.values()) == [7]
    with pytest.raises(InputError, match="more experiments"):
        evaluate(dead, {"model": Prediction(np.ones(dead.height))})
