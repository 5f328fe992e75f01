"""Measures of ranked lists, one value per request: recall, precision, F1, hit rate, MRR, MAP, NDCG.

Binary relevance, as in Manning, Raghavan and Schuetze, Introduction to Information Retrieval (2008), chapter 8; NDCG
after Jarvelin and Kekalainen (2002) with gain 1 and discount log2(place + 1).

Shapes: B requests, K places of a list.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pushgen.recommend.data.jagged import NONE, Ids, Jagged

Values = NDArray[np.float64]
METRICS = ("recall", "precision", "f1", "hit_rate", "mrr", "map", "ndcg")


def hits(items: Ids, targets: Jagged) -> NDArray[np.bool_]:
    """Whether each place of a list holds a target of its request, shape (B, K). An item counts at its first place."""
    places = items.shape[1]
    span = int(max(items.max(initial=0), targets.values.max(initial=0))) + 1
    key = np.where(items == NONE, -1, np.arange(len(items))[:, None] * span + items)
    found = np.isin(key, targets.rows * span + targets.values)
    if places > 1:
        order = np.argsort(items, axis=1, kind="stable")
        ranked = np.take_along_axis(items, order, axis=1)
        again = np.zeros_like(found)
        np.put_along_axis(again, order[:, 1:], ranked[:, 1:] == ranked[:, :-1], axis=1)
        found &= ~again
    return found


def ranking_metrics(items: Ids, targets: Jagged, k: Sequence[int]) -> dict[str, Values]:
    """Values per request under names such as `recall@10`, each of shape (B,) and in [0, 1].

    `items` of shape (B, K), best first, `NONE` where a list is short; K is at least the largest `k`. Precision divides
    by k also for a short list; MAP and the ideal of NDCG by min(k, number of targets).
    """
    found = hits(items, targets).astype(np.float64)
    relevant = targets.lengths.astype(np.float64)
    if (relevant < 1).any():
        raise ValueError("every request needs at least one target")
    if max(k) > items.shape[1] or min(k) < 1:
        raise ValueError(f"k must lie between 1 and the length of the lists, {items.shape[1]}; found {list(k)}")
    place = np.arange(1, items.shape[1] + 1)
    discount = 1.0 / np.log2(place + 1)
    total = found.cumsum(axis=1)
    gain, ideal = (found * discount).cumsum(axis=1), discount.cumsum()
    average = (found * total / place).cumsum(axis=1)
    first = np.where(found.any(axis=1), found.argmax(axis=1) + 1, np.inf)
    values: dict[str, Values] = {}
    for size in k:
        right, bound = total[:, size - 1], np.minimum(relevant, size)
        values[f"recall@{size}"] = right / relevant
        values[f"precision@{size}"] = right / size
        values[f"f1@{size}"] = 2 * right / (relevant + size)
        values[f"hit_rate@{size}"] = (right > 0).astype(np.float64)
        values[f"mrr@{size}"] = np.where(first <= size, 1.0 / first, 0.0)
        values[f"map@{size}"] = average[:, size - 1] / bound
        values[f"ndcg@{size}"] = gain[:, size - 1] / ideal[bound.astype(np.int64) - 1]
    return values
