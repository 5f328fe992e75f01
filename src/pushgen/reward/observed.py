"""What came out for each pair, the slices it is looked at in, and the figures of one predictor against it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.reward.choices import choose
from pushgen.reward.evidence import evidence
from pushgen.reward.folds import NEAR_COPY
from pushgen.reward.predictions import Prediction
from pushgen.statistics.bootstrap import ClusterBootstrap, Interval
from pushgen.statistics.calibration import calibration_error_by_chance
from pushgen.statistics.proportions import two_proportion_z, two_sided_p
from pushgen.text.near_copies import has_near_copy

Array = NDArray[np.float64]
COVERAGE = (0.75, 0.5, 0.25)
"""Shares of the pairs that remain where a predictor keeps silent about those it is least sure of."""
P_VALUES = {"p < .05": 0.05, "p < .001": 0.001}
"""Slices by the two-sided p-value of the pooled two-proportion test."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its interval over experiments."""

    name: str
    interval: Interval
    count: int
    """Pairs, or groups of competing arms, behind it."""


class Observed:
    """Pairs with clicks, and what was observed of them."""

    def __init__(self, pairs: pl.DataFrame, training_texts: Sequence[str], draws: int, seed: int) -> None:
        self.pairs, self.draws, self.seed = pairs, draws, seed
        self.bootstrap = ClusterBootstrap(pairs["experiment_id"], draws=draws, seed=seed)
        given = evidence(pairs)
        self.variance = given.variance
        shown_a, shown_b = (pairs[name].to_numpy().astype(np.float64) for name in ("impressions_a", "impressions_b"))
        difference = given.clicks_a / shown_a - given.clicks_b / shown_b
        self.outcome = np.where(difference > 0, 1.0, np.where(difference < 0, 0.0, 0.5))
        p = two_sided_p(two_proportion_z(given.clicks_a, shown_a, given.clicks_b, shown_b))
        self.slices = {"all pairs": np.ones(len(p), bool), **{name: p < level for name, level in P_VALUES.items()}}
        if training_texts:
            fresh = _fresh(pairs, training_texts)
            self.slices |= {
                f"{name}, no near-copy in training": rows & fresh for name, rows in list(self.slices.items())
            }

    def right(self, given: Prediction) -> Array:
        """1 where the predictor names the observed winner, 0 where the loser, a half at a tie of either; (P,)."""
        right = 1.0 - np.abs(given.said - self.outcome)
        right[(given.said == 0.5) | (self.outcome == 0.5)] = 0.5
        return right

    def p(self, given: Prediction) -> Array:
        """Probability that a is the observed winner; a half everywhere for a predictor without probabilities."""
        if given.scale is None:
            return np.full(len(self.variance), 0.5)
        return np.clip(given.p(self.variance), 1e-6, 1.0 - 1e-6)

    def figures(self, given: Prediction) -> list[Figure]:
        """All figures of one predictor."""
        right = self.right(given)
        found = [
            Figure(f"accuracy, {label}", self.bootstrap.mean(right, rows), int(rows.sum()))
            for label, rows in self.slices.items()
        ]
        return [*found, *self._coverage(given, right), *self._choices(given), *self._probabilities(given)]

    def gains(self, given: Prediction, other: Prediction) -> list[Figure]:
        """Accuracy of one predictor less that of another on the same pairs, resampled together."""
        right, rival = self.right(given), self.right(other)
        return [
            Figure(label, self.bootstrap.difference(right, rival, rows), int(rows.sum()))
            for label, rows in self.slices.items()
        ]

    def _coverage(self, given: Prediction, right: Array) -> Iterator[Figure]:
        if given.scale is None:
            return
        sure = np.abs(given.p() - 0.5)
        for share in COVERAGE:
            rows = sure >= np.quantile(sure, 1.0 - share)
            yield Figure(f"accuracy, the {share:.0%} surest pairs", self.bootstrap.mean(right, rows), int(rows.sum()))

    def _choices(self, given: Prediction) -> list[Figure]:
        chosen = choose(self.pairs, given.p())
        over = ClusterBootstrap(chosen.experiment, draws=self.draws, seed=self.seed)
        gain = chosen.chosen - chosen.mean
        figures: Mapping[str, Interval] = {
            "top-1 of k": over.mean(chosen.chosen >= chosen.best),
            "top-1 of k by chance": over.mean(1.0 / chosen.arms),
            "avoids the worst": over.mean(chosen.chosen > chosen.worst),
            "beats the mean": over.mean(chosen.chosen > chosen.mean),
            "lift over the mean arm": over.ratio(gain, chosen.mean),
            "lift of the oracle": over.ratio(chosen.best - chosen.mean, chosen.mean),
            "share of the oracle's lift": over.ratio(gain, chosen.best - chosen.mean),
        }
        return [Figure(label, interval, len(chosen.arms)) for label, interval in figures.items()]

    def _probabilities(self, given: Prediction) -> Iterator[Figure]:
        if given.scale is None:
            return
        p, rows = self.p(given), len(self.outcome)
        loss = -(self.outcome * np.log(p) + (1.0 - self.outcome) * np.log1p(-p))
        yield Figure("log-loss, all pairs", self.bootstrap.mean(loss), rows)
        error = self.bootstrap.calibration_error(p, self.outcome)
        chance = calibration_error_by_chance(p, seed=self.seed)
        yield Figure("calibration error, all pairs", error, rows)
        excess = Interval(error.value - chance, error.low - chance, error.high - chance, error.clusters)
        yield Figure("calibration error less that of perfect probabilities", excess, rows)
        square = self.bootstrap.mean(given.mean**2)
        spread = Interval(square.value**0.5, square.low**0.5, square.high**0.5, square.clusters)
        yield Figure("spread of the predicted log ratio", spread, rows)


def _fresh(pairs: pl.DataFrame, training_texts: Sequence[str]) -> NDArray[np.bool_]:
    """Whether neither text of a pair nearly occurs in training; shape (P,)."""
    texts = sorted(set(pairs["text_a"]) | set(pairs["text_b"]))
    seen = dict(zip(texts, has_near_copy(texts, training_texts, NEAR_COPY).tolist(), strict=True))
    return np.array([not (seen[a] or seen[b]) for a, b in zip(pairs["text_a"], pairs["text_b"], strict=True)], bool)
