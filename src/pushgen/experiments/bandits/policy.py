"""What every sending policy shares: the state it sees, the interface, and sending by a score.

A policy decides for G experiments of K arms at once. It knows the counts so far, what is believed, which arms can be
sent, and where an end is known, how much is left; never a true rate.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandits.beliefs import Belief
from pushgen.experiments.bandits.tally import Array, Counts, Tally

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where G experiments of K arms stand before a batch."""

    tally: Tally
    belief: Belief
    horizon: int | None = None
    """Impressions of each experiment from its first batch to its last; none where no end is known."""
    awake: Mask | None = None
    """Arms that can be sent now, (G, K); all where none. An arm sleeps while it is used up, expired or in a pause."""
    worth: Array | None = None
    """Share of its click rate that an arm keeps for who would see it now, in (0, 1], (G, K); 1 where none. See
    `recovery`."""
    exposure: Array | None = None
    """Settled impressions, each counted by the worth that its arm had for who saw it, (G, K); where none they count
    in full. Without it a stale arm would be taken for a bad one."""

    def __post_init__(self) -> None:
        shape = self.tally.shown.shape
        if self.awake is not None and (self.awake.shape != shape or not self.awake.any(axis=1).all()):
            raise ConfigurationError(
                f"expected a mask of shape {shape} with at least one arm awake in every experiment, found one of shape "
                f"{self.awake.shape} with {int((~self.awake.any(axis=-1)).sum())} experiments asleep"
            )
        if self.worth is not None and (self.worth.shape != shape or not ((self.worth > 0) & (self.worth <= 1)).all()):
            raise ConfigurationError(f"expected worths in (0, 1] of shape {shape}, found {self.worth!r}")

    @property
    def shape(self) -> tuple[int, int]:
        """Experiments and arms."""
        return len(self.tally.shown), self.tally.shown.shape[1]

    @property
    def available(self) -> Mask:
        """`awake`, made out."""
        return np.ones(self.shape, bool) if self.awake is None else self.awake

    @property
    def left(self) -> Counts:
        """Impressions that are still to be sent in each experiment, the next batch included, (G, 1).

        Raises `ConfigurationError` where no end is known.
        """
        if self.horizon is None:
            raise ConfigurationError("this policy looks to the end of the traffic: give the state a horizon")
        return self.horizon - self.tally.sent

    def posterior(self) -> tuple[Array, Array]:
        """Alpha and beta of each arm's CTR for who would see it now, (G, K)."""
        shown, clicks = self.tally.shown.astype(np.float64), self.tally.clicks.astype(np.float64)
        if self.exposure is not None:
            shown = np.maximum(self.exposure, clicks)
        alpha, beta = self.belief.posterior(shown, clicks)
        if self.worth is not None:
            # The rate shrinks, what is known of it stays worth as many clicks.
            beta = alpha * ((1.0 + beta / alpha) / self.worth - 1.0)
        return alpha, beta


@runtime_checkable
class Policy(Protocol):
    """Divides the next batch of each experiment between its arms."""

    @property
    def name(self) -> str: ...

    def allocate(self, state: State, size: int, rng: np.random.Generator) -> Counts:
        """Impressions of each arm, (G, K), each row adding up to `size`; sleeping arms get none.

        The same state and the same state of `rng` give the same answer; ties are broken by `rng`.
        """
        ...


def all_to_best(score: Array, size: int, rng: np.random.Generator, awake: Mask | None = None) -> Counts:
    """The batch to the arm with the highest score of those awake, at random among equals; (G, K)."""
    score = score if awake is None else np.where(awake, score, -np.inf)
    best: Mask = np.asarray(score == score.max(axis=1, keepdims=True), bool)
    arm = np.where(best, rng.random(score.shape), -1.0).argmax(axis=1)
    batch = np.zeros(score.shape, np.int64)
    batch[np.arange(len(batch)), arm] = size
    return batch
