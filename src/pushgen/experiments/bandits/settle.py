"""From events to the tally of a live bandit: what is settled, what is pending, and what cannot be counted.

A click belongs to the last impression of its user in its arm that came before it, within the click window; each
impression has one click at most. An impression is settled once its window is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from pushgen.errors import ConfigurationError, InputError
from pushgen.experiments.bandits.tally import Tally
from pushgen.experiments.events import TOLERANCE


@dataclass(frozen=True, slots=True)
class Settled:
    """The tally of one experiment at a moment."""

    tally: Tally
    faults: dict[str, int]
    """Impressions and clicks left out, by reason; with those counted, and clicks still open, they are all."""


def tally_events(events: pl.DataFrame, arms: Sequence[str], now: datetime, window: timedelta) -> Settled:
    """Counts `events.EVENTS` up to `now` for the arms in the order given; an arm without events has zeros.

    Of events with one id the first counts. Left out and counted are events of unknown arms, events later than `now`
    by more than `TOLERANCE` (a clock that runs ahead or backwards), clicks without an impression before them, after its
    window, or beyond its first. Other kinds of events are none of a bandit's business. Raises `InputError` for
    impressions or clicks without a user or a time.
    """
    if not arms or len(set(arms)) < len(arms) or window <= timedelta(0):
        raise ConfigurationError(f"expected different arms and a window above 0, found {list(arms)!r} and {window!r}")
    seen = events.filter(pl.col("event").is_in(["impression", "click"]))
    if seen.select(pl.any_horizontal(pl.col("event_id", "user_id", "arm", "at").is_null()).any()).item():
        raise InputError(
            field="at",
            expected="event_id, user_id, arm and at in every impression and click",
            found="a row without one of them",
            remedy="Read the file with `experiment analyze`, which names its bad rows.",
        )
    once = seen.unique("event_id", keep="first", maintain_order=True)
    known = once.filter(pl.col("arm").is_in(list(arms)))
    past = known.filter(pl.col("at") <= now + TOLERANCE)
    shown = past.filter(event="impression").sort("at", "event_id").select("event_id", "user_id", "arm", "at")
    # Clocks of devices and servers differ: a click a little before its impression is one after it.
    clicks = past.filter(event="click").with_columns(late=pl.col("at") + TOLERANCE).sort("late", "event_id")
    matched = clicks.join_asof(
        shown.rename({"event_id": "impression", "at": "shown_at"}).with_columns(late=pl.col("shown_at")),
        on="late",
        by=["user_id", "arm"],
        check_sortedness=False,
    )
    owned = matched.filter(pl.col("impression").is_not_null())
    timely = owned.filter(pl.col("at") <= pl.col("shown_at") + window)
    hit = timely.unique("impression", keep="first", maintain_order=True)
    over = shown.with_columns(
        over=pl.col("at") + window <= now, hit=pl.col("event_id").is_in(hit["impression"].implode())
    )

    def count(rows: pl.DataFrame) -> list[int]:
        found = dict(rows.group_by("arm").len().iter_rows())
        return [int(found.get(arm, 0)) for arm in arms]

    tally = Tally(
        shown=np.array([count(over.filter("over"))], np.int64),
        clicks=np.array([count(over.filter(pl.col("over") & pl.col("hit")))], np.int64),
        pending=np.array([count(over.filter(~pl.col("over")))], np.int64),
    )
    faults = {
        "repeated event ids": seen.height - once.height,
        "events of unknown arms": once.height - known.height,
        "events later than now": known.height - past.height,
        "clicks without an impression before them": matched.height - owned.height,
        "clicks after their window": owned.height - timely.height,
        "clicks beyond the first of an impression": timely.height - hit.height,
    }
    return Settled(tally, faults)
