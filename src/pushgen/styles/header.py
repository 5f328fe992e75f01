"""The columns that a foreign file has, so that a table with labels can keep them all."""

import csv
import io
import json
from pathlib import Path
from typing import cast

import polars as pl

from pushgen.errors import InputError
from pushgen.intake.sources import blocks, kind_of
from pushgen.tables import Column, Table

_HEAD = 1 << 20
_LINES = 1000


def table_of(path: Path, text_column: str) -> Table:
    """A table with every column of the file, the text column required; CSV and JSONL columns are texts.

    Raises `InputError` where the file has no such column.
    """
    kind = kind_of(path)
    types: dict[str, pl.DataType | type[pl.DataType]] = {}
    if kind == "parquet":
        try:
            types = dict(pl.read_parquet_schema(path))
        except (pl.exceptions.PolarsError, OSError) as error:
            raise InputError(
                file=str(path),
                expected="a readable Parquet file",
                found=str(error).splitlines()[0],
                remedy="The file is cut off or damaged: fetch or write it again.",
            ) from error
    else:
        head = next(blocks(path, _HEAD), b"").decode("utf-8", "replace")
        names = _csv_names(head, path) if kind == "csv" else _json_names(head)
        types = dict.fromkeys(names, pl.String)
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


def _csv_names(head: str, path: Path) -> list[str]:
    delimiter = "\t" if ".tsv" in [suffix.lower() for suffix in path.suffixes] else ","
    try:
        return next(csv.reader(io.StringIO(head), delimiter=delimiter), [])
    except csv.Error:
        return []


def _json_names(head: str) -> list[str]:
    names: dict[str, None] = {}
    for line in head.split("\n")[:_LINES]:
        try:
            value: object = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            names.update(dict.fromkeys(str(key) for key in cast(dict[object, object], value)))
    return list(names)
