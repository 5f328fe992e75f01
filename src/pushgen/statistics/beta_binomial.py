"""Which of several click rates is the highest, and what choosing each costs: beta posteriors, no simulation.

With a Beta(a_0, b_0) prior the rate of an arm after k clicks in n impressions is Beta(a_0 + k, b_0 + n - k). All
quantities are one-dimensional integrals over the posterior distribution functions, taken on a grid. Expected loss as a
stopping rule: Stucchio, Bayesian A/B testing at VWO (2015), section 4.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.statistics.shrinkage import BetaPrior

Array = NDArray[np.float64]
JEFFREYS = BetaPrior(0.5, 0.5)
_POINTS = 20_001


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is known of K arms; all arrays of shape (K,), or (..., K) for several sets of arms."""

    mean: Array
    p_best: Array
    """Probability that the arm has the highest rate of all; they add up to 1."""
    expected_loss: Array
    """Rate that is given up on average by choosing the arm for ever: E[highest rate] - E[its rate], at least 0."""


def compare_rates(clicks: ArrayLike, shown: ArrayLike, prior: BetaPrior = JEFFREYS) -> Posterior:
    """Posterior of K arms with clicks and impressions of shape (K,)."""
    k, n = np.asarray(clicks, np.float64), np.asarray(shown, np.float64)
    return compare_posteriors(prior.alpha + k, prior.beta + n - k)


def compare_posteriors(alpha: ArrayLike, beta: ArrayLike, *, points: int = _POINTS) -> Posterior:
    """The same for arms whose rates are Beta(alpha, beta), shape (..., K), on a grid of so many points.

    Arms of one row compete; the result has the same shape. A row of a single arm is certain of it.
    """
    from scipy.special import betainc, betaincinv  # pyright: ignore[reportMissingTypeStubs]

    a, b = np.asarray(alpha, np.float64), np.asarray(beta, np.float64)
    mean = a / (a + b)
    low = np.asarray(betaincinv(a, b, 1e-12), np.float64).min(axis=-1)
    high = np.asarray(betaincinv(a, b, 1.0 - 1e-12), np.float64).max(axis=-1)
    steps_G = np.linspace(0.0, 1.0, points)
    grid: Array = (low[..., None] + (high - low)[..., None] * steps_G)[..., None, :]
    below_KG = np.asarray(betainc(a[..., None], b[..., None], grid), np.float64)
    highest = high - np.trapezoid(below_KG.prod(axis=-2), grid[..., 0, :], axis=-1)
    shares = np.empty_like(mean)
    for own in range(mean.shape[-1]):
        others_G = np.delete(below_KG, own, axis=-2).prod(axis=-2)
        # Stieltjes sum over the arm's own distribution function, whose steps are exact at any grid.
        steps = 0.5 * (others_G[..., 1:] + others_G[..., :-1]) * np.diff(below_KG[..., own, :])
        shares[..., own] = steps.sum(axis=-1)
    p_best = shares / shares.sum(axis=-1, keepdims=True)
    return Posterior(mean, p_best, np.maximum(highest[..., None] - mean, 0.0))
