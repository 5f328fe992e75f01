"""What every policy of a replay shares, and the policies that need no model of chance.

A policy decides for g contests of K arms at once. It knows the counts so far, what is left to send, and what was learnt
from other experiments; never a true rate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError
from pushgen.experiments.replay.priors import LiftPriors

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Belief = Literal["flat", "learnt", "reward"]
"""`flat`: Beta(1/2, 1/2) for every arm. `learnt`: level and scatter from other experiments, all arms alike. `reward`:
also the lift that a reward model expects of each arm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where g contests of K arms stand before a batch."""

    shown: Counts
    """Impressions so far, (g, K)."""
    clicks: Counts
    """(g, K)."""
    horizon: int
    """Impressions of a contest from its first batch to its last."""
    priors: Mapping[Belief, LiftPriors]
    """What was learnt, for the beliefs `learnt` and `reward`."""

    @property
    def left(self) -> int:
        """Impressions that are still to be sent in each contest, the next batch included."""
        return self.horizon - int(self.shown[0].sum())

    def posterior(self, belief: Belief) -> tuple[Array, Array]:
        """Alpha and beta of each arm's CTR, (g, K)."""
        shown, clicks = self.shown.astype(np.float64), self.clicks.astype(np.float64)
        if belief == "flat":
            return 0.5 + clicks, 0.5 + shown - clicks
        return self.prior(belief).posterior(shown, clicks)

    def prior(self, belief: Belief) -> LiftPriors:
        """Raises `ConfigurationError` where nothing was learnt for a belief."""
        if belief not in self.priors:
            raise ConfigurationError(f"the belief {belief!r} needs priors, found those of {sorted(self.priors)}")
        return self.priors[belief]


@runtime_checkable
class Policy(Protocol):
    """Divides the next batch of each contest between its arms."""

    @property
    def name(self) -> str: ...

    @property
    def belief(self) -> Belief: ...

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """Impressions of each arm, (g, K), each row adding up to `size`; ties are broken by `rng`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TestThenWinner:
    """A uniform A/B test on the first share of the traffic; the arm with the highest observed rate gets the rest."""

    # Not a test class, whatever its name looks like to a collector.
    __test__ = False
    share: float
    """Share of the traffic that the test takes, in (0, 1]."""
    belief: Belief = "flat"

    def __post_init__(self) -> None:
        if not 0.0 < self.share <= 1.0:
            raise ConfigurationError(f"the share of the test must lie in (0, 1], found {self.share!r}")

    @property
    def name(self) -> str:
        return f"A/B {self.share:.0%}, then winner"

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """The test ends with the batch in which its share is reached."""
        shown = state.shown
        if int(shown[0].sum()) < round(self.share * state.horizon):
            return evenly(shown, size, rng)
        # During the test arms differ by one impression at most. Afterwards the winner is the one that has more: later
        # clicks must not change the verdict.
        decided = (shown.max(axis=1) - shown.min(axis=1) > 1)[:, None]
        rate = state.clicks / np.maximum(shown, 1)
        return all_to_best(np.where(decided, shown, rate), size, rng)


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardOnly:
    """Everything to the arm that the reward model prefers; clicks change nothing."""

    belief: Belief = "reward"
    name: str = "reward only"

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """See `Policy`."""
        return all_to_best(state.prior(self.belief).log_lift, size, rng)


def evenly(shown: Counts, size: int, rng: np.random.Generator) -> Counts:
    """A batch after which the arms' impressions differ by one at most, where they did before; (g, K)."""
    arms = shown.shape[1]
    batch = np.full(shown.shape, size // arms, np.int64)
    rank = np.argsort(np.argsort(shown + rng.random(shown.shape), axis=1), axis=1)
    return batch + (rank < size % arms)


def all_to_best(score: Array, size: int, rng: np.random.Generator) -> Counts:
    """The batch to the arm with the highest score, at random among equals; (g, K)."""
    best: NDArray[np.bool_] = np.asarray(score == score.max(axis=1, keepdims=True), bool)
    arm = np.where(best, rng.random(score.shape), -1.0).argmax(axis=1)
    batch = np.zeros(score.shape, np.int64)
    batch[np.arange(len(batch)), arm] = size
    return batch
