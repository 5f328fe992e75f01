"""The one shape that every foreign log is brought into before it is split into contents, pushes and exposures."""

import polars as pl

from pushgen.intake.validate import Rule
from pushgen.tables import INSTANT, Column, Table

COUNTS = ("impressions", "clicks", "short_views", "long_views", "dislikes")

WIDE = Table(
    "log rows",
    (
        Column("content_id", pl.String, required=True),
        *(Column(name, pl.String) for name in ("content_title", "caption", "content_media", "language", "category")),
        Column("created_at", INSTANT),
        *(Column(name, pl.String) for name in ("push_id", "arm_id", "title")),
        Column("body", pl.String, required=True),
        *(Column(name, pl.String) for name in ("media", "style", "link")),
        Column("expires_at", INSTANT),
        Column("experiment_id", pl.String),
        Column("started_at", INSTANT),
        *(Column(name, pl.Int64, minimum=0) for name in COUNTS),
        Column("rate", pl.Float64, minimum=0.0, maximum=1.0),
        Column("stated_winner", pl.Int64, minimum=0, maximum=1),
        Column("stated_confidence", pl.Float64, minimum=0.0, maximum=1.0),
    ),
    (),
)
"""One row per push, experiment and slice (day, hour, user: any), or per view with `impressions = 1`.

`content_title` and `content_media` belong to the content, `title`, `body` and `media` to the push. `arm_id` tells the
arms of an experiment apart as the source published them; without it an arm is a distinct push.
"""

IMPOSSIBLE = (
    Rule("clicks", "clicks above impressions", pl.col("clicks") > pl.col("impressions")),
    Rule("short_views", "short views above clicks", pl.col("short_views") > pl.col("clicks")),
    Rule("long_views", "long views above clicks", pl.col("long_views") > pl.col("clicks")),
    Rule("dislikes", "dislikes above impressions", pl.col("dislikes") > pl.col("impressions")),
)
"""Counts that cannot be; such rows are rejected."""
