"""Parquet in batches of rows.

Arrow reads them: Polars is faster, but a damaged file can end the whole process there.
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pushgen.errors import InputError
from pushgen.intake.arrow import ArrowError, arrow_parquet, to_polars
from pushgen.intake.mapping import ColumnMapping
from pushgen.intake.raw import ROW, RawBatch, no_rejects, resolve
from pushgen.tables import Table


def read_parquet(path: Path, table: Table, mapping: ColumnMapping, *, batch_rows: int) -> Iterator[RawBatch]:
    """The rows of a Parquet file. Raises `InputError` for a torn one."""
    row = 0
    try:
        wanted = resolve(arrow_parquet.read_schema(path).names, table, mapping, path)
        names = list(dict.fromkeys(wanted.sources.values()))
        with arrow_parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=batch_rows, columns=names):
                frame = to_polars(batch)
                frame = frame.select(pl.col(source).alias(name) for name, source in wanted.sources.items())
                rows = pl.int_range(row + 1, row + batch.num_rows + 1, dtype=pl.Int64, eager=True).alias(ROW)
                row += batch.num_rows
                yield RawBatch(frame.with_columns(rows), no_rejects(), wanted)
    except (ArrowError, OSError) as error:
        raise InputError(
            file=str(path),
            expected="a readable Parquet file",
            found=str(error).splitlines()[0],
            remedy="The file is cut off or damaged: fetch or write it again.",
        ) from error
