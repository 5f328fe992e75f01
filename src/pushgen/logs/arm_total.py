"""One number per arm, made of the numbers of its rows."""

from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

Totals = NDArray[np.int64 | np.float64]
Kind = Literal["sum", "least", "greatest", "first"]


class ArmTotal:
    """The sum, least, greatest or first number of each arm; null for an arm whose rows gave none."""

    def __init__(self, kind: Kind, dtype: type[np.int64] | type[np.float64]) -> None:
        self._kind: Kind = kind
        self._values: Totals = np.zeros(256, dtype)
        self._given = np.zeros(256, bool)

    def add(self, arms: NDArray[np.int64], numbers: Totals) -> None:
        """Takes in one number for each arm named, both of shape (N,); an arm may be named often."""
        self._make_room(int(arms.max()) + 1)
        if self._kind == "sum":
            np.add.at(self._values, arms, numbers)
        else:
            # Of an arm that is named often the last assignment stays, so that the first number comes last.
            new = ~self._given[arms]
            self._values[arms[new][::-1]] = numbers[new][::-1]
        if self._kind == "least":
            np.minimum.at(self._values, arms, numbers)
        elif self._kind == "greatest":
            np.maximum.at(self._values, arms, numbers)
        self._given[arms] = True

    def series(self, arms: int) -> pl.Series:
        """The totals of arms 0 to `arms` - 1."""
        self._make_room(arms)
        return pl.Series(self._values[:arms]).set(pl.Series(~self._given[:arms]), None)

    def _make_room(self, arms: int) -> None:
        if arms <= len(self._given):
            return
        room = 1 << (arms - 1).bit_length()
        values, given = np.zeros(room, self._values.dtype), np.zeros(room, bool)
        values[: len(self._values)], given[: len(self._given)] = self._values, self._given
        self._values, self._given = values, given
