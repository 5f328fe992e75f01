"""The order of a retriever, as a reranker: the baseline that leaves a pool as it came."""

import numpy as np

from pushgen.recommend.data.jagged import NONE, Ids, Jagged
from pushgen.recommend.protocols import Retriever
from pushgen.recommend.rerank.examples import first_copies


class RetrieverOrder:
    """A `protocols.Reranker` that sorts a pool by the retriever's own scores.

    `reverse` puts the worst first. Where pools are made by inserting the items that a user took among a retriever's
    best, taken items are those that the retriever likes least; this baseline shows how much of a benchmark that is.
    """

    def __init__(self, retriever: Retriever, *, reverse: bool = False) -> None:
        self._retriever, self._reverse = retriever, reverse
        self.name = f"{retriever.name} order, reversed" if reverse else f"{retriever.name} order"

    def rerank(self, histories: Jagged, pools: Ids, k: int) -> Ids:
        found = np.full((len(pools), k), NONE, np.int64)
        start = 0
        for part in histories.batches(512):
            rows = slice(start, start + len(part))
            score = np.take_along_axis(self._retriever.scores(part), np.maximum(pools[rows], 0), axis=1)
            worth = np.where(first_copies(pools[rows]), -score if self._reverse else score, -np.inf)
            # Ties go to the lower number, as everywhere in retrieval.
            order = np.lexsort((pools[rows], -worth), axis=1)[:, :k]
            there = np.isfinite(np.take_along_axis(worth, order, axis=1))
            found[rows, : order.shape[1]] = np.where(there, order, NONE)
            start += len(part)
        return found
