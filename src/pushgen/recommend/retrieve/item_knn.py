"""Item-based nearest neighbours by cosine with shrinkage (Deshpande and Karypis, TOIS 2004).

similarity(i, j) = users of both / (sqrt(users of i) sqrt(users of j) + shrinkage); each item keeps its nearest ones.
Departure: a history's items can be weighted by how recent they are, `decay` ^ (places from the end), after Ludewig and
Jannach (2018), because the last items tell most about the next.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError
from pushgen.recommend.data.jagged import Jagged
from pushgen.recommend.protocols import Cases, Floats, Recommendations
from pushgen.recommend.retrieve.sparse import user_item_matrix
from pushgen.recommend.retrieve.ties import tie_break
from pushgen.recommend.retrieve.top import by_scores

_ROWS = 1024
"""Items whose similarities are held at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemKnnConfig:
    """Settings of item-based nearest neighbours."""

    neighbours: int = 200
    """Most similar items that each item keeps."""
    shrinkage: float = 10.0
    """Added to the denominator: pairs seen together by few users count less."""
    decay: float = 0.8
    """Weight of an item of the history per place from its end, above 0; 1 weighs all alike."""

    def __post_init__(self) -> None:
        if self.neighbours < 1 or self.shrinkage < 0 or not 0 < self.decay <= 1:
            raise ConfigurationError("item-knn: neighbours from 1, shrinkage from 0, decay in (0, 1]")


class ItemKnn:
    """The sum of an item's similarities to the items of a history."""

    kind: ClassVar[str] = "item-knn"

    def __init__(self, config: ItemKnnConfig | None = None) -> None:
        self.config = config or ItemKnnConfig()
        self._similar: Any = None
        self._ties = np.empty(0, np.float32)

    @property
    def name(self) -> str:
        return self.kind

    @property
    def items(self) -> int:
        return 0 if self._similar is None else int(self._similar.shape[0])

    def fit(
        self, training: Jagged, *, items: int, validation: Cases | None = None, scratch: Path | None = None
    ) -> None:
        del validation, scratch
        from scipy.sparse import vstack  # type: ignore[import-untyped]

        x: Any = user_item_matrix(training, items)
        norm = np.sqrt(np.asarray(x.sum(axis=0), np.float64).reshape(-1))
        columns = x.tocsc()
        parts: list[Any] = []
        for start in range(0, items, _ROWS):
            both = (columns[:, start : start + _ROWS].T @ x).tocsr()
            row = np.repeat(np.arange(both.shape[0]), np.diff(both.indptr)) + start
            value = both.data / (norm[row] * norm[both.indices] + self.config.shrinkage)
            value[row == both.indices] = 0.0
            parts.append(_nearest(row - start, both.indices, value, both.shape, self.config.neighbours))
        self._ties = tie_break(training, items)
        self._similar = vstack(parts, format="csr") if parts else user_item_matrix(Jagged.of([]), 0)

    def scores(self, histories: Jagged) -> Floats:
        from scipy.sparse import csr_matrix

        age = np.repeat(histories.offsets[1:], histories.lengths) - 1 - np.arange(len(histories.values))
        weight = np.float32(self.config.decay) ** age.astype(np.float32)
        shape = (len(histories), self.items)
        weighted: Any = csr_matrix((weight, histories.values, histories.offsets), shape=shape, copy=True)
        weighted.sum_duplicates()
        return np.asarray((weighted @ self._similar).toarray() + self._ties, np.float32)

    def recommend(self, histories: Jagged, k: int, *, exclude_seen: bool = True) -> Recommendations:
        return by_scores(self, histories, k, exclude_seen=exclude_seen)

    def tensors(self) -> dict[str, NDArray[Any]]:
        similar = self._similar
        return {"values": similar.data, "columns": similar.indices, "rows": similar.indptr, "ties": self._ties}

    def restore(self, tensors: dict[str, NDArray[Any]]) -> None:
        from scipy.sparse import csr_matrix

        size = len(tensors["rows"]) - 1
        self._ties = tensors["ties"]
        self._similar = csr_matrix((tensors["values"], tensors["columns"], tensors["rows"]), shape=(size, size))


def _nearest(
    row: NDArray[Any], column: NDArray[Any], value: NDArray[np.float64], shape: tuple[int, int], most: int
) -> Any:
    """The largest values of each row as a sparse matrix; equal ones by the lower column."""
    from scipy.sparse import csr_matrix

    order = np.lexsort((column, -value, row))
    row, column, value = row[order], column[order], value[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    kept = (place < most) & (value > 0)
    return csr_matrix((value[kept].astype(np.float32), (row[kept], column[kept])), shape=shape)
