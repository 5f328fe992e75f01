"""What the format readers yield: rows as the file has them, before they are held against a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pushgen.errors import InputError
from pushgen.intake.mapping import ColumnMapping
from pushgen.tables import REJECTS, Column, Table

ROW = "__row"
"""Column of data row numbers, from 1, in the frames of this package."""
SHOWN = 200
"""Characters of a bad value that a rejects table keeps."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The columns that a reader must fetch."""

    table: Table
    mapping: ColumnMapping
    sources: Mapping[str, str]
    """Table column = source column, for the columns that the file has."""

    def column(self, name: str) -> Column:
        return next(column for column in self.table.columns if column.name == name)


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Some rows of one file."""

    frame: pl.DataFrame
    """The wanted columns under their table names, as text or in the type of the file, and `ROW`."""
    rejects: pl.DataFrame
    """Rows that could not be told apart into fields."""
    wanted: Wanted
    nul_free: bool = False
    """Whether the reader knows that no text holds a NUL byte."""


def resolve(header: Sequence[str], table: Table, mapping: ColumnMapping, path: Path) -> Wanted:
    """Which source column feeds which table column.

    Raises `InputError` where a required column is missing, a mapped one is not there, or a wanted one is there twice.
    """
    sources: dict[str, str] = {}
    for column in table.columns:
        source = mapping.source(column.name)
        if source is None:
            continue
        if source in header:
            if list(header).count(source) > 1:
                raise InputError(
                    file=str(path),
                    field=source,
                    expected="every column name once",
                    found=f"{list(header).count(source)} columns of this name",
                    remedy="Rename all but one of them in the file's header.",
                )
            sources[column.name] = source
        elif column.required or column.name in mapping.columns:
            raise InputError(
                file=str(path),
                field=source,
                expected=f"a column {source!r}" + (f" for {column.name}" if source != column.name else ""),
                found=f"the columns {', '.join(header) or '(none)'}",
                remedy=f"Add it, or name the column that holds it: in the mapping file, [columns] {column.name} = ...",
            )
    return Wanted(table, mapping, sources)


def reject_rows(
    path: Path, rows: Sequence[int], reason: str, *, field: str | None = None, values: Sequence[str | None] = ()
) -> pl.DataFrame:
    """A rejects table with one reason."""
    return pl.DataFrame(
        {
            "file": [str(path)] * len(rows),
            "row": list(rows),
            "field": [field] * len(rows),
            "reason": [reason] * len(rows),
            "value": [value[:SHOWN] if value else value for value in values] or [None] * len(rows),
        },
        schema=REJECTS.schema,
    )


def no_rejects() -> pl.DataFrame:
    return REJECTS.schema.to_frame()
