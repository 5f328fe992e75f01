"""Implicit alternating least squares (Hu, Koren and Volinsky, ICDM 2008), trained by the library `implicit`.

A user is folded in from the history alone (equation 4):

    x = (Y^T Y + Y_h^T (alpha - 1) Y_h + lambda I)^-1 alpha Y_h^T 1

with Y the item factors and Y_h those of the history, so that users of training and new ones are treated alike and
serving needs no library.

Shapes: B requests, I items, F factors.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pushgen.errors import ConfigurationError, MissingExtraError
from pushgen.recommend.data.jagged import Jagged
from pushgen.recommend.protocols import Cases, Floats, Recommendations
from pushgen.recommend.retrieve.sparse import user_item_matrix
from pushgen.recommend.retrieve.ties import tie_break
from pushgen.recommend.retrieve.top import by_scores


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsConfig:
    """Settings of implicit ALS."""

    factors: int = 128
    """Width of user and item vectors, F."""
    regularisation: float = 0.1
    """Lambda."""
    alpha: float = 10.0
    """Confidence of an interaction; everything else has 1."""
    iterations: int = 15
    """Alternations."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.factors < 1 or self.regularisation <= 0 or self.alpha <= 0 or self.iterations < 1:
            raise ConfigurationError("als: factors and iterations from 1, regularisation and alpha above 0")


class Als:
    """Inner products of user and item factors."""

    kind: ClassVar[str] = "als"

    def __init__(self, config: AlsConfig | None = None) -> None:
        self.config = config or AlsConfig()
        self._factors_IF = np.empty((0, 0), np.float32)
        self._ties = np.empty(0, np.float32)

    @property
    def name(self) -> str:
        return self.kind

    @property
    def items(self) -> int:
        return len(self._factors_IF)

    def fit(
        self, training: Jagged, *, items: int, validation: Cases | None = None, scratch: Path | None = None
    ) -> None:
        """Raises `MissingExtraError` where implicit is not installed."""
        del validation, scratch
        try:
            from implicit.cpu import als  # type: ignore[import-not-found, import-untyped]
        except ImportError as error:
            raise MissingExtraError("implicit", "recommend", "training of ALS") from error
        from threadpoolctl import threadpool_limits

        config = self.config
        model: Any = als.AlternatingLeastSquares(
            factors=config.factors, regularization=config.regularisation, alpha=config.alpha,
            iterations=config.iterations, random_state=config.seed, use_cg=True, num_threads=1,
        )  # fmt: skip
        # Threads of the matrix library under those of implicit slow both down, and one thread is reproducible.
        with threadpool_limits(1, "blas"):
            model.fit(user_item_matrix(training, items), show_progress=False)
        self._factors_IF = np.asarray(model.item_factors, np.float32)
        self._ties = tie_break(training, items)

    def users(self, histories: Jagged) -> Floats:
        """User vectors of shape (B, F); zero for an empty history."""
        factors, config = self._factors_IF.astype(np.float64), self.config
        gram = factors.T @ factors + config.regularisation * np.eye(factors.shape[1])
        found = np.zeros((len(histories), factors.shape[1]), np.float32)
        for row, history in enumerate(histories):
            if len(history):
                own = factors[np.unique(history)]
                left = gram + (config.alpha - 1.0) * own.T @ own
                found[row] = np.linalg.solve(left, config.alpha * own.sum(axis=0))
        return found

    def scores(self, histories: Jagged) -> Floats:
        return self.users(histories) @ self._factors_IF.T + self._ties

    def recommend(self, histories: Jagged, k: int, *, exclude_seen: bool = True) -> Recommendations:
        return by_scores(self, histories, k, exclude_seen=exclude_seen)

    def tensors(self) -> dict[str, Floats]:
        return {"factors": self._factors_IF, "ties": self._ties}

    def restore(self, tensors: dict[str, Floats]) -> None:
        self._factors_IF, self._ties = tensors["factors"], tensors["ties"]
