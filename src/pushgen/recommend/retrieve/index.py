"""Search for the items whose vectors have the largest inner product with a query: exact by default, faiss where asked.

Shapes: B queries, I items, D width.
"""

from typing import Literal, Protocol

import numpy as np
import torch

from pushgen.errors import ConfigurationError, MissingExtraError
from pushgen.recommend.data.jagged import NONE, Jagged
from pushgen.recommend.protocols import Floats, Recommendations
from pushgen.recommend.retrieve.top import BATCH, together, top
from pushgen.training.precision import best_device

IndexKind = Literal["exact", "faiss-flat", "faiss-hnsw"]


class Index(Protocol):
    """Item vectors that can be searched."""

    def search(self, queries_BD: Floats, k: int, excluded: Jagged | None = None) -> Recommendations:
        """The k items with the largest inner product for each query, none of the same row of `excluded`."""
        ...


def build_index(items_ID: Floats, kind: IndexKind = "exact") -> Index:
    """Raises `MissingExtraError` where faiss is asked for and not installed."""
    if kind == "exact":
        return ExactIndex(items_ID)
    if kind in ("faiss-flat", "faiss-hnsw"):
        return FaissIndex(items_ID, kind)
    raise ConfigurationError(f"index: there is no kind {kind!r}; there are exact, faiss-flat, faiss-hnsw")


class ExactIndex:
    """Every item is looked at, on the GPU where there is one."""

    def __init__(self, items_ID: Floats) -> None:
        self._items_ID = torch.from_numpy(np.ascontiguousarray(items_ID)).to(best_device())

    def search(self, queries_BD: Floats, k: int, excluded: Jagged | None = None) -> Recommendations:
        found: list[Recommendations] = []
        for start in range(0, len(queries_BD), BATCH):
            queries = torch.from_numpy(queries_BD[start : start + BATCH]).to(self._items_ID.device)
            own = None if excluded is None else excluded.slice(start, start + BATCH)
            found.append(top(queries @ self._items_ID.T, k, own))
        return together(found, k)


class FaissIndex:
    """faiss; `faiss-flat` looks at every item, `faiss-hnsw` at neighbours in a graph and may miss some.

    Excluded items are searched for too and taken out afterwards, so that long histories make a search wider.
    """

    def __init__(self, items_ID: Floats, kind: IndexKind, *, neighbours: int = 32, width: int = 128) -> None:
        """With `faiss-hnsw`: `neighbours` per node of the graph, and how many candidates a search keeps."""
        try:
            import faiss  # type: ignore[import-not-found, import-untyped]
        except ImportError as error:
            raise MissingExtraError("faiss-cpu", "recommend", "an index of faiss") from error
        self._size, dimension = items_ID.shape
        if kind == "faiss-flat":
            self._index = faiss.IndexFlatIP(dimension)
        else:
            self._index = faiss.IndexHNSWFlat(dimension, neighbours, faiss.METRIC_INNER_PRODUCT)
            self._index.hnsw.efConstruction = max(width, 2 * neighbours)
        self._width = width
        self._hnsw = kind == "faiss-hnsw"
        self._index.add(np.ascontiguousarray(items_ID, np.float32))

    def search(self, queries_BD: Floats, k: int, excluded: Jagged | None = None) -> Recommendations:
        extra = 0 if excluded is None or not len(excluded) else int(excluded.lengths.max(initial=0))
        wide = min(k + extra, self._size)
        if self._hnsw:
            self._index.hnsw.efSearch = max(self._width, wide)
        scores, items = self._index.search(np.ascontiguousarray(queries_BD, np.float32), max(wide, 1))
        items = items.astype(np.int64)
        bad = items < 0
        if excluded is not None and extra:
            key = np.arange(len(items))[:, None] * self._size + items
            bad |= np.isin(key, excluded.rows * self._size + excluded.values)
        order = np.argsort(bad, axis=1, kind="stable")[:, :k]
        items = np.where(np.take_along_axis(bad, order, 1), NONE, np.take_along_axis(items, order, 1))
        kept = np.where(items == NONE, -np.inf, np.take_along_axis(scores, order, 1)).astype(np.float32)
        missing = ((0, 0), (0, max(k - items.shape[1], 0)))
        return Recommendations(
            np.pad(items, missing, constant_values=NONE), np.pad(kept, missing, constant_values=-np.inf)
        )
