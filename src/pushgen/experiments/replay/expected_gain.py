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

from pushgen.experiments.replay.policy import Array, Belief, Counts, State, all_to_best
from pushgen.experiments.replay.thompson import named


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedGain:
    """Horizon-aware choice of one arm per batch."""

    belief: Belief

    @property
    def name(self) -> str:
        return named("expected gain", self.belief)

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """See `Policy`; looks 1, 2, 4, ... batches ahead, up to all that is left."""
        alpha, beta = state.posterior(self.belief)
        if not size:
            return np.zeros(alpha.shape, np.int64)
        worth = np.full(alpha.shape, -np.inf)
        tested = size
        while tested < state.left:
            worth = np.maximum(worth, value(alpha, beta, tested, state.left))
            tested *= 2
        return all_to_best(np.maximum(worth, state.left * alpha / (alpha + beta)), size, rng)


def value(alpha: Array, beta: Array, tested: int, left: int) -> Array:
    """Expected clicks of testing each arm with `tested` of the `left` impressions, then sending the best; (g, K)."""
    from scipy.special import ndtr  # pyright: ignore[reportMissingTypeStubs]

    weight = alpha + beta
    mean = alpha / weight
    scatter = np.sqrt(mean * (1.0 - mean) / (weight + 1.0) * tested / (tested + weight))
    order = np.sort(mean, axis=1)
    # The best of the others is the second best for the best arm itself, and the best for all others.
    rival = np.where(mean == order[:, -1:], order[:, -2:-1], order[:, -1:])
    z = (mean - rival) / scatter
    density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    best = rival + (mean - rival) * np.asarray(ndtr(z), np.float64) + scatter * density
    return tested * mean + (left - tested) * best
