"""EASE: a linear autoencoder over items with a closed form (Steck, WWW 2019, equations 2 and 8).

With X the users' items and P = (X^T X + lambda I)^-1, the weight of item i for item j is B_ij = -P_ij / P_jj, and 0 on
the diagonal; a history's scores are the sum of its items' rows of B. Memory and time of training grow with the square
and the cube of the number of items.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pushgen.errors import ConfigurationError
from pushgen.recommend.data.jagged import Jagged
from pushgen.recommend.protocols import Cases, Floats, Recommendations
from pushgen.recommend.retrieve.sparse import user_item_matrix
from pushgen.recommend.retrieve.ties import tie_break
from pushgen.recommend.retrieve.top import by_scores


@dataclass(frozen=True, slots=True, kw_only=True)
class EaseConfig:
    """Settings of EASE."""

    regularisation: float = 250.0
    """Lambda: what is added to the diagonal; the sparser the data, the smaller."""
    max_items: int = 25_000
    """Larger catalogues are refused: 25,000 items take 5 GB and, on two cores, about ten minutes."""

    def __post_init__(self) -> None:
        if self.regularisation <= 0:
            raise ConfigurationError(f"ease: regularisation must be above 0, found {self.regularisation!r}")


class Ease:
    """Item-to-item weights that are learned together."""

    kind: ClassVar[str] = "ease"

    def __init__(self, config: EaseConfig | None = None) -> None:
        self.config = config or EaseConfig()
        self._weights_II = np.empty((0, 0), np.float32)
        self._ties = np.empty(0, np.float32)

    @property
    def name(self) -> str:
        return self.kind

    @property
    def items(self) -> int:
        return len(self._weights_II)

    def fit(
        self, training: Jagged, *, items: int, validation: Cases | None = None, scratch: Path | None = None
    ) -> None:
        del validation, scratch
        from scipy.linalg import lapack  # type: ignore[import-untyped]

        solver: Any = lapack
        if items > self.config.max_items:
            raise ConfigurationError(
                f"ease: {items:,} items are more than max_items, {self.config.max_items:,}. Use item-knn, or a k-core."
            )
        x: Any = user_item_matrix(training, items)
        gram = np.asarray((x.T @ x).toarray(order="F"), np.float32)
        gram[np.diag_indices(items)] += self.config.regularisation
        # The Cholesky factor in place of the matrix, then the lower triangle of the inverse in place of the factor.
        factor, failed = solver.spotrf(gram, lower=1, overwrite_a=1)
        if failed:
            raise ConfigurationError("ease: the matrix is not positive definite; set a larger regularisation")
        inverse, _ = solver.spotri(factor, lower=1, overwrite_c=1)
        weights: Any = np.tril(inverse)
        weights += np.tril(weights, -1).T
        weights /= -np.diag(weights).copy()
        np.fill_diagonal(weights, 0.0)
        self._weights_II = np.ascontiguousarray(weights, np.float32)
        self._ties = tie_break(training, items)

    def scores(self, histories: Jagged) -> Floats:
        return np.asarray(user_item_matrix(histories, self.items) @ self._weights_II + self._ties, np.float32)

    def recommend(self, histories: Jagged, k: int, *, exclude_seen: bool = True) -> Recommendations:
        return by_scores(self, histories, k, exclude_seen=exclude_seen)

    def tensors(self) -> dict[str, Floats]:
        return {"weights": self._weights_II, "ties": self._ties}

    def restore(self, tensors: dict[str, Floats]) -> None:
        self._weights_II, self._ties = tensors["weights"], tensors["ties"]
