"""Histories as sparse matrices of users and items."""

from typing import Any

import numpy as np

from pushgen.recommend.data.jagged import Jagged


def user_item_matrix(histories: Jagged, items: int) -> Any:
    """A `scipy.sparse.csr_matrix` of shape (B, I), float32: 1 where a row has the item, however often."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    ones = np.ones(len(histories.values), np.float32)
    matrix = csr_matrix((ones, histories.values, histories.offsets), shape=(len(histories), items), copy=True)
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix
