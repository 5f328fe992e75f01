"""The same items for everybody: those that most users have. What every other model must beat."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from pushgen.recommend.data.jagged import Jagged
from pushgen.recommend.protocols import Cases, Floats, Recommendations
from pushgen.recommend.retrieve.sparse import user_item_matrix
from pushgen.recommend.retrieve.top import by_scores


@dataclass(frozen=True, slots=True, kw_only=True)
class PopularityConfig:
    """Nothing to set."""


class Popularity:
    """Scores an item by the number of training users who have it."""

    kind: ClassVar[str] = "popularity"

    def __init__(self, config: PopularityConfig | None = None) -> None:
        self.config = config or PopularityConfig()
        self._users = np.empty(0, np.float32)

    @property
    def name(self) -> str:
        return self.kind

    @property
    def items(self) -> int:
        return len(self._users)

    def fit(
        self, training: Jagged, *, items: int, validation: Cases | None = None, scratch: Path | None = None
    ) -> None:
        del validation, scratch
        self._users = np.asarray(user_item_matrix(training, items).sum(axis=0), np.float32).reshape(-1)

    def scores(self, histories: Jagged) -> Floats:
        return np.tile(self._users, (len(histories), 1))

    def recommend(self, histories: Jagged, k: int, *, exclude_seen: bool = True) -> Recommendations:
        return by_scores(self, histories, k, exclude_seen=exclude_seen)

    def tensors(self) -> dict[str, Floats]:
        return {"users": self._users}

    def restore(self, tensors: dict[str, Floats]) -> None:
        self._users = tensors["users"]
