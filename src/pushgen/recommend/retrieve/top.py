"""The k best of a row of scores, exactly, on any device.

Shapes: B requests, I items.
"""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from pushgen.errors import ConfigurationError
from pushgen.recommend.data.jagged import NONE, Jagged
from pushgen.recommend.protocols import Floats, Recommendations

BATCH = 512
"""Requests whose scores over the whole catalogue are held at a time."""


class Scorer(Protocol):
    """What `by_scores` needs of a retriever."""

    @property
    def items(self) -> int: ...

    def scores(self, histories: Jagged) -> Floats: ...


def by_scores(model: Scorer, histories: Jagged, k: int, *, exclude_seen: bool) -> Recommendations:
    """`Retriever.recommend` of a model that can score everything."""
    found = [
        top(torch.from_numpy(model.scores(part)), k, part if exclude_seen else None)
        for part in histories.batches(BATCH)
    ]
    return together(found, k)


def together(parts: list[Recommendations], k: int) -> Recommendations:
    """All rows of all parts."""
    if not parts:
        return Recommendations(np.empty((0, k), np.int64), np.empty((0, k), np.float32))
    return Recommendations(
        np.concatenate([part.items for part in parts]), np.concatenate([part.scores for part in parts])
    )


def top(scores_BI: Tensor, k: int, excluded: Jagged | None = None) -> Recommendations:
    """The k highest scores of each row, ties to the lower number, none of `excluded`; `scores_BI` may be changed.

    What scores -inf is not recommended.
    """
    if k < 1:
        raise ConfigurationError(f"recommendations: k must be at least 1, found {k!r}")
    rows, catalogue = scores_BI.shape
    if excluded is not None and len(excluded.values):
        places = (torch.from_numpy(excluded.rows), torch.from_numpy(excluded.values))
        scores_BI[tuple(place.to(scores_BI.device) for place in places)] = -torch.inf
    items = np.full((rows, k), NONE, np.int64)
    scores = np.full((rows, k), -np.inf, np.float32)
    taken = min(k, catalogue)
    if not rows or not taken:
        return Recommendations(items, scores)
    bound = scores_BI.topk(taken, dim=1).values[:, -1:]
    # Everything down to the last place, equals included; then equals in the order of their numbers.
    row, item = torch.nonzero((scores_BI >= bound) & (scores_BI > -torch.inf), as_tuple=True)
    value = scores_BI[row, item]
    order = torch.sort(value, descending=True, stable=True).indices
    order = order[torch.sort(row[order], stable=True).indices]
    row, item, value = (one[order].cpu().numpy() for one in (row, item, value))
    place = np.arange(len(row)) - np.searchsorted(row, row)
    kept = place < k
    items[row[kept], place[kept]], scores[row[kept], place[kept]] = item[kept], value[kept]
    return Recommendations(items, scores)
