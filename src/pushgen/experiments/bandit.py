"""What every bandit on counts shares: priors, the tally of what was sent and what came back, the interface.

Traffic goes out in batches and clicks come back late. An impression whose click window is still open is pending: it is
neither a success nor a failure yet, so it moves no posterior mean, but a bandit knows that it is out. Counting it as a
failure at once would punish whichever arm was sent last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import ConfigurationError

Counts = NDArray[np.int64]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Priors:
    """What is believed of K arms before any impression: beta distributions of their CTRs."""

    alpha_K: Array
    beta_K: Array

    @classmethod
    def of(cls, log_ctr: ArrayLike, strength: ArrayLike) -> "Priors":
        """From the log of each arm's expected CTR and how many clicks that expectation is worth, both of shape (K,).

        A model that predicts log CTR with residual standard deviation s is worth 1 / s^2 clicks: that is the strength
        at which the beta distribution spreads as widely in log CTR.
        """
        mean_K = np.exp(np.asarray(log_ctr, np.float64))
        clicks_K = np.broadcast_to(np.asarray(strength, np.float64), mean_K.shape)
        if mean_K.ndim != 1 or not mean_K.size or not ((mean_K < 1) & (mean_K > 0)).all() or not (clicks_K > 0).all():
            raise ConfigurationError(
                f"expected log CTRs below 0 and strengths above 0, one per arm, found {log_ctr!r} and {strength!r}"
            )
        return cls(alpha_K=np.array(clicks_K), beta_K=clicks_K * (1.0 / mean_K - 1.0))

    @classmethod
    def flat(cls, arms: int) -> "Priors":
        """No belief: Jeffreys' Beta(1/2, 1/2) for each arm."""
        return cls(alpha_K=np.full(arms, 0.5), beta_K=np.full(arms, 0.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was sent to K arms so far; all arrays of shape (K,)."""

    shown_K: Counts
    """Impressions whose click window is over."""
    clicks_K: Counts
    pending_K: Counts
    """Impressions whose click window is still open; clicks of theirs are not counted yet."""

    @classmethod
    def empty(cls, arms: int) -> "Tally":
        zero = np.zeros(arms, np.int64)
        return cls(shown_K=zero, clicks_K=zero, pending_K=zero)

    def send(self, batch: Sequence[int] | Counts) -> "Tally":
        """With a batch that has gone out."""
        return replace(self, pending_K=self.pending_K + self._fit(batch))

    def settle(self, shown: Sequence[int] | Counts, clicks: Sequence[int] | Counts) -> "Tally":
        """With impressions whose click window is over, and their clicks, in any order of batches.

        Raises `ConfigurationError` for more impressions than are pending and for clicks above impressions.
        """
        done, hits = self._fit(shown), self._fit(clicks)
        if (done > self.pending_K).any() or (hits > done).any():
            raise ConfigurationError(
                f"cannot settle {done.tolist()} impressions with {hits.tolist()} clicks: "
                f"pending are {self.pending_K.tolist()}"
            )
        return Tally(shown_K=self.shown_K + done, clicks_K=self.clicks_K + hits, pending_K=self.pending_K - done)

    def _fit(self, counts: Sequence[int] | Counts) -> Counts:
        values = np.asarray(counts, np.int64)
        if values.shape != self.pending_K.shape or (values < 0).any():
            raise ConfigurationError(f"expected one count of 0 or more for each arm, found {values.tolist()}")
        return values


@runtime_checkable
class Bandit(Protocol):
    """Divides the next batch between arms."""

    @property
    def name(self) -> str: ...

    def allocate(
        self, tally: Tally, size: int, rng: np.random.Generator, available: Sequence[bool] | None = None
    ) -> Counts:
        """Impressions of each arm in the next batch, shape (K,), adding up to `size`.

        Arms that are not available (asleep: used up, expired, in a pause) get none. The same tally and the same state
        of `rng` give the same answer. Raises `ConfigurationError` where no arm is available.
        """
        ...


def awake(arms: int, available: Sequence[bool] | None) -> NDArray[np.bool_]:
    """The available arms, (K,). Raises `ConfigurationError` for none."""
    mask = np.ones(arms, bool) if available is None else np.asarray(available, bool)
    if mask.shape != (arms,) or not mask.any():
        raise ConfigurationError(f"expected {arms} arms of which at least one is available, found {available!r}")
    return mask


def with_floor(batch_K: Counts, mask_K: NDArray[np.bool_], floor: float) -> Counts:
    """The batch with at least the share `floor` for every available arm, taken from the others in proportion.

    Exploration that never ends keeps the comparison between arms alive when tastes change.
    """
    size, awake_arms = int(batch_K.sum()), int(mask_K.sum())
    least = min(int(floor * size), size // awake_arms)
    spare = np.maximum(batch_K - least, 0) * mask_K
    left = size - least * awake_arms
    if not least or not spare.sum():
        return batch_K
    exact = spare * (left / spare.sum())
    whole = np.floor(exact).astype(np.int64)
    # Largest remainders get what rounding left over.
    for arm in np.argsort(whole - exact, kind="stable")[: left - int(whole.sum())]:
        whole[arm] += 1
    return whole + least * mask_K


def check_floor(floor: float) -> None:
    """Raises `ConfigurationError` outside [0, 1)."""
    if not 0.0 <= floor < 1.0:
        raise ConfigurationError(f"the floor is a share in [0, 1), found {floor!r}")
