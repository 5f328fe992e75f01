"""Ratios of sums over users, such as clicks / impressions, whose impressions are not independent of each other.

The unit of the randomisation is the unit of the variance. With R = sum(y) / sum(x) over n users the influence of a
user on the estimate is psi_i = (y_i - R x_i) / mean(x), and Var(R) = Var(psi) / n: the delta method, Deng, Knoblich and
Lu, Applying the Delta Method in Metric Analytics, KDD 2018, section 3. With x = 1 it is the plain mean, and the
comparison of two means is Welch's.

CUPED takes out of psi what a quantity from before the experiment predicts: psi - theta (w - mean(w)) with
theta = Cov(psi, w) / Var(w) within arms. Deng, Xu, Kohavi and Walker, WSDM 2013, section 4; the estimate moves by
-theta (mean of w in the arm - mean of w over all arms) and its variance shrinks by the factor 1 - rho^2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import ConfigurationError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated ratio or mean of one arm."""

    value: float
    variance: float
    """Of the estimate; NaN where there are fewer than two users."""
    units: int
    """Users, or whatever was randomised."""

    @property
    def error(self) -> float:
        """Standard error."""
        return float(np.sqrt(self.variance))


def ratio_of_sums(numerator: ArrayLike, denominator: ArrayLike) -> Estimate:
    """sum(numerator) / sum(denominator) with its delta-method variance; one entry per user, both of shape (N,)."""
    y_N, x_N = _pair(numerator, denominator)
    if not x_N.sum():
        return Estimate(float("nan"), float("nan"), len(x_N))
    influence = _influence(y_N, x_N)
    variance = float(influence.var(ddof=1) / len(x_N)) if len(x_N) > 1 else float("nan")
    return Estimate(float(y_N.sum() / x_N.sum()), variance, len(x_N))


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Estimates of several arms after CUPED."""

    arms: tuple[Estimate, ...]
    explained: float
    """Share of the variance that the quantity from before the experiment took out, in [0, 1]."""


def cuped(numerators: Sequence[ArrayLike], denominators: Sequence[ArrayLike], before: Sequence[ArrayLike]) -> Adjusted:
    """Ratios of several arms with one shared theta.

    Each sequence has one array per arm, shape (N_arm,). `before` is any quantity known before the experiment began,
    such as earlier clicks; users that have none (NaN) take the mean of those that have one and so stay as they are.
    """
    pairs = [_pair(y, x) for y, x in zip(numerators, denominators, strict=True)]
    w = [np.asarray(values, np.float64) for values in before]
    known = np.concatenate([values[np.isfinite(values)] for values in w]) if w else np.zeros(0)
    centre = float(known.mean()) if known.size else 0.0
    w = [np.where(np.isfinite(values), values, centre) for values in w]
    influences = [_influence(y, x) for y, x in pairs]
    centred = [values - values.mean() for values in w]
    power = sum(float(values @ values) for values in centred)
    theta = sum(float(psi @ values) for psi, values in zip(influences, centred, strict=True)) / power if power else 0.0
    mean = float(np.concatenate(w).mean())
    arms: list[Estimate] = []
    before_total = after_total = 0.0
    for (y, x), psi, values in zip(pairs, influences, w, strict=True):
        rest = psi - theta * (values - values.mean())
        before_total, after_total = before_total + float(psi @ psi), after_total + float(rest @ rest)
        value = float(y.sum() / x.sum()) - theta * float(values.mean() - mean)
        arms.append(Estimate(value, float(rest.var(ddof=1) / len(x)), len(x)))
    return Adjusted(tuple(arms), 1.0 - after_total / before_total if before_total else 0.0)


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two estimates, absolute and as a log ratio."""

    z: float
    """Difference of the values over its standard error, positive where a's value is higher."""
    freedom: float
    """Degrees of freedom by Welch and Satterthwaite."""
    error: float
    """Standard error of the difference."""
    log_ratio: float
    """Log of a / b; NaN where one of them is not above 0."""
    log_error: float
    """Delta-method standard error of the log ratio."""


def difference(a: Estimate, b: Estimate) -> Difference:
    """A against b, independent of each other. Welch, Biometrika 34 (1947)."""
    total = a.variance + b.variance
    if not total > 0:
        return Difference(0.0, float("nan"), float("nan"), float("nan"), float("nan"))
    freedom = total**2 / (a.variance**2 / max(a.units - 1, 1) + b.variance**2 / max(b.units - 1, 1))
    error = float(np.sqrt(total))
    logs = a.value > 0 and b.value > 0
    return Difference(
        z=(a.value - b.value) / error,
        freedom=freedom,
        error=error,
        log_ratio=float(np.log(a.value / b.value)) if logs else float("nan"),
        log_error=float(np.sqrt(a.variance / a.value**2 + b.variance / b.value**2)) if logs else float("nan"),
    )


def design_effect(numerator: ArrayLike, denominator: ArrayLike) -> float:
    """Variance of a click rate clustered by user over that of independent impressions; above 1 the naive test errs."""
    y_N, x_N = _pair(numerator, denominator)
    found = ratio_of_sums(y_N, x_N)
    naive = found.value * (1.0 - found.value) / x_N.sum() if x_N.sum() else 0.0
    return found.variance / naive if naive > 0 else float("nan")


def _influence(y_N: Array, x_N: Array) -> Array:
    return (y_N - y_N.sum() / x_N.sum() * x_N) / x_N.mean()


def _pair(numerator: ArrayLike, denominator: ArrayLike) -> tuple[Array, Array]:
    y_N, x_N = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    if y_N.shape != x_N.shape or y_N.ndim != 1:
        raise ConfigurationError(f"expected one numerator and one denominator per user, found {y_N.shape}, {x_N.shape}")
    return y_N, x_N
