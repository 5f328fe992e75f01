"""Item vectors from what users did, for catalogues without text and for what texts do not say.

Items that stand near each other in histories get near vectors: the positive pointwise mutual information of pairs
within a window, factorised by a truncated singular value decomposition with the square root of the singular values.
Levy and Goldberg, Neural Word Embedding as Implicit Matrix Factorization (2014), section 3, and Levy, Goldberg and
Dagan (2015), equations 3 and 7 with context smoothing 0.75: what word2vec does to histories, in closed form.

Shapes: I items, W width.
"""

import numpy as np
from numpy.typing import NDArray

from pushgen.recommend.data.jagged import Jagged

Floats = NDArray[np.float32]
SMOOTHING = 0.75


def interaction_vectors(histories: Jagged, items: int, *, width: int = 128, window: int = 10) -> Floats:
    """A vector per item, shape (I, W), of length about 1 for items with evidence; zero for one that nobody touched.

    `window` is the largest distance in a history at which two items count as together. Histories must be those of
    training alone: the vectors carry what they hold.
    """
    from scipy.sparse import coo_array, csr_array
    from scipy.sparse.linalg import svds

    values, rows = histories.values, histories.rows
    counts = csr_array((items, items), dtype=np.float64)
    for distance in range(1, window + 1):
        together = np.equal(rows[distance:], rows[:-distance])
        first, second = values[:-distance][together], values[distance:][together]
        pairs = (np.concatenate((first, second)), np.concatenate((second, first)))
        counts += coo_array((np.full(len(pairs[0]), 1.0 / distance), pairs), shape=(items, items)).tocsr()
    seen = coo_array(counts)
    total, own = float(seen.data.sum()), np.asarray(counts.sum(axis=1)).ravel()
    context = own**SMOOTHING
    if total == 0.0:
        return np.zeros((items, width), np.float32)
    own, share = np.maximum(own, 1e-12), np.maximum(context / context.sum(), 1e-300)
    information = np.maximum(np.log(seen.data / (own[seen.row] * share[seen.col])), 0.0)
    matrix = csr_array(coo_array((information, (seen.row, seen.col)), shape=(items, items)))
    rank = min(width, items - 1)
    start = np.random.default_rng(0).normal(size=items)
    found, strength, _ = svds(matrix, k=rank, v0=start)
    assert found is not None
    found = found[:, ::-1] * np.sqrt(strength[::-1])
    norms = np.linalg.norm(found, axis=1, keepdims=True)
    found = np.where(norms > 1e-9, found / np.maximum(norms, 1e-9), 0.0)
    return np.pad(found, ((0, 0), (0, width - rank))).astype(np.float32)
