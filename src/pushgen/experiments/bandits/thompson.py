"""Thompson sampling: each impression goes to the arm whose drawn CTR is the highest; as it is, and cooled to an end.

Thompson, Biometrika 25 (1933); for batches and delays: Chapelle and Li, NeurIPS 2011, section 4, who find it robust to
both, because a batch is spread over the arms by how likely each is to be the best.

Thompson sampling explores as if sending went on for ever. With an end in sight exploration pays less the closer it is:
the tempered policy draws from a posterior that is narrower by the share of the traffic that is left, so that it starts
as a Thompson sampler of a given heat and ends by sending the arm with the best mean.
"""

from dataclasses import dataclass

import numpy as np

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandits.policy import Mask, State
from pushgen.experiments.bandits.tally import Array, Counts

DRAWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Thompson:
    """Draws from the posterior as it is."""

    draws: int = DRAWS
    """Draws per experiment and batch, at least 1; in larger batches each stands for several impressions."""
    name: str = "Thompson"

    def __post_init__(self) -> None:
        _check_draws(self.draws)

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """See `Policy`."""
        return drawn(*state.posterior(), size, rng, self.draws, state.awake)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperedThompson:
    """Thompson sampling from a posterior whose variance is multiplied by heat * left / horizon."""

    heat: float
    """Factor on the variance at the start, above 0; 1 starts as Thompson sampling."""
    draws: int = DRAWS
    """As for `Thompson`."""

    def __post_init__(self) -> None:
        _check_draws(self.draws)
        if not self.heat > 0.0:
            raise ConfigurationError(f"heat must be above 0, found {self.heat!r}")

    @property
    def name(self) -> str:
        return f"tempered Thompson, heat {self.heat:g}"

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """See `Policy`. Traffic beyond the horizon goes on as its last impression did."""
        left = np.maximum(state.left, 1)
        alpha, beta = state.posterior()
        narrower = (state.horizon or 0) / (self.heat * left)
        return drawn(alpha * narrower, beta * narrower, size, rng, self.draws, state.awake)


def drawn(
    alpha: Array, beta: Array, size: int, rng: np.random.Generator, most: int, awake: Mask | None = None
) -> Counts:
    """Impressions by how often each arm's draw is the highest in `most` draws, (G, K)."""
    experiments, arms = alpha.shape
    draws = min(size, most)
    rates: Array = rng.beta(alpha[:, None], beta[:, None], (experiments, draws, arms))
    if awake is not None:
        rates = np.where(awake[:, None], rates, -1.0)
    best: Counts = rates.argmax(axis=2).astype(np.int64)
    place: Counts = best + arms * np.arange(experiments, dtype=np.int64)[:, None]
    won = np.bincount(place.ravel(), minlength=experiments * arms).reshape(experiments, arms)
    return won if draws == size else rng.multinomial(size, won / draws)


def _check_draws(draws: int) -> None:
    if draws < 1:
        raise ConfigurationError(f"draws must be at least 1, found {draws!r}")
