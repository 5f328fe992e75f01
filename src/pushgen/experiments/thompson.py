"""Thompson sampling on counts: every impression goes to the arm whose drawn CTR is the highest.

Thompson, Biometrika 25 (1933); for batches and delays: Chapelle and Li, NeurIPS 2011, section 4, who find it robust to
both, because a batch is spread over the arms by how likely each is to be the best.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pushgen.experiments.bandit import Counts, Priors, Tally, awake, check_floor, with_floor

_DRAWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Thompson:
    """Beta posteriors over settled impressions."""

    priors: Priors
    floor: float = 0.0
    """Least share of a batch for every available arm, in [0, 1)."""
    name: str = "thompson"

    def __post_init__(self) -> None:
        check_floor(self.floor)

    def allocate(
        self, tally: Tally, size: int, rng: np.random.Generator, available: Sequence[bool] | None = None
    ) -> Counts:
        """See `Bandit`. One draw per impression; in batches above 10,000 each draw stands for several."""
        arms = len(self.priors.alpha_K)
        mask_K = awake(arms, available)
        alpha_K = self.priors.alpha_K + tally.clicks_K
        beta_K = self.priors.beta_K + tally.shown_K - tally.clicks_K
        draws = min(size, _DRAWS)
        drawn = rng.beta(alpha_K, beta_K, (draws, arms))
        drawn[:, ~mask_K] = -1.0
        won_K = np.bincount(drawn.argmax(axis=1), minlength=arms)
        batch_K = won_K if draws == size else rng.multinomial(size, won_K / draws)
        return with_floor(batch_K.astype(np.int64), mask_K, self.floor)
