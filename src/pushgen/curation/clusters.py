"""Clusters of texts: k-means on embeddings, fitted on a sample, so that a log of any size is grouped in one pass."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError, MissingExtraError
from pushgen.progress import bar
from pushgen.protocols import Encoder, Floats

BATCH = 4096
"""Texts that are embedded at once."""
MIN_TEXTS_PER_CLUSTER = 20


def cluster(texts: Sequence[str], encoder: Encoder, *, clusters: int, sample: int, seed: int) -> NDArray[np.int32]:
    """The cluster of each of N distinct texts, shape (N,), in [0, clusters).

    The texts must come in an order of their own (sorted), so that the sample does not depend on the log's order.
    Embeddings are made once per text: those of the sample are kept for its own assignment, others are not kept.
    Raises `MissingExtraError` without scikit-learn.
    """
    if clusters < 1 or sample < 1:
        raise ConfigurationError(f"soft: clusters and sample must be at least 1, found {clusters!r} and {sample!r}")
    found = np.zeros(len(texts), dtype=np.int32)
    if not texts:
        return found
    try:
        from sklearn.cluster import MiniBatchKMeans  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "train", "grouping texts into clusters") from error
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(texts), min(sample, len(texts)), replace=False))
    rest = np.setdiff1d(np.arange(len(texts)), chosen)
    with bar("Embedding texts", len(texts)) as shown:
        parts: list[Floats] = []
        for at in range(0, len(chosen), BATCH):
            parts.append(encoder.encode([texts[int(i)] for i in chosen[at : at + BATCH]]))
            shown.advance(len(parts[-1]))
        vectors = np.concatenate(parts)
        number = max(1, min(clusters, len(chosen) // MIN_TEXTS_PER_CLUSTER))
        model: Any = MiniBatchKMeans(
            number,
            random_state=seed,
            n_init=3,  # pyright: ignore[reportArgumentType]
            batch_size=2048,
        )
        found[chosen] = model.fit(vectors).predict(vectors)
        for at in range(0, len(rest), BATCH):
            batch = rest[at : at + BATCH]
            found[batch] = model.predict(encoder.encode([texts[int(i)] for i in batch]))
            shown.advance(len(batch))
    return found
