"""Expected gain: test an arm if what may be learnt is worth more, over the traffic that is left, than it costs.

The knowledge gradient with several impressions of look-ahead (Frazier and Powell, Decision Analysis 7(4), 2010, whose
KG(*) takes the best number of them) for a known horizon: sending n impressions to arm i and then all L - n that are
left to the arm with the best mean brings

    n mu_i + (L - n) E max(mu_i', max_{j != i} mu_j),    mu_i' ~ N(mu_i, v_i n / (n + s_i))

with mean mu, variance v and size s = alpha + beta of the arm's posterior. The arm with the highest such value over all
n gets the batch. Nothing is tuned. Departure: the normal form of the posterior mean to come.
"""

from dataclasses import dataclass

import numpy as np

from pushgen.experiments.bandits.policy import State, all_to_best
from pushgen.experiments.bandits.tally import Array, Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedGain:
    """Horizon-aware choice of one arm per batch."""

    name: str = "expected gain"

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """See `Policy`; looks 1, 2, 4, ... batches ahead, up to all that is left."""
        alpha, beta = state.posterior()
        if not size:
            return np.zeros(state.shape, np.int64)
        if state.awake is not None:
            # An arm asleep is no rival: it is made one that never wins and teaches nothing.
            alpha, beta = np.where(state.awake, alpha, 1e-9), np.where(state.awake, beta, 1e9)
        worth = np.full(alpha.shape, -np.inf)
        left, tested = state.left, size
        while tested < left.max():
            worth = np.maximum(worth, np.where(tested < left, value(alpha, beta, tested, left), -np.inf))
            tested *= 2
        return all_to_best(np.maximum(worth, left * alpha / (alpha + beta)), size, rng, state.awake)


def value(alpha: Array, beta: Array, tested: int, left: Counts | int) -> Array:
    """Expected clicks of testing each arm with `tested` of the `left` impressions, then sending the best; (G, K)."""
    from scipy.special import ndtr  # pyright: ignore[reportMissingTypeStubs]

    weight = alpha + beta
    mean = alpha / weight
    if mean.shape[1] == 1:
        return left * mean
    scatter = np.sqrt(mean * (1.0 - mean) / (weight + 1.0) * tested / (tested + weight))
    order = np.sort(mean, axis=1)
    # The best of the others is the second best for the best arm itself, and the best for all others.
    rival = np.where(mean == order[:, -1:], order[:, -2:-1], order[:, -1:])
    z = (mean - rival) / scatter
    density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    best = rival + (mean - rival) * np.asarray(ndtr(z), np.float64) + scatter * density
    return tested * mean + (left - tested) * best
