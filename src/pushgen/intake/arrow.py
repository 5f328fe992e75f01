"""PyArrow, which ships no types, behind the few typed names that this package needs."""

from importlib import import_module
from typing import Any

import polars as pl

arrow: Any = import_module("pyarrow")
arrow_csv: Any = import_module("pyarrow.csv")
arrow_parquet: Any = import_module("pyarrow.parquet")
ArrowError: type[Exception] = arrow.ArrowException
ArrowInvalid: type[Exception] = arrow.ArrowInvalid


def dictionaries(table: Any) -> dict[str, pl.Series]:
    """The dictionary of each dictionary-encoded column of an Arrow table: all its values and maybe some more."""
    found: dict[str, pl.Series] = {}
    for name, column in zip(table.schema.names, table.columns, strict=True):
        if arrow.types.is_dictionary(column.type) and column.num_chunks:
            parts = [pl.Series(name, chunk.dictionary, dtype=pl.String) for chunk in column.chunks]
            found[name] = pl.concat(parts)
    return found


def to_polars(table: Any) -> pl.DataFrame:
    """An Arrow table or record batch as a frame."""
    frame: Any = pl.from_arrow(table)  # pyright: ignore[reportUnknownMemberType]
    assert isinstance(frame, pl.DataFrame)
    return frame
