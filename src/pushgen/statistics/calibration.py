"""Whether probabilities mean what they say, and the scale that makes them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """How a raw prediction becomes a distribution of the true log ratio: N(slope * raw, scale^2)."""

    slope: float = 1.0
    """Factor on the raw prediction; 1 for a model whose means are right, above 0."""
    scale: float = 1.0
    """Standard deviation of the true log ratio around its mean, in natural-log units, above 0."""

    def p_true(self, raw: ArrayLike) -> Array:
        """Probability that the true ratio is above 1."""
        return normal_probability(self.slope * np.asarray(raw, np.float64) / self.scale)

    def p_observed(self, raw: ArrayLike, variance: ArrayLike) -> Array:
        """Probability that an observation with this sampling variance is above 1."""
        return p_observed(self.slope * np.asarray(raw, np.float64), self.scale, variance)


def normal_probability(z: ArrayLike) -> Array:
    """Phi(z), the standard normal distribution function."""
    from scipy.special import ndtr  # pyright: ignore[reportMissingTypeStubs]

    return np.asarray(ndtr(np.asarray(z, np.float64)), np.float64)


def p_observed(mean: ArrayLike, scale: ArrayLike, variance: ArrayLike) -> Array:
    """Phi(m / sqrt(s^2 + v)): probability that an observation with sampling variance v of N(m, s^2) is above 0."""
    return normal_probability(
        np.asarray(mean, np.float64) / np.sqrt(np.square(scale) + np.asarray(variance, np.float64))
    )


def fit_residual(raw: ArrayLike, observed: ArrayLike, variance: ArrayLike, weight: ArrayLike | None = None) -> Residual:
    """Maximum likelihood of observed ~ N(slope * raw, scale^2 + variance); all of shape (N,).

    Both are kept above 0.02: a model that is worse than nothing comes out as one that prefers almost nothing.
    """
    import scipy.optimize  # pyright: ignore[reportMissingTypeStubs]

    minimize: Any = scipy.optimize.minimize  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    raw_N, observed_N, variance_N = (np.asarray(values, np.float64) for values in (raw, observed, variance))
    weight_N = np.ones_like(raw_N) if weight is None else np.asarray(weight, np.float64)

    def loss(parameters: Array) -> float:
        slope, scale = np.exp(parameters)
        total_N = scale**2 + variance_N
        error_N = np.log(total_N) + (observed_N - slope * raw_N) ** 2 / total_N
        return float(np.average(error_N, weights=weight_N))

    bounds = [(np.log(0.02), np.log(50.0)), (np.log(0.02), np.log(10.0))]
    found: Any = minimize(loss, np.log([1.0, 0.3]), method="L-BFGS-B", bounds=bounds)
    slope, scale = np.exp(found.x)
    return Residual(slope=float(slope), scale=float(scale))


def fit_blend(
    said: ArrayLike, observed: ArrayLike, variance: ArrayLike, weight: ArrayLike | None = None
) -> tuple[Array, float]:
    """Weights of M predictors, shape (M,), none below 0, and the standard deviation of what they leave.

    Maximum likelihood of observed ~ N(said @ weights, scale^2 + variance); `said` has the shape (N, M), all others
    (N,). The scale is kept above 0.02.
    """
    import scipy.optimize  # pyright: ignore[reportMissingTypeStubs]

    minimize: Any = scipy.optimize.minimize  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    said_NM, observed_N, variance_N = (np.asarray(values, np.float64) for values in (said, observed, variance))
    weight_N = np.ones_like(observed_N) if weight is None else np.asarray(weight, np.float64)
    count = said_NM.shape[1]

    def loss(parameters: Array) -> float:
        total_N = np.exp(2.0 * parameters[count]) + variance_N
        error_N = np.log(total_N) + (observed_N - said_NM @ parameters[:count]) ** 2 / total_N
        return float(np.average(error_N, weights=weight_N))

    bounds = [(0.0, 5.0)] * count + [(np.log(0.02), np.log(10.0))]
    found: Any = minimize(loss, [1.0 / count] * count + [np.log(0.3)], method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x[:count], np.float64), float(np.exp(found.x[count]))


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Probabilities that are close to each other, and what came of them."""

    low: float
    high: float
    count: int
    predicted: float
    """Mean probability said; NaN in an empty bin."""
    observed: float
    """Share that came true; NaN in an empty bin."""


def reliability(p: ArrayLike, outcome: ArrayLike, bins: int = BINS) -> list[ReliabilityBin]:
    """Equal-width bins over [0, 1]; `outcome` is 0 or 1 (or a half for a tie), both of shape (N,)."""
    p_N, outcome_N = np.asarray(p, np.float64), np.asarray(outcome, np.float64)
    edges = np.linspace(0.0, 1.0, bins + 1)
    of_row = np.clip((p_N * bins).astype(np.int64), 0, bins - 1)
    count, said, came = (
        np.bincount(of_row, weights=weights, minlength=bins) for weights in (np.ones_like(p_N), p_N, outcome_N)
    )
    with np.errstate(invalid="ignore"):
        predicted, observed = said / count, came / count
    return [
        ReliabilityBin(float(edges[i]), float(edges[i + 1]), int(count[i]), float(predicted[i]), float(observed[i]))
        for i in range(bins)
    ]


def expected_calibration_error(p: ArrayLike, outcome: ArrayLike, bins: int = BINS) -> float:
    """Mean over rows of |share that came true - probability said| of the row's bin (Naeini et al. 2015)."""
    table = reliability(p, outcome, bins)
    total = sum(row.count for row in table)
    return sum(row.count * abs(row.observed - row.predicted) for row in table if row.count) / total if total else 0.0


def calibration_error_by_chance(p: ArrayLike, bins: int = BINS, *, draws: int = 200, seed: int = 0) -> float:
    """The expected calibration error that perfectly calibrated, independent probabilities show at this sample size."""
    p_N = np.asarray(p, np.float64)
    generator = np.random.default_rng(seed)
    errors = [expected_calibration_error(p_N, generator.random(len(p_N)) < p_N, bins) for _ in range(draws)]
    return float(np.mean(errors)) if len(p_N) else 0.0
