"""The columns that a foreign file has, before any of them is read."""

import csv
import io
import json
from pathlib import Path
from typing import cast

import polars as pl

from pushgen.errors import InputError
from pushgen.intake.sources import blocks, kind_of
from pushgen.tables import Type

_HEAD = 1 << 20
_LINES = 1000


def column_types(path: Path) -> dict[str, Type]:
    """Name and type of every column of a file; columns of CSV and JSONL are texts.

    Raises `InputError` for a Parquet file that cannot be read.
    """
    kind = kind_of(path)
    if kind == "parquet":
        try:
            return dict(pl.read_parquet_schema(path))
        except (pl.exceptions.PolarsError, OSError) as error:
            raise InputError(
                file=str(path),
                expected="a readable Parquet file",
                found=str(error).splitlines()[0],
                remedy="The file is cut off or damaged: fetch or write it again.",
            ) from error
    head = next(blocks(path, _HEAD), b"").decode("utf-8", "replace")
    names = _csv_names(head, path) if kind == "csv" else _json_names(head)
    return dict.fromkeys(names, pl.String)


def _csv_names(head: str, path: Path) -> list[str]:
    delimiter = "\t" if ".tsv" in [suffix.lower() for suffix in path.suffixes] else ","
    try:
        return next(csv.reader(io.StringIO(head), delimiter=delimiter), list[str]())
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
