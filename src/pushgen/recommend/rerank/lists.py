"""Lists that users chose themselves: the next L items of a history, and what the user had done before.

The last L items of a history are for the test, the L before them for validation, and training sees what lies before
those: as many whole lists as a history has room for, counted back from there. Who has fewer than 2 L items trains
alone. This is the task of the reranking papers
(GoalRank, arXiv 2509.22046: the last six interactions of a user) for logs that hold an order and no times.

Shapes: U users, L items of a list.
"""

from dataclasses import dataclass

import numpy as np

from pushgen.errors import ConfigurationError
from pushgen.recommend.data.jagged import Ids, Jagged, concatenate
from pushgen.recommend.protocols import Cases
from pushgen.recommend.rerank.examples import first_copies

LEAKS = (
    "Time: training holds what other users did during and after a user's test list, so trends and new items are known "
    "ahead."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListConfig:
    """How histories become lists."""

    length: int = 6
    """Items of a list, L."""
    windows: int = 4
    """Lists per user for training, at most; the newest are taken."""
    context: int = 1
    """Items that must lie before a list for training, at least; validation and test take any history."""

    def __post_init__(self) -> None:
        if self.length < 1 or self.windows < 1 or self.context < 0:
            raise ConfigurationError("lists: length and windows must be at least 1, context not negative")


@dataclass(frozen=True, slots=True, eq=False)
class ListSplit:
    """Lists for training, validation and test, and the histories that a retriever may learn from."""

    training: Jagged
    """What users did before validation, all users; those with too short a history whole. Shape (U, ...)."""
    training_users: Ids
    """Number of each training history's user, shape (U,)."""
    lists: Cases
    """For the training of a reranker."""
    validation: Cases
    test: Cases
    users: int
    """Users with at least 2 L interactions, who validate and test."""


def split_lists(histories: Jagged, config: ListConfig | None = None) -> ListSplit:
    """Splits whole histories, one row per user, oldest first. Users with fewer than 2 L interactions only train."""
    config = config or ListConfig()
    length, lengths = config.length, histories.lengths
    long = np.flatnonzero(lengths >= 2 * length)
    cut = lengths.copy()
    cut[long] -= 2 * length
    parts: list[Cases] = []
    for back in range(config.windows):
        end = cut - back * length
        rows = np.flatnonzero(end >= length + config.context)
        parts.append(_cases(histories, rows, end[rows], length))
    return ListSplit(
        training=histories.head(cut),
        training_users=np.arange(len(histories)),
        lists=Cases(
            histories=concatenate([part.histories for part in parts]),
            targets=concatenate([part.targets for part in parts]),
            users=np.concatenate([part.users for part in parts]),
        ),
        validation=_cases(histories, long, lengths[long] - length, length),
        test=_cases(histories, long, lengths[long], length),
        users=len(long),
    )


def _cases(histories: Jagged, users: Ids, end: Ids, length: int) -> Cases:
    """The lists of some users that end before `end`, one per user; an item that comes twice is one target."""
    shown = histories.take(users).head(end)
    targets = shown.tail(length)
    once = first_copies(targets.values.reshape(-1, length)).ravel()
    return Cases(histories=shown.head(end - length), targets=targets.where(once), users=users)
