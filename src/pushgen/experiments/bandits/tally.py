"""What was sent to the arms of some experiments and what came back.

Traffic goes out in batches and clicks come back late. An impression whose click window is still open is pending: it is
neither a success nor a failure yet, so it moves no posterior mean, but a bandit knows that it is out. Counting it as a
failure at once would punish whichever arm was sent last.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import ConfigurationError

Counts = NDArray[np.int64]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of G experiments of K arms; all arrays of shape (G, K)."""

    shown: Counts
    """Impressions whose click window is over."""
    clicks: Counts
    pending: Counts
    """Impressions whose click window is still open; clicks of theirs are not counted yet."""

    @classmethod
    def empty(cls, arms: int, experiments: int = 1) -> "Tally":
        """Before the first batch. Raises `ConfigurationError` for no arm or no experiment."""
        if arms < 1 or experiments < 1:
            raise ConfigurationError(f"expected at least one arm and experiment, found {arms} and {experiments}")
        zero = np.zeros((experiments, arms), np.int64)
        return cls(shown=zero, clicks=zero, pending=zero)

    def send(self, batch: ArrayLike) -> "Tally":
        """With a batch that has gone out, shape (G, K), or (K,) for a single experiment."""
        return replace(self, pending=self.pending + self._fit(batch))

    def settle(self, shown: ArrayLike, clicks: ArrayLike) -> "Tally":
        """With impressions whose click window is over, and their clicks, in any order of batches.

        Raises `ConfigurationError` for more impressions than are pending and for clicks above impressions.
        """
        done, hits = self._fit(shown), self._fit(clicks)
        wrong = (done > self.pending) | (hits > done)
        if wrong.any():
            row, arm = (int(place) for place in np.argwhere(wrong)[0])
            raise ConfigurationError(
                f"cannot settle {done[row, arm]} impressions with {hits[row, arm]} clicks of arm {arm} of experiment "
                f"{row}: {self.pending[row, arm]} are pending. Count each impression once, and one click of it at most."
            )
        return Tally(shown=self.shown + done, clicks=self.clicks + hits, pending=self.pending - done)

    def join(self, arms: int) -> "Tally":
        """With new arms at the end, of which nothing is known yet."""
        none = np.zeros((len(self.shown), arms), np.int64)
        return Tally(**{name: np.hstack([getattr(self, name), none]) for name in ("shown", "clicks", "pending")})

    @property
    def sent(self) -> Counts:
        """Impressions of each experiment so far, settled or pending, shape (G, 1)."""
        return (self.shown + self.pending).sum(axis=1, keepdims=True)

    def _fit(self, counts: ArrayLike) -> Counts:
        values = np.asarray(counts)
        if values.ndim == 1 and len(self.pending) == 1:
            values = values[None]
        whole = values.astype(np.int64) if values.dtype.kind in "iuf" else np.full(values.shape, -1)
        if whole.shape != self.pending.shape or (whole < 0).any() or (whole != values).any():
            raise ConfigurationError(
                f"expected one whole count of 0 or more for each of {self.pending.shape[1]} arms in "
                f"{self.pending.shape[0]} experiments, found {np.array2string(values, threshold=8)}"
            )
        return whole
