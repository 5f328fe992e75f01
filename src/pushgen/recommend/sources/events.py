"""Event tables: a row per view, click, purchase ... in CSV, JSONL or Parquet, by a column mapping."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pushgen.intake import ColumnMapping, read_batches
from pushgen.intake.sources import tabular_files
from pushgen.recommend.sources.source import EVENTS, Source, items_of


def events(
    paths: Sequence[Path],
    mapping: ColumnMapping | None = None,
    items: Path | None = None,
    item_mapping: ColumnMapping | None = None,
) -> Source:
    """Tables of `EVENTS`, whose own column names the mapping gives, and a table of items (`ITEM_ROWS`) if there is one.

    Raises `InputError` where there is nothing to read, `ConfigurationError` for a mapping that does not fit.
    """
    files = tuple(file for path in paths for file in tabular_files(path))
    tables = tuple(tabular_files(items)) if items else ()
    mapping, item_mapping = mapping or ColumnMapping(), item_mapping or ColumnMapping()
    mapping.check(EVENTS)
    return Source(
        kind="events",
        files=(*files, *tables),
        interactions=lambda options: (
            batch for file in files for batch in read_batches(file, EVENTS, mapping, options)
        ),
        items=items_of(tables, item_mapping),
        settings={"mapping": asdict(mapping), "item_mapping": asdict(item_mapping)},
    )
