"""How good a reward model is on experiments it has not seen, beside baselines, with intervals over experiments.

The protocol: all pairs of arms of one experiment with the same picture; the winner is the arm with the higher
observed rate; a predicted or observed tie counts as half right. Slices by the two-sided p-value of the pooled
two-proportion test, and without texts that nearly occur in training. Intervals resample whole experiments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from pushgen.errors import InputError
from pushgen.reward.evidence import usable
from pushgen.reward.observed import Observed
from pushgen.reward.predictions import Prediction
from pushgen.statistics.bootstrap import Interval
from pushgen.statistics.calibration import ReliabilityBin, calibration_error_by_chance, reliability


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of one predictor."""

    name: str
    predictor: str
    interval: Interval
    count: int
    """Pairs, or groups of competing arms, behind it."""


@dataclass(frozen=True, slots=True)
class Gain:
    """How much more often one predictor names the winner than another does, on the same pairs."""

    slice: str
    predictor: str
    against: str
    interval: Interval
    """Of the difference of the accuracies, resampled together."""
    count: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of one run."""

    metrics: Sequence[Metric]
    gains: Sequence[Gain]
    """Of each predictor over those it was asked to be held against."""
    reliability: Mapping[str, Sequence[ReliabilityBin]]
    """Of each predictor that states probabilities, on all pairs, with the sampling error of the observed winner taken
    into account."""
    calibration_by_chance: float
    """Calibration error that perfect probabilities would show on as many pairs, of the first predictor."""
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
        bins = {name: [asdict(row) for row in rows if row.count] for name, rows in self.reliability.items()}
        return {**asdict(self), "reliability": bins, "table": self.table()}


def evaluate(
    pairs: pl.DataFrame,
    predictions: Mapping[str, Prediction],
    *,
    training_texts: Sequence[str] = (),
    against: Sequence[str] = (),
    draws: int = 2000,
    seed: int = 0,
) -> Evaluation:
    """Measures predictors on a frame of `tables.PAIRS`; each prediction belongs to the rows in order.

    Args:
        pairs: The pairs, none of which a predictor was trained on.
        predictions: What each predictor says of them, by name.
        training_texts: What the near-copy slice is held against; none leaves that slice out.
        against: Predictors that each of the others is compared with pair by pair.
        draws: Resamples of the experiments.
        seed: Seed of the resampling.

    Raises:
        InputError: No pair has clicks.
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
    observed = Observed(kept, training_texts, draws, seed)
    cut = {name: given.take(rows) for name, given in predictions.items()}
    metrics = [
        Metric(one.name, name, one.interval, one.count)
        for name, given in cut.items()
        for one in observed.figures(given)
    ]
    gains = [
        Gain(one.name, name, other, one.interval, one.count)
        for other in against
        for name, given in cut.items()
        if name != other
        for one in observed.gains(given, cut[other])
    ]
    return Evaluation(
        metrics=metrics,
        gains=gains,
        reliability={
            name: reliability(observed.p(given), observed.outcome)
            for name, given in cut.items()
            if given.scale is not None
        },
        calibration_by_chance=calibration_error_by_chance(observed.p(next(iter(cut.values()))), seed=seed),
        pairs=kept.height,
        experiments=kept["experiment_id"].n_unique(),
        left_out={"pairs without impressions or clicks": pairs.height - kept.height},
    )
