"""Bayes-UCB over many contests: the arm with the highest posterior quantile; see `experiments.bayes_ucb`.

With the reward model's prior this is the kind of policy that LOLA plays: upper bounds seeded by predictions.
"""

from dataclasses import dataclass

import numpy as np

from pushgen.experiments.replay.policy import Belief, Counts, State, all_to_best
from pushgen.experiments.replay.thompson import named

_PIECES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ucb:
    """Quantile at 1 - 1 / t after t impressions; a batch is divided in 2 pieces, and an arm with pieces out is narrowed
    as if they came out at its mean.
    """

    belief: Belief

    @property
    def name(self) -> str:
        return named("Bayes-UCB", self.belief)

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """See `Policy`."""
        from scipy.special import betaincinv  # pyright: ignore[reportMissingTypeStubs]

        alpha, beta = state.posterior(self.belief)
        mean = alpha / (alpha + beta)
        batch = np.zeros(alpha.shape, np.int64)
        sent = state.horizon - state.left
        for piece in np.diff(np.linspace(0, size, min(_PIECES, size) + 1).astype(np.int64)):
            level = 1.0 - 1.0 / (sent + 2.0)
            index = np.asarray(betaincinv(alpha + batch * mean, beta + batch * (1.0 - mean), level), np.float64)
            batch += all_to_best(index, int(piece), rng)
            sent += int(piece)
        return batch
