"""From events to counts per user: duplicates, clocks that run backwards, clicks without an impression."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from pushgen.errors import InputError
from pushgen.tables import INSTANT, Column, Table

KINDS = {
    "impression": "impressions",
    "click": "clicks",
    "dislike": "dislikes",
    "opt_out": "opt_outs",
    "uninstall": "uninstalls",
}
EVENTS = Table(
    "events",
    (
        Column("event_id", pl.String, required=True),
        Column("user_id", pl.String, required=True),
        Column("arm", pl.String, required=True),
        Column("event", pl.String, required=True),
        Column("at", INSTANT, required=True),
        Column("experiment_id", pl.String),
    ),
    ("event_id",),
)
"""One row per event; of rows with the same event_id the first counts."""
TOLERANCE = timedelta(minutes=5)
"""How far the clocks of devices and servers may differ before a click counts as earlier than its impression."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts per user, arm and day of the user's first impression, and the events that were left out."""

    frame: pl.DataFrame
    faults: dict[str, int]
    """Events left out, by reason; with the counted ones they are all events."""


def count_events(events: pl.DataFrame, segments: Sequence[str] = ()) -> Counted:
    """Sums events up to users, in whatever order they come.

    An event other than an impression counts only for a user who has an impression in that arm, and not more than
    `TOLERANCE` before the first one: such a clock runs backwards or the event belongs to something else. Clicks beyond
    a user's impressions are left out. A user's segment is that of the first event. Raises `InputError` for an unknown
    kind of event.
    """
    strange = events.filter(~pl.col("event").is_in(list(KINDS)))
    if strange.height:
        raise InputError(
            field="event",
            expected=f"one of {', '.join(KINDS)}",
            found=f"{strange['event'][0]!r} in {strange.height} rows",
            remedy="Rename or leave out other kinds of events.",
        )
    events = events.sort("at", "event_id")
    who = ["user_id", "arm"]
    first = events.filter(event="impression").group_by(who).agg(pl.col("at").min().alias("first"))
    placed = events.join(first, on=who, how="left", maintain_order="left")
    unseen = placed["first"].is_null()
    early = (placed["at"] < placed["first"] - TOLERANCE).fill_null(False)
    good = placed.filter(~unseen & ~early)
    counts = [(pl.col("event") == kind).sum().cast(pl.Int64).alias(name) for kind, name in KINDS.items()]
    frame = good.group_by(who, maintain_order=True).agg(
        *counts,
        pl.col("first").first().alias("date"),
        pl.col("experiment_id").first(),
        *(pl.col(name).drop_nulls().first() for name in segments),
    )
    excess = int((frame["clicks"] - frame["impressions"]).clip(lower_bound=0).sum())
    frame = frame.with_columns(
        pl.min_horizontal("clicks", "impressions").alias("clicks"),
        pl.lit(None, pl.Float64).alias("before"),
        pl.lit(None, pl.Float64).alias("value"),
    )
    faults = {
        "events without an impression": int(unseen.sum()),
        "events before their impression": int(early.sum()),
        "clicks beyond the impressions": excess,
    }
    return Counted(frame, faults)
