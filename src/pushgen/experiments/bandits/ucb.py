"""Bayes-UCB: each impression goes to the arm whose posterior quantile is the highest.

Kaufmann, Cappe and Garivier, On Bayesian upper confidence bounds for bandit problems, AISTATS 2012: the quantile at
1 - 1 / t after t impressions. Inside a batch, and for impressions still pending, an arm's posterior is narrowed as if
they came out at its mean; otherwise a whole batch would go to one arm. Departure: a batch is divided in pieces. With
the reward model's prior this is the kind of policy that LOLA plays: upper bounds seeded by predictions.
"""

from dataclasses import dataclass

import numpy as np

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandits.policy import State, all_to_best
from pushgen.experiments.bandits.tally import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class BayesUcb:
    """Posterior quantiles over settled impressions."""

    pieces: int = 50
    """Into how many pieces a batch is divided, at least 1."""
    name: str = "Bayes-UCB"

    def __post_init__(self) -> None:
        if self.pieces < 1:
            raise ConfigurationError(f"pieces must be at least 1, found {self.pieces!r}")

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """See `Policy`."""
        from scipy.special import betaincinv  # pyright: ignore[reportMissingTypeStubs]

        alpha, beta = state.posterior()
        mean = alpha / (alpha + beta)
        batch, sent = np.zeros(state.shape, np.int64), state.tally.sent
        for piece in np.diff(np.linspace(0, size, min(self.pieces, max(size, 1)) + 1).astype(np.int64)):
            out = batch + state.tally.pending
            level = 1.0 - 1.0 / (sent + 2.0)
            index = np.asarray(betaincinv(alpha + out * mean, beta + out * (1.0 - mean), level), np.float64)
            batch += all_to_best(index, int(piece), rng, state.awake)
            sent = sent + int(piece)
        return batch
