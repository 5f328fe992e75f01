"""Small interaction logs on disk."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pushgen.manifest import Manifest
from pushgen.recommend.data.interactions import INTERACTIONS, ITEMS, Interactions, write_interactions

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def frame(rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows of (user, item, hours after noon or None, behaviour, value); what is left out is null."""
    users = pl.DataFrame(
        {
            "user_id": [row[0] for row in rows],
            "item_id": [row[1] for row in rows],
            "time": [NOON + timedelta(hours=row[2]) if len(row) > 2 and row[2] is not None else None for row in rows],
            "behaviour": [row[3] if len(row) > 3 else None for row in rows],
            "value": [row[4] if len(row) > 4 else None for row in rows],
        },
        schema_overrides={"time": INTERACTIONS.schema["time"], "behaviour": pl.String, "value": pl.Float64},
    )
    return users.with_columns(pl.int_range(pl.len()).over("user_id").alias("position"))


def write(path: Path, *parts: Sequence[tuple[Any, ...]]) -> Interactions:
    """A log of one part per argument; each holds whole users, in order."""
    frames = [frame(rows) for rows in parts]
    items = pl.concat([one.select("item_id") for one in frames]).unique()
    rows = sum(one.height for one in frames)
    manifest = Manifest(stage="test", configuration={}, inputs={}, rows_in=rows, rows_out=rows)
    return write_interactions(path, frames, ITEMS.conform(items), lambda: manifest)
