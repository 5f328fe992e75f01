"""Folds for cross-validation that no near-copy crosses.

Experiments that share a content, or texts that nearly copy each other, stand in one fold: a model that has read a text
in training is not asked about its twin. The fold of such a cluster follows from a salted hash of its smallest
experiment id, so it is the same on every machine; it can change only where a growing log joins two clusters.
"""

import hashlib
from collections.abc import Mapping

import numpy as np
import polars as pl

from pushgen import splits
from pushgen.errors import ConfigurationError
from pushgen.text.near_copies import near_copy_clusters

FOLDS = 5
NEAR_COPY = 0.8
"""Jaccard similarity from which two texts are near-copies."""


def folds_of(pairs: pl.DataFrame, folds: int = FOLDS) -> pl.DataFrame:
    """`experiment_id, fold` of a frame of `tables.PAIRS`, sorted; folds count from 0.

    Raises `ConfigurationError` for fewer than two folds.
    """
    if folds < 2:
        raise ConfigurationError(f"cross-validation needs at least 2 folds, found {folds}")
    of_experiment = _clusters(pairs)
    first: dict[int, str] = {}
    for experiment, cluster in of_experiment.items():
        first.setdefault(cluster, experiment)
    fold = {cluster: splits.fold(experiment, folds) for cluster, experiment in first.items()}
    return pl.DataFrame(
        {"experiment_id": list(of_experiment), "fold": [fold[cluster] for cluster in of_experiment.values()]},
        schema={"experiment_id": pl.String, "fold": pl.Int64},
    )


def hashed(folds: pl.DataFrame) -> Mapping[str, str]:
    """Hashed ids of the experiments of each fold, in one string per fold: what a repository can hold of a private log.

    An id becomes the first 8 hexadecimal digits of its SHA-256; they are sorted.
    """
    shown: dict[str, list[str]] = {}
    for experiment, fold in folds.sort("fold").iter_rows():
        shown.setdefault(str(fold), []).append(hashlib.sha256(str(experiment).encode()).hexdigest()[:8])
    return {fold: " ".join(sorted(ids)) for fold, ids in shown.items()}


def _clusters(pairs: pl.DataFrame) -> dict[str, int]:
    """Number of the cluster of each experiment, experiments sorted by id."""
    import scipy.sparse as sparse  # pyright: ignore[reportMissingTypeStubs]
    from scipy.sparse.csgraph import connected_components  # pyright: ignore

    experiments = pairs["experiment_id"].unique().sort().to_list()
    number = {experiment: row for row, experiment in enumerate(experiments)}
    texts = pl.concat([pairs["text_a"], pairs["text_b"]]).unique().sort().to_list()
    copies = dict(zip(texts, near_copy_clusters(texts, NEAR_COPY).tolist(), strict=True))
    contents = {content: len(texts) + row for row, content in enumerate(pairs["content_id"].unique().sort())}
    links = {
        (number[experiment], place)
        for experiment, content, a, b in pairs.select("experiment_id", "content_id", "text_a", "text_b").iter_rows()
        for place in (contents[content], copies[a], copies[b])
    }
    rows, columns = np.array(sorted(links), np.int64).reshape(-1, 2).T
    shape = (len(experiments), len(texts) + len(contents))
    member = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
    found = connected_components(member @ member.T, directed=False)[1]
    return dict(zip(experiments, np.asarray(found, np.int64).tolist(), strict=True))
