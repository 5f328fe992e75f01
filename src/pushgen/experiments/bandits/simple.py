"""Policies that need no model of chance: an A/B test with a winner, and what was believed from the start."""

from dataclasses import dataclass

import numpy as np

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandits.policy import Mask, State, all_to_best
from pushgen.experiments.bandits.tally import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class TestThenWinner:
    """A uniform A/B test on the first share of the traffic; the arm with the highest observed rate gets the rest."""

    # Not a test class, whatever its name looks like to a collector.
    __test__ = False
    share: float
    """Share of the traffic that the test takes, in (0, 1]."""

    def __post_init__(self) -> None:
        if not 0.0 < self.share <= 1.0:
            raise ConfigurationError(f"the share of the test must lie in (0, 1], found {self.share!r}")

    @property
    def name(self) -> str:
        return f"A/B {self.share:.0%}, then winner"

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """See `Policy`. The test ends with the batch in which its share is reached."""
        shown, awake = state.tally.shown + state.tally.pending, state.available
        if state.horizon is None:
            raise ConfigurationError("a test of a share of the traffic needs to know how much there is")
        testing = state.tally.sent < round(self.share * state.horizon)
        if testing.all():
            return evenly(shown, size, rng, awake)
        # In the test arms differ by one impression at most. Afterwards the winner is the one that has more than any
        # other: later clicks must not change the verdict.
        known = np.where(awake, shown, -1)
        second = np.sort(known, axis=1)[:, -2:-1] if known.shape[1] > 1 else known
        decided = known.max(axis=1, keepdims=True) - second > 1
        rate = state.tally.clicks / np.maximum(state.tally.shown, 1)
        winner = all_to_best(np.where(decided, shown, rate), size, rng, awake)
        return np.where(testing, evenly(shown, size, rng, awake), winner) if testing.any() else winner


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorOnly:
    """Everything to the arm that is expected to be the best before any click; clicks change nothing."""

    name: str = "prior only"

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """See `Policy`."""
        score = np.broadcast_to(state.belief.log_ctr, state.shape)
        if state.worth is not None:
            score = score + np.log(state.worth)
        return all_to_best(score, size, rng, state.available)


def evenly(shown: Counts, size: int, rng: np.random.Generator, awake: Mask) -> Counts:
    """A batch after which the awake arms' impressions differ by one at most, where they did before; (G, K)."""
    arms = awake.sum(axis=1, keepdims=True)
    order = np.where(awake, shown + rng.random(shown.shape), np.inf)
    rank = np.argsort(np.argsort(order, axis=1), axis=1)
    return (size // arms + (rank < size % arms)) * awake
