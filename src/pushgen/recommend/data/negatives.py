"""Items that a user did not choose, drawn for training and for evaluation against few candidates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushgen.recommend.data.jagged import NONE, Ids, Jagged

ROUNDS = 20
"""Draws that are thrown away for items of the user's own before the rest is drawn one row at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Negatives:
    """Draws items with probability proportional to popularity ^ `power` (0: evenly; 0.75: Mikolov et al., 2013)."""

    probability: NDArray[np.float64]
    """Of each item, shape (I,), summing to 1. Its logarithm corrects a sampled softmax."""

    @classmethod
    def fit(cls, training: Jagged, items: int, power: float = 0.0) -> "Negatives":
        """With a power, items that nobody chose in training are never drawn."""
        counts = np.bincount(training.values, minlength=items).astype(np.float64)
        weights = np.ones(items) if power == 0 else counts**power
        return cls(weights / weights.sum())

    def draw(self, excluded: Jagged, count: int, seed: int) -> Ids:
        """`count` items per row, independent of each other, none from the same row of `excluded`; shape (B, count).

        A row that excludes every item that could be drawn holds `NONE`.
        """
        generator = np.random.default_rng(seed)
        size, cumulative = len(self.probability), np.cumsum(self.probability)
        cumulative /= cumulative[-1]

        def some(number: int) -> NDArray[Any]:
            # Zero-width steps are never hit from the right side.
            return np.searchsorted(cumulative, generator.random(number), side="right").clip(max=size - 1)

        forbidden = np.unique(excluded.rows * size + excluded.values)
        row = np.repeat(np.arange(len(excluded)), count)
        drawn = some(len(row))
        bad = np.flatnonzero(np.isin(row * size + drawn, forbidden))
        for _ in range(ROUNDS):
            if not len(bad):
                break
            drawn[bad] = some(len(bad))
            bad = bad[np.isin(row[bad] * size + drawn[bad], forbidden)]
        for place in bad:
            left = self.probability.copy()
            left[excluded[int(row[place])]] = 0.0
            total = left.sum()
            drawn[place] = generator.choice(size, p=left / total) if total > 0 else NONE
        return drawn.reshape(len(excluded), count).astype(np.int64)
