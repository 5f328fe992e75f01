"""Area under the ROC curve: over all rows, within groups (GAUC), and over a whole catalogue.

AUC is the probability that a positive scores above a negative, ties counting half (Hanley and McNeil, 1982). GAUC is
its mean over users weighted by their rows (Zhou et al., Deep Interest Network, 2018, equation 4).

Shapes: N rows (impressions), G groups (users).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.recommend.data.jagged import Jagged


def auc(scores: ArrayLike, labels: ArrayLike) -> float:
    """AUC of scores of shape (N,) for labels 0 and 1 of shape (N,); NaN where one of the two is missing."""
    value, _ = grouped_auc(scores, labels, np.zeros(len(np.asarray(labels)), np.int64))
    return float(value[0]) if len(value) else float("nan")


def grouped_auc(
    scores: ArrayLike, labels: ArrayLike, groups: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """AUC within each group and its number of rows, both of shape (G,), in the order of sorted group names.

    NaN for a group whose labels are all the same: it cannot be ordered wrongly.
    """
    scores_N, labels_N = np.asarray(scores, np.float64), np.asarray(labels, np.float64)
    _, of_row, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    order = np.lexsort((scores_N, of_row))
    group, value = of_row[order], scores_N[order]
    # Mean rank among equals: the middle of the run that a row stands in, counted from the start of its group.
    new = np.ones(len(order), bool)
    new[1:] = (group[1:] != group[:-1]) | (value[1:] != value[:-1])
    starts = np.flatnonzero(new)
    ends = np.append(starts[1:], len(order))
    rank = ((starts + ends + 1) / 2.0)[np.cumsum(new) - 1] - np.concatenate(([0], np.cumsum(sizes)[:-1]))[group]
    positive = labels_N[order]
    positives = np.bincount(group, weights=positive, minlength=len(sizes))
    ranks = np.bincount(group, weights=rank * positive, minlength=len(sizes))
    pairs = positives * (sizes - positives)
    with np.errstate(invalid="ignore", divide="ignore"):
        areas = (ranks - positives * (positives + 1) / 2) / pairs
    return np.where(pairs > 0, areas, np.nan), sizes.astype(np.int64)


def gauc(scores: ArrayLike, labels: ArrayLike, groups: ArrayLike) -> float:
    """AUC within groups, weighted by rows; groups with one kind of label are left out. NaN where none is left."""
    areas, sizes = grouped_auc(scores, labels, groups)
    kept = np.isfinite(areas)
    return float(np.average(areas[kept], weights=sizes[kept])) if kept.any() else float("nan")


def catalogue_auc(scores: NDArray[np.float32], targets: Jagged, excluded: Jagged) -> NDArray[np.float64]:
    """AUC of each request's targets against all other items, shape (B,), from scores of shape (B, I).

    Items in the same row of `excluded` count neither way.
    """
    kept = np.ones(scores.shape, bool)
    kept[excluded.rows, excluded.values] = False
    kept[targets.rows, targets.values] = False
    own = scores[targets.rows, targets.values][:, None]
    others = scores[targets.rows]
    rivals = kept[targets.rows]
    won = ((others < own) & rivals).sum(axis=1) + 0.5 * ((others == own) & rivals).sum(axis=1)
    share = won / np.maximum(rivals.sum(axis=1), 1)
    return np.bincount(targets.rows, weights=share, minlength=len(targets)) / np.maximum(targets.lengths, 1)
