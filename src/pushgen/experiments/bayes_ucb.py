"""Bayes-UCB on counts: every impression goes to the arm whose posterior quantile is the highest.

Kaufmann, Cappe and Garivier, On Bayesian upper confidence bounds for bandit problems, AISTATS 2012: the quantile at
1 - 1 / t after t impressions. Inside a batch, and for impressions still pending, an arm's posterior is narrowed as if
they came out at its mean; otherwise a whole batch would go to one arm. Departure: a batch is divided in pieces.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandit import Counts, Priors, Tally, awake, check_floor, with_floor


@dataclass(frozen=True, slots=True, kw_only=True)
class BayesUcb:
    """Posterior quantiles over settled impressions."""

    priors: Priors
    floor: float = 0.0
    """Least share of a batch for every available arm, in [0, 1)."""
    pieces: int = 50
    """Into how many pieces a batch is divided, at least 1."""
    name: str = "bayes-ucb"

    def __post_init__(self) -> None:
        check_floor(self.floor)
        if self.pieces < 1:
            raise ConfigurationError(f"pieces must be at least 1, found {self.pieces!r}")

    def allocate(
        self, tally: Tally, size: int, rng: np.random.Generator, available: Sequence[bool] | None = None
    ) -> Counts:
        """See `Bandit`. Ties are broken by `rng`."""
        from scipy.special import betaincinv  # pyright: ignore[reportMissingTypeStubs]

        arms = len(self.priors.alpha_K)
        mask_K = awake(arms, available)
        alpha_K = self.priors.alpha_K + tally.clicks_K
        beta_K = self.priors.beta_K + tally.shown_K - tally.clicks_K
        mean_K = alpha_K / (alpha_K + beta_K)
        out_K = tally.pending_K.astype(np.float64)
        batch_K = np.zeros(arms, np.int64)
        cuts = np.linspace(0, size, min(self.pieces, max(size, 1)) + 1).astype(np.int64)
        sent = int(tally.shown_K.sum() + tally.pending_K.sum())
        for piece in np.diff(cuts):
            level = 1.0 - 1.0 / (sent + 2.0)
            index_K = np.asarray(
                betaincinv(alpha_K + out_K * mean_K, beta_K + out_K * (1.0 - mean_K), level), np.float64
            )
            index_K[~mask_K] = -1.0
            arm = int(rng.choice(np.flatnonzero(index_K == index_K.max())))
            batch_K[arm] += piece
            out_K[arm] += piece
            sent += int(piece)
        return with_floor(batch_K, mask_K, self.floor)
