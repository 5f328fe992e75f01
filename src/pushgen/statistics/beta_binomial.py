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
    """What the counts say of K arms; all arrays of shape (K,)."""

    mean: Array
    p_best: Array
    """Probability that the arm has the highest rate of all; they add up to 1."""
    expected_loss: Array
    """Rate that is given up on average by choosing the arm for ever: E[highest rate] - E[its rate], at least 0."""


def compare_rates(clicks: ArrayLike, shown: ArrayLike, prior: BetaPrior = JEFFREYS) -> Posterior:
    """Posterior of K arms with clicks and impressions of shape (K,)."""
    from scipy.special import betainc, betaincinv  # pyright: ignore[reportMissingTypeStubs]

    k, n = np.asarray(clicks, np.float64), np.asarray(shown, np.float64)
    a, b = prior.alpha + k, prior.beta + n - k
    mean = a / (a + b)
    low, high = float(np.min(betaincinv(a, b, 1e-12))), float(np.max(betaincinv(a, b, 1.0 - 1e-12)))
    grid = np.linspace(low, high, _POINTS)
    below_KG = np.asarray(betainc(a[:, None], b[:, None], grid), np.float64)
    top_G = below_KG.prod(axis=0)
    highest = high - float(np.trapezoid(top_G, grid))
    p_best: list[float] = []
    for own, below_G in enumerate(below_KG):
        others_G = np.delete(below_KG, own, axis=0).prod(axis=0)
        # Stieltjes sum over the arm's own distribution function, whose steps are exact at any grid.
        p_best.append(float(np.sum(0.5 * (others_G[1:] + others_G[:-1]) * np.diff(below_G))))
    shares = np.array(p_best)
    return Posterior(mean, shares / shares.sum(), np.maximum(highest - mean, 0.0))
