"""PyArrow, which ships no types, behind the few typed names that this package needs."""

from importlib import import_module
from typing import Any

import numpy as np
import polars as pl

arrow: Any = import_module("pyarrow")
arrow_csv: Any = import_module("pyarrow.csv")
arrow_parquet: Any = import_module("pyarrow.parquet")
ArrowError: type[Exception] = arrow.ArrowException
ArrowInvalid: type[Exception] = arrow.ArrowInvalid


def is_utf8(block: bytes) -> bool:
    """Whether the bytes are UTF-8. Arrow looks at many bytes at once; decoding would make a text four times as long."""
    if block.isascii():
        return True
    ends = arrow.py_buffer(np.array([0, len(block)], np.int64))
    whole = arrow.Array.from_buffers(arrow.large_string(), 1, [None, ends, arrow.py_buffer(block)])
    try:
        whole.validate(full=True)
    except ArrowInvalid:
        return False
    return True


def to_polars(table: Any) -> pl.DataFrame:
    """An Arrow table or record batch as a frame."""
    frame: Any = pl.from_arrow(table)  # pyright: ignore[reportUnknownMemberType]
    assert isinstance(frame, pl.DataFrame)
    return frame
