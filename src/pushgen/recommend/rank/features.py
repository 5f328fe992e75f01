"""What a tree ranker knows of a user and an item: popularity, neighbours, successors, and the length of the history.

Shapes: B requests, C candidates of a request, I items.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushgen.recommend.data.jagged import NONE, Ids, Jagged
from pushgen.recommend.protocols import Floats
from pushgen.recommend.retrieve.item_knn import ItemKnn, ItemKnnConfig
from pushgen.recommend.retrieve.top import by_scores

NAMES = ("popularity", "neighbours", "recent neighbours", "successor of last", "successor of one before", "length")


class Features:
    """Candidates out of neighbours, successors and popularity, and the features of each."""

    def __init__(self, neighbours: int) -> None:
        self.whole = ItemKnn(ItemKnnConfig(neighbours=neighbours, decay=1.0))
        self.recent = ItemKnn(ItemKnnConfig(neighbours=neighbours, decay=0.5))
        self._popularity = np.empty(0, np.float32)
        self._follows: Any = None

    @property
    def items(self) -> int:
        return len(self._popularity)

    def fit(self, training: Jagged, items: int) -> None:
        """Counts what training holds."""
        from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

        self.whole.fit(training, items=items)
        self.recent.restore(self.whole.tensors())
        self._popularity = np.bincount(training.values, minlength=items).astype(np.float32)
        inner = training.rows[:-1] == training.rows[1:]
        pairs = (training.values[:-1][inner], training.values[1:][inner])
        follows: Any = csr_matrix((np.ones(len(pairs[0]), np.float32), pairs), shape=(items, items))
        follows.sum_duplicates()
        self._follows = follows

    def candidates(self, histories: Jagged, count: int) -> Ids:
        """The best `count` items that are not in the history, by recent neighbours and successors, (B, C)."""
        return by_scores(_Retrieval(self), histories, count, exclude_seen=True).items

    def retrieval(self, histories: Jagged) -> Floats:
        """What candidates are chosen by, shape (B, I)."""
        last = self._after(histories, 1)
        return self.recent.scores(histories) + np.asarray(last / (last + 2.0), np.float32)

    def table(self, histories: Jagged, candidates: Ids) -> NDArray[np.float32]:
        """Features of each candidate, shape (B, C, 6), in the order of `NAMES`; zero for `NONE`."""
        safe = np.where(candidates == NONE, 0, candidates)
        columns = [
            np.log1p(self._popularity)[safe],
            *(
                np.take_along_axis(scores, safe, axis=1)
                for scores in (
                    self.whole.scores(histories),
                    self.recent.scores(histories),
                    self._after(histories, 1),
                    self._after(histories, 2),
                )
            ),
            np.broadcast_to(np.log1p(histories.lengths)[:, None], candidates.shape),
        ]
        found = np.stack(columns, axis=2).astype(np.float32)
        found[candidates == NONE] = 0.0
        return found

    def _after(self, histories: Jagged, back: int) -> Floats:
        """How often each item followed the one that stands `back` places from the end, shape (B, I)."""
        ids, mask = histories.padded(back)
        found = np.zeros((len(histories), self.items), np.float32)
        kept = mask[:, 0]
        found[kept] = self._follows[ids[kept, 0]].toarray()
        return found

    def tensors(self) -> dict[str, NDArray[Any]]:
        follows = self._follows
        own = {"popularity": self._popularity, "follow_values": follows.data, "follow_columns": follows.indices}
        return {**self.whole.tensors(), **own, "follow_rows": follows.indptr}

    def restore(self, tensors: dict[str, NDArray[Any]]) -> None:
        from scipy.sparse import csr_matrix

        self.whole.restore(tensors)
        self.recent.restore(tensors)
        self._popularity = tensors["popularity"]
        parts = (tensors["follow_values"], tensors["follow_columns"], tensors["follow_rows"])
        self._follows = csr_matrix(parts, shape=(self.items, self.items))


class _Retrieval:
    """Features as a scorer of everything."""

    def __init__(self, features: Features) -> None:
        self._features = features

    @property
    def items(self) -> int:
        return self._features.items

    def scores(self, histories: Jagged) -> Floats:
        return self._features.retrieval(histories)
