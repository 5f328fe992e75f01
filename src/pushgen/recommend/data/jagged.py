"""Histories of different lengths without padding: all values in one array, and where each row begins.

Shapes: B rows, N values of all rows together, L positions of a padded row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ids = NDArray[np.int64]
NONE = -1
"""Stands for "no item" wherever item numbers are padded."""


@dataclass(frozen=True, slots=True, eq=False)
class Jagged:
    """B rows of item numbers, oldest first."""

    values: Ids
    """Item numbers of all rows one after the other, 0 to I - 1, shape (N,), int64."""
    offsets: Ids
    """Row b is `values[offsets[b]:offsets[b + 1]]`; shape (B + 1,), int64, from 0 to N."""
    beside: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    """Further arrays of shape (N,) that go with the values, such as `time` in seconds; every method keeps them so."""

    def __post_init__(self) -> None:
        fits = self.offsets.ndim == 1 and len(self.offsets) > 0 and self.offsets[0] == 0
        if not fits or self.offsets[-1] != len(self.values) or (np.diff(self.offsets) < 0).any():
            raise ValueError(f"offsets must rise from 0 to the number of values, {len(self.values)}")
        for name, array in self.beside.items():
            if len(array) != len(self.values):
                raise ValueError(f"{name!r} has {len(array)} entries beside {len(self.values)} values")

    @classmethod
    def of(cls, rows: Iterable[Sequence[int] | Ids], **beside: ArrayLike) -> "Jagged":
        """From one sequence per row; what goes beside is already one array over all rows."""
        listed = [np.asarray(row, np.int64) for row in rows]
        values = np.concatenate(listed) if listed else np.empty(0, np.int64)
        named = {name: np.asarray(array) for name, array in beside.items()}
        return cls(values, offsets_of(np.array([len(row) for row in listed], np.int64)), named)

    def __len__(self) -> int:
        """Number of rows, B."""
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Ids:
        """The values of one row, without a copy."""
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        row %= len(self)
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def __iter__(self) -> Iterator[Ids]:
        return (self[row] for row in range(len(self)))

    @property
    def lengths(self) -> Ids:
        """Shape (B,)."""
        return np.diff(self.offsets)

    @property
    def rows(self) -> Ids:
        """The row of each value, shape (N,)."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def slice(self, start: int, stop: int) -> "Jagged":
        """Rows `start` to `stop - 1`, without a copy of the values."""
        start, stop, _ = slice(start, stop).indices(len(self))
        offsets = self.offsets[start : max(stop, start) + 1]
        places = slice(int(offsets[0]), int(offsets[-1]))
        beside = {name: array[places] for name, array in self.beside.items()}
        return Jagged(self.values[places], offsets - offsets[0], beside)

    def batches(self, size: int) -> Iterator["Jagged"]:
        """The rows in order, `size` at a time."""
        return (self.slice(start, start + size) for start in range(0, len(self), size))

    def take(self, rows: ArrayLike) -> "Jagged":
        """The named rows in the named order; a row may come several times."""
        chosen = np.asarray(rows, np.int64)
        return self._gather(self.offsets[:-1][chosen], self.lengths[chosen])

    def head(self, lengths: int | Ids) -> "Jagged":
        """At most that many of the oldest values of each row."""
        return self._gather(self.offsets[:-1], np.clip(lengths, 0, self.lengths))

    def tail(self, lengths: int | Ids) -> "Jagged":
        """At most that many of the most recent values of each row."""
        kept = np.clip(lengths, 0, self.lengths)
        return self._gather(self.offsets[1:] - kept, kept)

    def where(self, kept: NDArray[np.bool_]) -> "Jagged":
        """The values for which `kept`, shape (N,), is true; rows stay, and may become empty."""
        counts = np.bincount(self.rows[kept], minlength=len(self))
        beside = {name: array[kept] for name, array in self.beside.items()}
        return Jagged(self.values[kept], offsets_of(counts), beside)

    def padded(
        self, length: int, *, of: str | None = None, newest: Literal["last", "first free"] = "last"
    ) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """The most recent `length` values of each row, oldest first.

        By default right-aligned: the newest stands `last`. With `first free` the oldest stands at place 0 and what is
        free follows the newest, as causal models want it.

        Returns values of shape (B, L), `NONE` (0 for what lies beside, named by `of`) where a row is shorter, and a
        mask of shape (B, L) that is true where there is a value.
        """
        source = self.values if of is None else self.beside[of]
        begin = self.offsets[1:] - length
        if newest == "first free":
            begin = np.maximum(begin, self.offsets[:-1])
        place = np.arange(length)[None, :] + begin[:, None]
        mask = (place >= self.offsets[:-1, None]) & (place < self.offsets[1:, None])
        filling = NONE if of is None else 0
        if not len(source):
            return np.full(place.shape, filling, source.dtype), mask
        return np.where(mask, source[np.where(mask, place, 0)], np.asarray(filling, source.dtype)), mask

    def _gather(self, starts: Ids, lengths: Ids) -> "Jagged":
        offsets = offsets_of(lengths)
        places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
        return Jagged(self.values[places], offsets, {name: array[places] for name, array in self.beside.items()})


def offsets_of(lengths: ArrayLike) -> Ids:
    """Where rows of these lengths begin and the last one ends, shape (B + 1,)."""
    return np.concatenate(([0], np.cumsum(np.asarray(lengths, np.int64))))


def concatenate(parts: Sequence[Jagged]) -> Jagged:
    """All rows of all parts, which have the same arrays beside."""
    if not parts:
        return Jagged.of([])
    beside = {name: np.concatenate([part.beside[name] for part in parts]) for name in parts[0].beside}
    lengths = np.concatenate([part.lengths for part in parts])
    return Jagged(np.concatenate([part.values for part in parts]), offsets_of(lengths), beside)
