"""Which arm a row belongs to: 64-bit marks to numbers, for millions of rows and arms.

Open addressing with linear probing (Knuth, The Art of Computer Programming 6.4, algorithm L), a whole batch of marks at
a time.
"""

import numpy as np
from numpy.typing import NDArray

Marks = NDArray[np.uint64]
Numbers = NDArray[np.int64]
_FREE = -1
_ROOM = 4
"""Slots per mark, at least: few marks then meet another one in their slot."""


class ArmIndex:
    """Numbers 0, 1, 2, ... of marks in the order in which they were added. Marks must be spread like a hash."""

    def __init__(self) -> None:
        self._size = 0
        self._marks: Marks = np.zeros(256, np.uint64)
        self._slots: Numbers = np.full(_ROOM * len(self._marks), _FREE)

    def __len__(self) -> int:
        return self._size

    def find(self, marks: Marks) -> Numbers:
        """The number of each mark, shape (N,); -1 for those that were not added."""
        slot = self._slot(marks)
        found = self._slots[slot]
        astray = np.flatnonzero((found != _FREE) & (self._marks[found] != marks))
        while astray.size:
            slot[astray] = (slot[astray] + 1) % len(self._slots)
            found[astray] = self._slots[slot[astray]]
            astray = astray[(found[astray] != _FREE) & (self._marks[found[astray]] != marks[astray])]
        return found

    def add(self, marks: Marks) -> None:
        """Numbers marks, all different, that were not added before."""
        numbers = np.arange(self._size, self._size + len(marks))
        self._size += len(marks)
        if self._size > len(self._marks):
            larger = np.zeros(1 << (self._size - 1).bit_length(), np.uint64)
            larger[: len(self._marks)] = self._marks
            self._marks, self._slots = larger, np.full(_ROOM * len(larger), _FREE)
            numbers = np.arange(self._size)
        self._marks[self._size - len(marks) : self._size] = marks
        slot = self._slot(self._marks[numbers])
        while numbers.size:
            free = self._slots[slot] == _FREE
            self._slots[slot[free]] = numbers[free]
            # Of several marks for one slot one is in, and the others go on to the next slot.
            out = self._slots[slot] != numbers
            numbers, slot = numbers[out], (slot[out] + 1) % len(self._slots)

    def _slot(self, marks: Marks) -> Numbers:
        # The number of slots is a power of two, so that the lowest bits are the remainder.
        return (marks & np.uint64(len(self._slots) - 1)).view(np.int64)
