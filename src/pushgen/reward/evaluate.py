"""How good a reward model is on experiments it has not seen, beside baselines, with intervals over experiments.

The protocol: all pairs of arms of one experiment with the same picture; the winner is the arm with the higher
observed rate; a predicted or observed tie counts as half right. Slices by the two-sided p-value of the pooled
two-proportion test, and without texts that nearly occur in training. Intervals resample whole experiments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.errors import InputError
from pushgen.protocols import UtilityModel
from pushgen.reward.arms import arms_of, differences
from pushgen.reward.choices import choose
from pushgen.reward.evidence import evidence, usable
from pushgen.statistics.bootstrap import ClusterBootstrap, Interval
from pushgen.statistics.calibration import (
    ReliabilityBin,
    calibration_error_by_chance,
    p_observed,
    reliability,
)
from pushgen.statistics.proportions import two_proportion_z, two_sided_p
from pushgen.text.near_copies import has_near_copy

if TYPE_CHECKING:
    from pushgen.reward.trained import TrainedReward

Array = NDArray[np.float64]
NEAR_COPY = 0.8
"""Jaccard similarity from which a text counts as a near-copy of a training text."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a predictor says of P pairs."""

    mean: Array
    """Log-CTR ratio, or any number whose sign names the winner; shape (P,)."""
    scale: float | None = None
    """Residual standard deviation of a predictor that states probabilities."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of one predictor."""

    name: str
    predictor: str
    interval: Interval
    count: int
    """Pairs, or groups of competing arms, behind it."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of one run."""

    metrics: Sequence[Metric]
    reliability: Sequence[ReliabilityBin]
    """Of the first predictor, on all pairs, with the sampling error of the observed winner taken into account."""
    calibration_by_chance: float
    """Calibration error that perfect probabilities would show on as many pairs."""
    pairs: int
    experiments: int
    left_out: Mapping[str, int]

    def value(self, name: str, predictor: str = "model") -> Interval:
        """The interval of a metric. Raises `KeyError` where it was not measured."""
        for metric in self.metrics:
            if (metric.name, metric.predictor) == (name, predictor):
                return metric.interval
        raise KeyError((name, predictor))

    def table(self) -> list[dict[str, Any]]:
        """One row per metric, one entry per predictor; the second predictor also stands under `baseline`."""
        predictors = list(dict.fromkeys(metric.predictor for metric in self.metrics))
        rows: dict[str, dict[str, Any]] = {}
        for metric in self.metrics:
            row = rows.setdefault(metric.name, {"metric": metric.name, "count": metric.count})
            row[metric.predictor] = str(metric.interval)
        baseline = predictors[1] if len(predictors) > 1 else ""
        return [{"model": "", "baseline": row.get(baseline, ""), **row} for row in rows.values()]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; empty bins are left out."""
        return {**asdict(self), "reliability": [asdict(row) for row in self.reliability if row.count]} | {
            "table": self.table()
        }


def evaluate(
    pairs: pl.DataFrame,
    predictions: Mapping[str, Prediction],
    *,
    training_texts: Sequence[str] = (),
    draws: int = 2000,
    seed: int = 0,
) -> Evaluation:
    """Measures predictors on a frame of `tables.PAIRS`; each prediction belongs to the rows in order.

    `training_texts` are what the near-copy slice is held against. Raises `InputError` where no pair has clicks.
    """
    known = pairs.with_row_index("__row")
    kept = usable(known)
    rows = kept["__row"].to_numpy()
    if not len(rows):
        raise InputError(
            expected="pairs of arms with impressions and clicks",
            found=f"none among {pairs.height} pairs",
            remedy="Evaluate on a log with more experiments.",
        )
    observed = _Observed(kept, training_texts, ClusterBootstrap(kept["experiment_id"], draws=draws, seed=seed))
    cut = {name: Prediction(given.mean[rows], given.scale) for name, given in predictions.items()}
    metrics = [metric for name, given in cut.items() for metric in observed.measure(name, given, draws, seed)]
    first = next(iter(cut.values()))
    p = _observed_p(first, observed.variance)
    return Evaluation(
        metrics=metrics,
        reliability=reliability(p, observed.outcome),
        calibration_by_chance=calibration_error_by_chance(p, seed=seed),
        pairs=kept.height,
        experiments=kept["experiment_id"].n_unique(),
        left_out={"pairs without impressions or clicks": pairs.height - kept.height},
    )


def predict(judge: "TrainedReward", pairs: pl.DataFrame) -> Prediction:
    """What a model says of a frame of `tables.PAIRS`; one of utilities judges the arms that compete as one list."""
    if not isinstance(judge, UtilityModel):
        said = judge.compare(pairs["text_a"].to_list(), pairs["text_b"].to_list(), pairs["caption"].to_list())
        return Prediction(said.mean.astype(np.float64), judge.residual.scale)
    arms = arms_of(pairs)
    ends = [*np.flatnonzero(np.diff(arms.group, prepend=-1)).tolist(), len(arms)]
    lists = [arms.texts[start:end] for start, end in pairwise(ends)]
    utilities = judge.utilities(lists, [arms.captions[start] for start in ends[:-1]])
    values_A = np.concatenate([np.zeros(0), *utilities])
    return Prediction(differences(values_A, arms.keys, pairs), judge.residual.scale)


class _Observed:
    """What came out, and the slices."""

    def __init__(self, pairs: pl.DataFrame, training_texts: Sequence[str], bootstrap: ClusterBootstrap) -> None:
        self.pairs, self.bootstrap = pairs, bootstrap
        given = evidence(pairs)
        self.variance = given.variance
        shown_a, shown_b = (pairs[name].to_numpy().astype(np.float64) for name in ("impressions_a", "impressions_b"))
        difference = given.clicks_a / shown_a - given.clicks_b / shown_b
        self.outcome = np.where(difference > 0, 1.0, np.where(difference < 0, 0.0, 0.5))
        p = two_sided_p(two_proportion_z(given.clicks_a, shown_a, given.clicks_b, shown_b))
        slices = {"all pairs": np.ones(len(p), bool), "p < .05": p < 0.05, "p < .001": p < 0.001}
        if training_texts:
            texts = sorted(set(pairs["text_a"]) | set(pairs["text_b"]))
            seen = dict(zip(texts, has_near_copy(texts, training_texts, NEAR_COPY).tolist(), strict=True))
            fresh = np.array(
                [not (seen[a] or seen[b]) for a, b in zip(pairs["text_a"], pairs["text_b"], strict=True)], bool
            )
            slices |= {f"{name}, no near-copy in training": rows & fresh for name, rows in list(slices.items())}
        self.slices = slices

    def measure(self, name: str, given: Prediction, draws: int, seed: int) -> list[Metric]:
        said = np.where(given.mean > 0, 1.0, np.where(given.mean < 0, 0.0, 0.5))
        right = 1.0 - np.abs(said - self.outcome)
        right[(said == 0.5) | (self.outcome == 0.5)] = 0.5
        found = [
            Metric(f"accuracy, {label}", name, self.bootstrap.mean(right, rows), int(rows.sum()))
            for label, rows in self.slices.items()
        ]
        found += self._choices(name, given, draws, seed)
        if given.scale is not None:
            p = _observed_p(given, self.variance)
            loss = -(self.outcome * np.log(p) + (1.0 - self.outcome) * np.log1p(-p))
            found.append(Metric("log-loss, all pairs", name, self.bootstrap.mean(loss), len(loss)))
            error = self.bootstrap.calibration_error(p, self.outcome)
            found.append(Metric("calibration error, all pairs", name, error, len(p)))
        return found

    def _choices(self, name: str, given: Prediction, draws: int, seed: int) -> list[Metric]:
        p = np.where(given.mean > 0, 1.0, np.where(given.mean < 0, 0.0, 0.5))
        if given.scale is not None:
            p = p_observed(given.mean, given.scale, 0.0)
        chosen = choose(self.pairs, p)
        over = ClusterBootstrap(chosen.experiment, draws=draws, seed=seed)
        lift = over.ratio(chosen.chosen - chosen.mean, chosen.mean)
        figures = {
            "top-1 of k": over.mean(chosen.chosen >= chosen.best),
            "top-1 of k by chance": over.mean(1.0 / chosen.arms),
            "avoids the worst": over.mean(chosen.chosen > chosen.worst),
            "beats the mean": over.mean(chosen.chosen > chosen.mean),
            "lift over the mean arm": lift,
            "lift of the oracle": over.ratio(chosen.best - chosen.mean, chosen.mean),
            "share of the oracle's lift": over.ratio(chosen.chosen - chosen.mean, chosen.best - chosen.mean),
        }
        return [Metric(label, name, interval, len(chosen.arms)) for label, interval in figures.items()]


def _observed_p(given: Prediction, variance: Array) -> Array:
    """Probability that a is the observed winner; a half everywhere for a predictor without probabilities."""
    if given.scale is None:
        return np.full(len(variance), 0.5)
    return np.clip(p_observed(given.mean, given.scale, variance), 1e-6, 1.0 - 1e-6)
