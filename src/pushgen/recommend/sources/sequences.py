"""Sequence files, the form of sequential recommenders' data: a line per user, `user item item ...`, oldest first."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pushgen.errors import InputError
from pushgen.intake import Batch, ColumnMapping, ReadOptions
from pushgen.intake.raw import ROW, no_rejects, reject_rows
from pushgen.recommend.sources.plain_text import lines
from pushgen.recommend.sources.source import EVENTS, Source, items_of

NO_ITEMS = "a user without items"
_ITEMS = ColumnMapping(optional={"attributes": "attribute_ids"})


def sequences(path: Path) -> Source:
    """A file of sequences, or a folder with `sequences.txt` and, if there, a table of items (`items.jsonl`, .csv ...).

    Raises `InputError` where there is none.
    """
    file = path / "sequences.txt" if path.is_dir() else path
    if not file.is_file():
        raise InputError(
            file=str(path),
            expected="a file of lines `user item item ...`, or a folder with sequences.txt in it",
            found="a folder without it" if path.is_dir() else "nothing there",
            remedy="Check the path, or give the file itself.",
        )
    tables = [path / f"items{ending}" for ending in (".jsonl", ".csv", ".parquet")] if path.is_dir() else []
    items = tuple(table for table in tables if table.is_file())[:1]
    return Source(
        kind="sequences",
        files=(file, *items),
        interactions=lambda options: _rows(file, options),
        items=items_of(items, _ITEMS),
        notes=("Sequences have an order and no times: a split by time is not possible.",),
        settings={},
    )


def _rows(file: Path, options: ReadOptions) -> Iterator[Batch]:
    row = 0
    for block in lines(file, options):
        words = pl.DataFrame({"words": block.str.strip_chars().str.replace_all(r"\s+", " ").str.split(" ")})
        words = words.with_columns(pl.arange(row + 1, row + 1 + len(block)).alias(ROW))
        row += len(block)
        words = words.filter(pl.col("words").list.join("") != "")
        short = words.filter(pl.col("words").list.len() < 2)
        rejects = no_rejects()
        if short.height:
            rejects = reject_rows(file, short[ROW].to_list(), NO_ITEMS, values=short["words"].list.first().to_list())
        items = words.filter(pl.col("words").list.len() >= 2).select(
            pl.col("words").list.first().alias("user_id"),
            pl.col("words").list.slice(1).alias("item_id"),
            pl.int_ranges(0, pl.col("words").list.len() - 1).alias("position"),
            ROW,
        )
        good = items.explode("item_id", "position").select(
            *(pl.col(name) if name in items.columns else pl.lit(None).alias(name) for name in EVENTS.names), ROW
        )
        good = good.cast(EVENTS.schema)
        yield Batch(good, rejects, file, good.height)
