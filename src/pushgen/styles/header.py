"""A table with all the columns of a foreign file, so that a table with labels can keep them."""

from pathlib import Path

import polars as pl

from pushgen.errors import InputError
from pushgen.intake.header import column_types
from pushgen.tables import Column, Table


def table_of(path: Path, text_column: str) -> Table:
    """A table with every column of the file, the text column required; CSV and JSONL columns are texts.

    Raises `InputError` where the file has no such column.
    """
    types = column_types(path)
    if text_column not in types:
        raise InputError(
            file=str(path),
            field=text_column,
            expected=f"a column {text_column!r} with the texts",
            found=f"the columns {', '.join(types) or '(none)'}",
            remedy="Name the column with --column.",
        )
    types[text_column] = pl.String
    return Table("texts", tuple(Column(name, dtype, name == text_column) for name, dtype in types.items()), ())
