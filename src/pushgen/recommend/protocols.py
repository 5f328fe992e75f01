"""What retrievers and rerankers have in common. Both work on raw histories, of users that training never saw.

Items are numbers of the model's catalogue, 0 to I - 1; `NONE` (-1) fills what is left of a row.

Shapes: B requests (users), I items of the catalogue, P places of a pool, k places of an answer.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pushgen.recommend.data.jagged import Ids, Jagged

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Requests whose right answers are known: what a user had done, and what that user then did."""

    histories: Jagged
    """What a model may see, B rows, oldest first; a row may be empty."""
    targets: Jagged
    """What it should find: distinct items, B rows, none of them empty."""
    users: Ids
    """Number of each request's user, shape (B,); intervals resample over users."""

    def __len__(self) -> int:
        """Number of requests, B."""
        return len(self.users)


@dataclass(frozen=True, slots=True, eq=False)
class Recommendations:
    """The best items of each request, best first."""

    items: Ids
    """Shape (B, k); no item twice in a row; `NONE` where fewer than k items are left."""
    scores: Floats
    """Shape (B, k), falling along a row; -inf where there is no item."""


@runtime_checkable
class Retriever(Protocol):
    """Items for a user out of the whole catalogue."""

    @property
    def name(self) -> str: ...

    @property
    def items(self) -> int:
        """Size of the catalogue, I; 0 before `fit`."""
        ...

    def fit(
        self, training: Jagged, *, items: int, validation: Cases | None = None, scratch: Path | None = None
    ) -> None:
        """Learns from the histories of the training users alone; `validation` only decides when to stop.

        `items` is the size of the catalogue; items without any interaction are allowed. A training that was killed
        goes on from its state in the folder `scratch`.
        """
        ...

    def scores(self, histories: Jagged) -> Floats:
        """How much each item suits each request, shape (B, I), finite, higher is better; any history may be empty.

        A row does not depend on the other rows. Only the order within a row has a meaning, unless the model says more.
        """
        ...

    def recommend(self, histories: Jagged, k: int, *, exclude_seen: bool = True) -> Recommendations:
        """The k best items of each request, by default none from its own history; ties go to the lower number."""
        ...


@runtime_checkable
class Reranker(Protocol):
    """The order of a small pool of items, which may be judged together."""

    @property
    def name(self) -> str: ...

    def rerank(self, histories: Jagged, pools: Ids, k: int) -> Ids:
        """The places in the pool of the k items to show, best first, shape (B, k).

        `pools` has the shape (B, P), item numbers, `NONE` where a pool is smaller; a pool may hold an item twice, the
        answer does not: it ends with `NONE` where the pool has fewer than k distinct items. The answer does not depend
        on the order of the pool, except between items that the model holds for equal.
        """
        ...
