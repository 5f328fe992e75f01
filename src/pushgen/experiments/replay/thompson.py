"""Thompson sampling over many contests, as it is and cooled as the end comes near.

Thompson sampling explores as if sending went on for ever. With an end in sight exploration pays less the closer it is:
the tempered policy draws from a posterior that is narrower by the share of the traffic that is left, so that it starts
as a Thompson sampler of a given heat and ends by sending the arm with the best mean.
"""

from dataclasses import dataclass

import numpy as np

from pushgen.errors import ConfigurationError
from pushgen.experiments.replay.policy import Array, Belief, Counts, State

_DRAWS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Thompson:
    """Each impression goes to the arm whose drawn CTR is the highest; see `experiments.thompson`."""

    belief: Belief

    @property
    def name(self) -> str:
        return named("Thompson", self.belief)

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """See `Policy`; in batches above 25 each draw stands for several impressions."""
        return drawn(*state.posterior(self.belief), size, rng)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperedThompson:
    """Thompson sampling from a posterior whose variance is multiplied by heat * left / horizon."""

    belief: Belief
    heat: float
    """Factor on the variance at the start, above 0; 1 starts as Thompson sampling."""

    def __post_init__(self) -> None:
        if not self.heat > 0.0:
            raise ConfigurationError(f"heat must be above 0, found {self.heat!r}")

    @property
    def name(self) -> str:
        return named(f"tempered Thompson, heat {self.heat:g}", self.belief)

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """See `Policy`."""
        alpha, beta = state.posterior(self.belief)
        narrower = state.horizon / (self.heat * state.left)
        return drawn(alpha * narrower, beta * narrower, size, rng)


def drawn(alpha: Array, beta: Array, size: int, rng: np.random.Generator) -> Counts:
    """Impressions by how often each arm's draw is the highest, (g, K)."""
    contests, arms = alpha.shape
    draws = min(size, _DRAWS)
    rates: Array = rng.beta(alpha[:, None], beta[:, None], (contests, draws, arms))
    best: Counts = rates.argmax(axis=2).astype(np.int64)
    place: Counts = best + arms * np.arange(contests, dtype=np.int64)[:, None]
    won = np.bincount(place.ravel(), minlength=contests * arms).reshape(contests, arms)
    return won if draws == size else rng.multinomial(size, won / draws)


def named(rule: str, belief: Belief) -> str:
    """Name of a rule with what it believes before the first click."""
    return f"{rule}, {'reward' if belief == 'reward' else belief} prior"
