"""From deliveries and events to counts: which click belongs to which push.

An event that names its delivery belongs to it; one that names user and push belongs to the latest delivery of that
push to that user before it. It counts where it falls into the window after sending, and once per delivery and kind.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import polars as pl

from pushgen.tables import INSTANT

SENT = pl.Schema(
    {"key": pl.String, "user_id": pl.String, "push_id": pl.String, "experiment_id": pl.String, "sent_at": INSTANT}
)
HAPPENED = pl.Schema({"kind": pl.String, "at": INSTANT, "user_id": pl.String, "key": pl.String, "push_id": pl.String})
COUNTED = {
    "impression": "impressions",
    "click": "clicks",
    "short_view": "short_views",
    "long_view": "long_views",
    "dislike": "dislikes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """How events are credited."""

    window_hours: float = 24.0
    """An event later than this after the push was sent is not credited to it."""
    impressions: Literal["sent", "seen"] = "sent"
    """What counts as an impression: every push that a provider accepted, or those that the app reported as seen."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """Counts, and what became of the events."""

    exposures: pl.DataFrame
    """push_id, experiment_id, the counts, and `started_at`, when the first was sent."""
    events: dict[str, int]
    """How many events were credited, repeated, outside the window, before the push, or without a delivery."""


def attribute(sent: pl.DataFrame, happened: pl.DataFrame, config: Attribution) -> Attributed:
    """Counts per push and experiment. `sent` has the columns of `SENT`, `happened` those of `HAPPENED`."""
    known = happened.filter(pl.col("kind").is_in(list(COUNTED)))
    named = known.filter(pl.col("key").is_not_null()).drop("push_id", "user_id").join(sent, on="key", how="left")
    loose = known.filter(pl.col("key").is_null()).drop("key").sort("at")
    by_user = ["user_id", "push_id"]
    guessed = loose.join_asof(
        sent.sort("sent_at"), left_on="at", right_on="sent_at", by=by_user, check_sortedness=False
    )
    columns = ["kind", "at", "key", "push_id", "experiment_id", "sent_at"]
    found = pl.concat([named.select(columns), guessed.select(columns)])
    linked = found.filter(pl.col("sent_at").is_not_null())
    age = pl.col("at") - pl.col("sent_at")
    early = linked.filter(age < timedelta())
    late = linked.filter(age > timedelta(hours=config.window_hours))
    inside = linked.filter(age.is_between(timedelta(), timedelta(hours=config.window_hours)))
    once = inside.unique(["key", "kind"])
    arm = ["push_id", "experiment_id"]
    counts = once.group_by(arm).agg(
        *((pl.col("kind") == kind).sum().cast(pl.Int64).alias(name) for kind, name in COUNTED.items())
    )
    base = sent.group_by(arm).agg(pl.len().cast(pl.Int64).alias("sent"), pl.col("sent_at").min().alias("started_at"))
    exposures = base.join(counts, on=arm, how="left", nulls_equal=True).with_columns(
        pl.col(list(COUNTED.values())).fill_null(0)
    )
    if config.impressions == "sent":
        exposures = exposures.with_columns(pl.col("sent").alias("impressions"))
    return Attributed(
        exposures.drop("sent").sort(arm),
        {
            "credited": once.height,
            "repeated": inside.height - once.height,
            "outside the window": late.height,
            "before the push": early.height,
            "without a delivery": found.height - linked.height,
        },
    )
