"""PyArrow, which ships no types, behind the few typed names that this package needs."""

from importlib import import_module
from typing import Any

import polars as pl

arrow: Any = import_module("pyarrow")
arrow_csv: Any = import_module("pyarrow.csv")
arrow_parquet: Any = import_module("pyarrow.parquet")
ArrowError: type[Exception] = arrow.ArrowException
ArrowInvalid: type[Exception] = arrow.ArrowInvalid


def to_polars(table: Any) -> pl.DataFrame:
    """An Arrow table or record batch as a frame."""
    frame: Any = pl.from_arrow(table)  # pyright: ignore[reportUnknownMemberType]
    assert isinstance(frame, pl.DataFrame)
    return frame
