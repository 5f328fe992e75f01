"""An experiment that runs in the database, as the analysis wants it: pushes sent and events, per user."""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from pushgen.errors import InputError
from pushgen.experiments.events import EVENTS, KINDS, count_events
from pushgen.experiments.observations import BROKEN_SHARE, Check, Observations, State, observe
from pushgen.store import Transaction
from pushgen.tables import INSTANT

PAGE = 20_000
_SENT = pl.Schema({"event_id": pl.String, "user_id": pl.String, "arm": pl.String, "at": INSTANT})
_HAPPENED = pl.Schema(
    {"event_id": pl.String, "event": pl.String, "at": INSTANT, "user_id": pl.String, "arm": pl.String}
)


def observe_store(tx: Transaction, experiment_id: str) -> Observations:
    """Counts per user of one experiment; its arms are named by their push ids, in the order of the arms.

    Every push that a provider accepted is an impression; where pushes were sent by somebody else, those are that the
    app reported. Raises `InputError` where fewer than two arms were seen.
    """
    arms = [arm.push_id for arm in tx.arms.of(experiment_id)]
    sent = _pages(
        lambda after: [
            (key, user, push, at)
            for key, user, push, at in tx.deliveries.of_experiment(experiment_id, after=after, limit=PAGE)
        ],
        _SENT,
    )
    happened = _pages(lambda after: tx.events.of_experiment(experiment_id, arms, after=after, limit=PAGE), _HAPPENED)
    if sent.height:
        happened = happened.filter(pl.col("event") != "impression")
    shown = sent.with_columns(pl.lit("impression").alias("event"))
    events = pl.concat([shown, happened.filter(pl.col("event").is_in(list(KINDS)))], how="diagonal")
    named = events.filter(pl.col("user_id").is_not_null())
    counted = count_events(EVENTS.conform(named))
    faults = counted.faults | {"events without a user": events.height - named.height}
    frame = counted.frame.join(pl.DataFrame({"arm": arms, "place": range(len(arms))}), on="arm", how="left")
    if frame.is_empty():
        raise InputError(
            expected="pushes of the experiment that were sent, or impressions of them",
            found="none",
            remedy="Send pushes with the experiment_id, or report impressions with the ids of its pushes.",
        )
    checks = [_check(name, count, events.height) for name, count in faults.items() if count]
    unseen = [arm for arm in arms if not (counted.frame["arm"] == arm).any()]
    if unseen:
        words = f"no impression reached {', '.join(unseen)}, which should have had a part of the traffic"
        checks.append(Check(name="arms without traffic", state="broken", words=words))
    return observe(frame.sort("place", "user_id").drop("place"), experiment_id, checks=checks)


def _check(name: str, count: int, events: int) -> Check:
    state: State = "broken" if count > BROKEN_SHARE * events else "warning"
    return Check(name=name, state=state, words=f"{count:,} of {events:,} events left out")


def _pages(read: Callable[[str], Sequence[Any]], schema: pl.Schema) -> pl.DataFrame:
    parts, after = [schema.to_frame()], ""
    while rows := read(after):
        parts.append(pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row"))
        after = rows[-1][0]
    return pl.concat(parts)
