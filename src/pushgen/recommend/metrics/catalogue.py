"""Measures of what all lists together show: coverage, Gini coefficient, novelty.

Shapes: B requests, K places of a list, I items of the catalogue.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.recommend.data.jagged import NONE, Ids


def shown(items: Ids, catalogue: int) -> Ids:
    """How often each item is recommended, shape (I,)."""
    return np.bincount(items[items != NONE], minlength=catalogue)


def coverage(items: Ids, catalogue: int) -> float:
    """Share of the catalogue that is recommended to anybody, in [0, 1]. It grows with the number of requests."""
    return float(np.count_nonzero(shown(items, catalogue)) / catalogue)


def gini(counts: ArrayLike) -> float:
    """Gini coefficient of counts of shape (I,), zeros included: 0 where all are equal, (I - 1) / I where one has all.

    NaN where nothing was counted.
    """
    ranked = np.sort(np.asarray(counts, np.float64))
    total, size = ranked.sum(), len(ranked)
    if not total:
        return float("nan")
    return float((2 * np.arange(1, size + 1) - size - 1) @ ranked / (size * total))


def novelty(items: Ids, popularity: ArrayLike, users: int) -> NDArray[np.float64]:
    """Mean self-information of each list in bits, shape (B,): -log2 of the share of users who have the item.

    `popularity` of shape (I,) counts the training users who have each item, `users` all of them; an item that nobody
    has counts as had by one. Zhou et al., PNAS 107 (2010). A list without items has NaN.
    """
    counts = np.maximum(np.asarray(popularity, np.float64), 1.0)
    bits = np.append(-np.log2(counts / max(users, 1)), 0.0)
    kept = items != NONE
    sizes = kept.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(bits[items].sum(axis=1) / np.where(sizes, sizes, np.nan), np.float64)
