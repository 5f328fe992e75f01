"""Requests whose right lists are known: what rerankers are trained and measured on.

Shapes: B requests, P places of a pool, L items of a list.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import InputError
from pushgen.recommend.data.jagged import NONE, Ids, Jagged

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """B requests with the feedback of their pools and a list that was good, or was shown."""

    histories: Jagged
    """What the user had done, B rows, oldest first; a row may be empty."""
    pools: Ids
    """Items to choose from, shape (B, P), `NONE` where a pool is smaller."""
    feedback: Floats
    """1 where the user liked the item at that place, 0 where not or not known; shape (B, P)."""
    references: Ids
    """Places in the pool of a list to learn from, first item first, shape (B, L), `NONE` where it is shorter."""
    users: Ids
    """Number of each request's user, shape (B,); intervals resample over users."""

    def __post_init__(self) -> None:
        rows = {len(self.histories), len(self.pools), len(self.feedback), len(self.references), len(self.users)}
        if len(rows) != 1 or self.pools.shape != self.feedback.shape:
            raise InputError(
                field="examples",
                expected="a history, a pool, the feedback of that pool and a reference list for every request",
                found=f"{len(self.histories)} histories, pools {self.pools.shape}, feedback {self.feedback.shape}, "
                f"references {self.references.shape}, {len(self.users)} users",
                remedy="Build the examples with `pools.make_examples`.",
            )
        outside = (self.references < NONE) | (self.references >= self.pools.shape[1])
        if outside.any():
            raise InputError(
                row=int(outside.any(axis=1).argmax()) + 1,
                field="references",
                expected=f"places in the pool, 0 to {self.pools.shape[1] - 1}, or {NONE}",
                found=repr(int(self.references[outside][0])),
                remedy="A reference names places, not items.",
            )

    def __len__(self) -> int:
        """Number of requests, B."""
        return len(self.users)

    def take(self, rows: ArrayLike) -> "Examples":
        """The named requests in the named order."""
        chosen = np.asarray(rows, np.int64)
        return Examples(
            self.histories.take(chosen),
            self.pools[chosen],
            self.feedback[chosen],
            self.references[chosen],
            self.users[chosen],
        )

    def reordered(self, order: Ids) -> "Examples":
        """The same requests with place p of each pool taken from place `order[:, p]`, a permutation per row."""
        back = np.argsort(order, axis=1)
        there = self.references != NONE
        references = np.where(there, np.take_along_axis(back, np.where(there, self.references, 0), axis=1), NONE)
        return Examples(
            self.histories,
            np.take_along_axis(self.pools, order, axis=1),
            np.take_along_axis(self.feedback, order, axis=1),
            references,
            self.users,
        )

    def shuffled(self, seed: int) -> "Examples":
        """The same requests with the places of every pool in a random order."""
        draws = np.random.default_rng(seed).random(self.pools.shape)
        return self.reordered(np.argsort(draws, axis=1))


def first_copies(pools: Ids) -> NDArray[np.bool_]:
    """True where a pool has an item that does not stand at an earlier place of it, shape (B, P)."""
    order = np.argsort(pools, axis=1, kind="stable")
    ranked = np.take_along_axis(pools, order, axis=1)
    new = np.ones(pools.shape, np.bool_)
    new[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    first = np.empty_like(new)
    np.put_along_axis(first, order, new, axis=1)
    return first & (pools != NONE)
