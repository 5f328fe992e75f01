"""What a reader of foreign interaction data yields, and the two shapes that all data are brought into first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pushgen.intake import Batch, ColumnMapping, ReadOptions, read_batches
from pushgen.tables import INSTANT, Column, Table

EVENTS = Table(
    "interaction rows",
    (
        Column("user_id", pl.String, required=True),
        Column("item_id", pl.String, required=True),
        Column("time", INSTANT),
        Column("seconds", pl.Float64, minimum=0.0),
        Column("milliseconds", pl.Float64, minimum=0.0),
        Column("position", pl.Int64),
        Column("behaviour", pl.String),
        Column("value", pl.Float64),
    ),
    (),
)
"""One row per interaction. The moment is a date in `time`, or Unix time in `seconds` or `milliseconds`; where there is
none, `position` orders a user's rows, and the order of the file does where there is neither."""
ITEM_ROWS = Table(
    "item rows",
    (
        Column("item_id", pl.String, required=True),
        Column("title", pl.String),
        Column("text", pl.String),
        Column("attributes", pl.String),
    ),
    ("item_id",),
)
"""One row per item; `attributes` is a JSON list or words between `|`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Interactions and items of one data set."""

    kind: str
    files: tuple[Path, ...]
    """All files that are read."""
    interactions: Callable[[ReadOptions], Iterator[Batch]]
    """Rows of `EVENTS`."""
    items: Callable[[ReadOptions], Iterator[Batch]]
    """Rows of `ITEM_ROWS`; may yield nothing."""
    licence: str = ""
    """Terms under which data of this kind are published; empty where only the user knows."""
    notes: tuple[str, ...] = ()
    """What the user must know about data of this kind."""
    settings: dict[str, Any]
    """What decides how the files are read, for the manifest."""


def items_of(files: tuple[Path, ...], mapping: ColumnMapping) -> Callable[[ReadOptions], Iterator[Batch]]:
    """Items out of CSV, JSONL or Parquet tables."""

    def rows(options: ReadOptions) -> Iterator[Batch]:
        for file in files:
            yield from read_batches(file, ITEM_ROWS, mapping, options)

    return rows
