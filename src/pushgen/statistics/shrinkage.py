"""Empirical-Bayes shrinkage of click rates: thin counts are pulled towards what similar pushes do.

Two priors, both fitted by the method of moments, so that fitting is one pass, exact in expectation and free of
iteration:

* `fit_beta`: clicks ~ Binomial(n, p), p ~ Beta(alpha, beta), one prior for all rows (Kleinman, JASA 68, 1973).
* `fit_spread`: within a group (an experiment) the arms' rates scatter around the group's rate with one relative
  spread tau, whatever the rate: p_i = m * lift_i with E[lift] = 1 and Var[lift] = tau**2. Click rates are a few per
  cent, so the binomial is close to a Poisson and the Gamma(1 / tau**2, 1 / tau**2) prior of the lift is conjugate:
  after k clicks where k0 = n * m were expected the lift is Gamma(1 / tau**2 + k, 1 / tau**2 + k0).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import ConfigurationError

Doubles = NDArray[np.float64]
MAX_STRENGTH = 1e9
"""Prior strength used where the data show no spread at all."""


@dataclass(frozen=True, slots=True)
class BetaPrior:
    """Beta prior of a rate."""

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        return self.alpha / (self.alpha + self.beta)

    @property
    def strength(self) -> float:
        """How many trials the prior is worth."""
        return self.alpha + self.beta

    def shrink(self, hits: ArrayLike, trials: ArrayLike) -> Doubles:
        """Posterior mean rates, shape (N,), in (0, 1)."""
        k, n = _counts(hits, trials)
        return (k + self.alpha) / (n + self.strength)


@dataclass(frozen=True, slots=True)
class LiftPrior:
    """Gamma prior with mean 1 of the lift of an arm over the rate of its group."""

    spread: float
    """Relative standard deviation tau of the true rates within a group, above 0."""

    @property
    def strength(self) -> float:
        """How many expected clicks the prior is worth: 1 / tau**2."""
        return min(1.0 / self.spread**2, MAX_STRENGTH) if self.spread > 0 else MAX_STRENGTH

    def shrink(self, hits: ArrayLike, expected: ArrayLike) -> Doubles:
        """Posterior mean lifts, shape (N,), above 0; 1 means as good as the group."""
        k, k0 = _counts(hits, expected)
        return (k + self.strength) / (k0 + self.strength)

    def p_above(self, hits: ArrayLike, expected: ArrayLike, lift: float) -> Doubles:
        """Posterior probability that the true lift is above `lift`, shape (N,)."""
        from scipy.special import gammaincc  # pyright: ignore[reportMissingTypeStubs]

        k, k0 = _counts(hits, expected)
        return np.asarray(gammaincc(k + self.strength, (k0 + self.strength) * lift), dtype=np.float64)


def fit_beta(hits: ArrayLike, trials: ArrayLike) -> BetaPrior:
    """The beta prior whose mean and spread match those of the rows; rows without trials do not count.

    Solves E[sum n (k/n - p)**2] = p (1 - p) (sum (1 - n/N) + rho * sum (n - 1)(1 - n/N)) for the intra-class
    correlation rho = 1 / (alpha + beta + 1). Without any trial or with all rates equal to 0 or 1 the prior is
    Beta(1/2, 1/2) and the pooled rate with full strength, respectively.
    """
    k, n = _counts(hits, trials)
    k, n = k[n > 0], n[n > 0]
    if n.size == 0:
        return BetaPrior(0.5, 0.5)
    total = n.sum()
    p = float(np.clip(k.sum() / total, 0.5 / (total + 1), 1 - 0.5 / (total + 1)))
    left = 1 - n / total
    scatter = float((n * (k / n - p) ** 2).sum())
    base, per_rho = float(left.sum()), float(((n - 1) * left).sum())
    rho = (scatter / (p * (1 - p)) - base) / per_rho if per_rho > 0 else 0.0
    strength = float(np.clip(1 / rho - 1, 1e-3, MAX_STRENGTH)) if rho > 0 else MAX_STRENGTH
    return BetaPrior(p * strength, (1 - p) * strength)


def fit_spread(hits: ArrayLike, trials: ArrayLike, groups: ArrayLike) -> LiftPrior:
    """The relative spread of true rates within groups; `groups` holds one label per row, shape (N,).

    Solves, summed over groups of A arms with pooled rate m and N trials,
    sum (k - n m)**2 / (n m) = (1 - m)(A - 1) + tau**2 * m * sum n (1 - n/N). Groups of one arm or without hits tell
    nothing. The spread is 0 where the scatter is no larger than chance.
    """
    k, n = _counts(hits, trials)
    label = np.unique(np.asarray(groups), return_inverse=True)[1].ravel()
    if label.shape != k.shape:
        raise ConfigurationError(f"expected one group for each of {k.size} rows, found {label.size}")
    k, n, label = k[n > 0], n[n > 0], label[n > 0]
    if n.size == 0:
        return LiftPrior(0.0)
    size = int(label.max()) + 1
    clicks, total = np.bincount(label, k, size), np.bincount(label, n, size)
    rate = np.divide(clicks, total, out=np.zeros(size), where=total > 0)[label]
    alive = rate > 0
    k, n, m, left = k[alive], n[alive], rate[alive], (1 - n / total[label])[alive]
    scatter = float(((k - n * m) ** 2 / (n * m)).sum())
    per_tau = float((m * n * left).sum())
    excess = scatter - float(((1 - m) * left).sum())
    return LiftPrior(float(np.sqrt(excess / per_tau)) if excess > 0 and per_tau > 0 else 0.0)


def _counts(hits: ArrayLike, trials: ArrayLike) -> tuple[Doubles, Doubles]:
    k, n = np.asarray(hits, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    if k.shape != n.shape or k.ndim != 1:
        raise ConfigurationError(f"expected hits and trials of one shape (N,), found {k.shape} and {n.shape}")
    return k, n
