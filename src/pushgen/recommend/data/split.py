"""Training, validation and test out of one log, and what each way to split lets leak.

Every split is two cuts through each user's history: training ends at the first, validation lies between the two, the
test lies behind the second. A case's history is all that lies before its targets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from pushgen.errors import ConfigurationError, InputError
from pushgen.recommend.data.catalogue import Catalogue
from pushgen.recommend.data.filter import FilterConfig, filtered
from pushgen.recommend.data.histories import Histories, histories
from pushgen.recommend.data.interactions import Interactions
from pushgen.recommend.data.jagged import Ids, Jagged
from pushgen.recommend.protocols import Cases
from pushgen.splits import position

SplitKind = Literal["temporal", "leave-one-out", "ratio", "users"]
LEAKS: Mapping[SplitKind, str] = {
    "temporal": "Nothing of the future but the list of items: training ends before validation begins, and validation "
    "before the test.",
    "leave-one-out": "Time: training holds what other users did after a user's test item, so trends and new items are "
    "known ahead. Only users with three or more interactions are tested.",
    "ratio": "Time: training holds what other users did during and after a user's test, so trends and new items are "
    "known ahead.",
    "users": "Time: training holds what other users did during and after a user's test. Tested users are new to the "
    "model, so nothing of themselves leaks.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitConfig:
    """How a log is split."""

    kind: SplitKind = "temporal"
    """`temporal`: two moments for all users. `leave-one-out`: the last item tests, the one before validates. `ratio`:
    shares of each user's history. `users`: shares of the users, whose late part is to be found from the early one."""
    validation: float = 0.1
    """Share of interactions, of each history or of users that validates; not for `leave-one-out`."""
    test: float = 0.1
    """The same for the test."""
    given: float = 0.8
    """With `users`: share of a history that a case shows."""
    repeats: bool = False
    """Whether an item that stands in the case's history may be a target; if not, models leave the history out."""

    def __post_init__(self) -> None:
        if not (0 < self.validation < 1 and 0 < self.test < 1 and self.validation + self.test < 1):
            raise ConfigurationError("split: validation and test must be shares above 0 that leave some for training")
        if not 0 < self.given < 1:
            raise ConfigurationError(f"split: given must lie between 0 and 1, found {self.given!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One log, split."""

    config: SplitConfig
    leaks: str
    """What this way to split lets the model know that it could not know in earnest."""
    catalogue: Catalogue
    user_ids: pl.Series
    """Shape (U,): the number of a user is the place here."""
    training: Jagged
    """Histories that a model may learn from; users without one are left out."""
    training_users: Ids
    """Number of each training history's user."""
    validation: Cases
    """For early stopping and the choice of settings."""
    test: Cases
    """For the last figure alone."""
    counts: Mapping[str, int]
    """What was left out, by reason."""


def split(log: Interactions, filter: FilterConfig | None = None, config: SplitConfig | None = None) -> Split:
    """Filters and splits a log. The same log and configurations give the same split.

    Raises `InputError` where a temporal split is asked of a log without times, or nothing can be tested.
    """
    config = config or SplitConfig()
    kept = filtered(log, filter or FilterConfig())
    if config.kind == "temporal" and (untimed := _untimed(log)):
        raise InputError(
            file=str(log.path),
            field="time",
            expected="a time for every interaction, which a temporal split needs",
            found=f"{untimed} interactions without",
            remedy="Split with --split.kind leave-one-out or ratio, and mind what they leak.",
        )
    found = split_histories(histories(kept, times=not _untimed(log)), config)
    if not len(found.test):
        raise InputError(
            file=str(log.path),
            expected="users with something to find in the test part",
            found=f"none among {len(found.user_ids)} users",
            remedy="Use more data, a larger share for the test, or another split.",
        )
    return found


def split_histories(whole: Histories, config: SplitConfig) -> Split:
    """Splits histories that are in memory; `temporal` needs their `time`."""
    counts: dict[str, int] = {}
    rows, lengths = whole.items, whole.items.lengths
    first, second = _cuts(rows, config)
    everyone = np.arange(len(rows))
    trained, validated, tested = everyone, everyone, everyone
    if config.kind == "users":
        place = np.array([position(user_id, "recommend-users") for user_id in whole.user_ids])
        tested = everyone[place < config.test]
        validated = everyone[(place >= config.test) & (place < config.test + config.validation)]
        trained = everyone[place >= config.test + config.validation]
        first[trained] = lengths[trained]
        second[validated] = lengths[validated]
    training = rows.take(trained).head(first[trained])
    filled = training.lengths > 0
    return Split(
        config=config,
        leaks=LEAKS[config.kind],
        catalogue=whole.catalogue,
        user_ids=whole.user_ids,
        training=training.take(np.flatnonzero(filled)),
        training_users=trained[filled],
        validation=_cases(rows, validated, first, second, config, counts, "validation"),
        test=_cases(rows, tested, second, lengths, config, counts, "test"),
        counts=counts,
    )


def _cuts(rows: Jagged, config: SplitConfig) -> tuple[Ids, Ids]:
    """Where validation and test begin in each row, both of shape (U,)."""
    lengths = rows.lengths
    if config.kind == "temporal":
        times = rows.beside["time"]
        moments = np.quantile(times, [1 - config.validation - config.test, 1 - config.test], method="higher")
        before = [np.bincount(rows.rows[times < moment], minlength=len(rows)) for moment in moments]
        return before[0], before[1]
    if config.kind == "leave-one-out":
        long = lengths >= 3
        return np.where(long, lengths - 2, lengths), np.where(long, lengths - 1, lengths)
    if config.kind == "ratio":
        shares = (1 - config.validation - config.test, 1 - config.test)
        first, second = (np.ceil(lengths * share - 1e-9).astype(np.int64) for share in shares)
        return first, second
    shown = np.ceil(lengths * config.given - 1e-9).astype(np.int64)
    return shown, shown.copy()


def _cases(
    rows: Jagged, users: Ids, begin: Ids, end: Ids, config: SplitConfig, counts: dict[str, int], name: str
) -> Cases:
    """Cases whose targets lie from `begin` to `end`, both of shape (U,)."""
    seen = rows.take(users).head(begin[users])
    ahead = rows.take(users).head(end[users]).tail(end[users] - begin[users])
    targets = ahead.where(_first_in_row(ahead))
    counts[f"{name}: the same target again"] = len(ahead.values) - len(targets.values)
    if not config.repeats:
        fresh = ~contained(targets, seen)
        counts[f"{name}: target stands in the history"] = int((~fresh).sum())
        targets = targets.where(fresh)
    empty = targets.lengths == 0
    unknown = (seen.lengths == 0) & ~empty
    counts[f"{name}: user without target"] = int(empty.sum())
    counts[f"{name}: user without history"] = int(unknown.sum())
    kept = np.flatnonzero(~empty & ~unknown)
    return Cases(histories=seen.take(kept), targets=targets.take(kept), users=users[kept])


def contained(rows: Jagged, others: Jagged) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each value of `rows`, shape (N,), stands in the same row of `others`."""
    span = int(max(rows.values.max(initial=0), others.values.max(initial=0))) + 1
    return np.isin(rows.rows * span + rows.values, others.rows * span + others.values)


def _first_in_row(rows: Jagged) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    span = int(rows.values.max(initial=0)) + 1
    _, first = np.unique(rows.rows * span + rows.values, return_index=True)
    kept = np.zeros(len(rows.values), bool)
    kept[first] = True
    return kept


def _untimed(log: Interactions) -> int:
    return int(log.scan().select(pl.col("time").null_count()).collect(engine="streaming").item())
