"""Percentile intervals by resampling whole clusters (experiments), so that pairs of one experiment stay together.

Efron and Tibshirani, An Introduction to the Bootstrap (1993), sections 8.3 and 13.3.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its interval."""

    value: float
    low: float
    high: float
    """Ends of the interval; NaN, like the value, where there is nothing to average."""
    clusters: int = 0
    """Clusters that contribute."""

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


class ClusterBootstrap:
    """Draws of clusters, shared by all metrics of one evaluation, so that differences between them are paired."""

    def __init__(self, clusters: ArrayLike, *, draws: int = DRAWS, seed: int = 0, level: float = 0.95) -> None:
        """`clusters` holds the cluster of each row, any hashable type, shape (N,)."""
        values = np.asarray(clusters)
        self._names, self._of_row = np.unique(values, return_inverse=True)
        count = len(self._names)
        generator = np.random.default_rng(seed)
        # How often each cluster is drawn, (draws, clusters).
        self._times = (
            generator.multinomial(count, np.full(count, 1.0 / count), size=draws).astype(np.float64)
            if count
            else np.zeros((draws, 0))
        )
        self._tails = [50.0 * (1.0 - level), 50.0 * (1.0 + level)]

    def ratio(self, numerator: ArrayLike, denominator: ArrayLike) -> Interval:
        """Interval of sum(numerator) / sum(denominator) over rows; both of shape (N,)."""
        return self.of_sums(np.divide, numerator, denominator)

    def mean(self, values: ArrayLike, weights: ArrayLike | None = None) -> Interval:
        """Interval of the (weighted) mean of a value per row. A weight of 0, or False, leaves a row out."""
        values_N = np.asarray(values, np.float64)
        weights_N = np.ones_like(values_N) if weights is None else np.asarray(weights, np.float64)
        return self.ratio(np.where(weights_N > 0, values_N, 0.0) * weights_N, weights_N)

    def difference(self, values: ArrayLike, others: ArrayLike, weights: ArrayLike | None = None) -> Interval:
        """Interval of the difference of two means over the same rows, resampled together."""
        return self.mean(np.asarray(values, np.float64) - np.asarray(others, np.float64), weights)

    def calibration_error(self, p: ArrayLike, outcome: ArrayLike, bins: int = 10) -> Interval:
        """Interval of the expected calibration error over equal-width bins.

        Resampling adds noise to every bin, so the interval lies to the right of what a new sample would show.
        """
        p_N, outcome_N = np.asarray(p, np.float64), np.asarray(outcome, np.float64)
        bin_N = np.clip((p_N * bins).astype(np.int64), 0, bins - 1)
        gaps = np.zeros((len(self._names), bins))
        np.add.at(gaps, (self._of_row, bin_N), outcome_N - p_N)
        rows = np.bincount(self._of_row, minlength=len(self._names)).astype(np.float64)
        draws = np.abs(self._times @ gaps).sum(axis=1) / (self._times @ rows)
        return self._interval(float(np.abs(gaps.sum(axis=0)).sum() / rows.sum()), draws, len(self._names))

    def of_sums(self, function: Callable[..., Array], *columns: ArrayLike) -> Interval:
        """Interval of a function of sums over rows, such as a correlation; each column has the shape (N,).

        `function` takes one array of sums per column and works element by element.
        """
        rows = [np.asarray(values, np.float64) for values in columns]
        sums = [np.bincount(self._of_row, weights=values, minlength=len(self._names)) for values in rows]
        with np.errstate(invalid="ignore", divide="ignore"):
            draws = np.asarray(function(*(self._times @ one for one in sums)), np.float64)
            value = float(function(*(np.float64(one.sum()) for one in sums)))
        return self._interval(value, draws, int(np.count_nonzero(sums[-1])))

    def _interval(self, value: float, draws: Array, used: int) -> Interval:
        finite = draws[np.isfinite(draws)]
        if not len(finite):
            return Interval(value, float("nan"), float("nan"), used)
        low, high = np.percentile(finite, self._tails)
        return Interval(value, float(low), float(high), used)


def mean_intervals(
    columns: Mapping[str, ArrayLike],
    clusters: ArrayLike | None = None,
    *,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Intervals of the means of several columns of shape (N,), for millions of clusters: a draw at a time.

    All columns share the draws. Without `clusters`, shape (N,), every row is one. The mean is over rows, so that a
    cluster counts by its rows.
    """
    names = list(columns)
    values_NM = np.stack([np.asarray(columns[name], np.float64) for name in names], axis=1)
    of_row = np.arange(len(values_NM)) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    count = int(of_row.max(initial=-1)) + 1
    if not count:
        return {name: Interval(float("nan"), float("nan"), float("nan")) for name in names}
    with_rows = np.concatenate((values_NM, np.ones((len(values_NM), 1))), axis=1)
    sums = np.stack([np.bincount(of_row, weights=one, minlength=count) for one in with_rows.T], axis=1)
    generator = np.random.default_rng(seed)
    found = np.empty((draws, len(names)))
    for draw in range(draws):
        times = np.bincount(generator.integers(0, count, count), minlength=count)
        drawn = times @ sums
        found[draw] = drawn[:-1] / drawn[-1]
    low, high = np.percentile(found, [50.0 * (1.0 - level), 50.0 * (1.0 + level)], axis=0)
    means = values_NM.mean(axis=0)
    return {name: Interval(float(means[m]), float(low[m]), float(high[m]), count) for m, name in enumerate(names)}
