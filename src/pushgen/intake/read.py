"""The way in for foreign files: any format, in batches, with the bad rows set apart."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pushgen.errors import InputError
from pushgen.intake.csv_parser import ENCODING, ENCODING_REMEDY
from pushgen.intake.delimited import read_csv
from pushgen.intake.json_lines import read_jsonl
from pushgen.intake.mapping import ColumnMapping
from pushgen.intake.parquet import read_parquet
from pushgen.intake.prefetch import prefetch
from pushgen.intake.raw import ROW, RawBatch, no_rejects
from pushgen.intake.sources import kind_of, tabular_files
from pushgen.intake.validate import DUPLICATE, Rule, validate
from pushgen.tables import CONTENTS, Table
from pushgen.text.clean import clean_column


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How foreign files are read."""

    encoding: str | None = None
    """Encoding of text files, such as cp1252, gb18030 or utf-16; by default UTF-8, or UTF-16 where it shows."""
    max_text_bytes: int = 100_000
    """A text longer than this is rejected: no push or caption is, but a torn quote makes one."""
    max_row_bytes: int = 32 << 20
    """A row longer than this is taken for an unclosed quote."""
    block_bytes: int = 16 << 20
    """Bytes of a text file that are read at a time; memory grows with it."""
    batch_rows: int = 200_000
    """Rows of a Parquet file that are read at a time."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one file, checked."""

    good: pl.DataFrame
    """Rows as the table has them, and their number in the file in `pushgen.intake.raw.ROW`."""
    rejects: pl.DataFrame
    """Bad rows, in `tables.REJECTS`: one reject per row, with the first thing that is wrong with it."""
    file: Path
    rows: int
    """Good rows of the file that `good` was made from; an adapter may turn one into several."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A whole foreign table."""

    frame: pl.DataFrame
    """Good rows, exactly the table's columns."""
    rejects: pl.DataFrame


def read_batches(
    path: Path,
    table: Table,
    mapping: ColumnMapping | None = None,
    options: ReadOptions | None = None,
    rules: tuple[Rule, ...] = (),
) -> Iterator[Batch]:
    """Rows of a file, or of the files of a folder in name order, in batches of bounded size.

    Rows are numbered from 1 in each file; a header and blank lines are not counted. Raises `InputError` for a file
    that cannot be used at all (empty, torn, a required column missing) and for one without a single good row that
    is not UTF-8; `ConfigurationError` for a mapping that does not fit the table.
    """
    mapping, options = mapping or ColumnMapping(), options or ReadOptions()
    mapping.check(table)
    for file in tabular_files(path):
        yield from _read_file(file, table, mapping, options, rules)


def load(
    path: Path,
    table: Table,
    mapping: ColumnMapping | None = None,
    options: ReadOptions | None = None,
    rules: tuple[Rule, ...] = (),
) -> Loaded:
    """A whole foreign table; of rows with the same key the first stays and the others are rejected.

    Titles and captions of `tables.CONTENTS` come cleaned (`text.clean`), null where nothing is left of them.

    `path` is a CSV, JSONL or Parquet file, a folder of them, or a log folder, which stands for its contents.
    """
    good: list[pl.DataFrame] = []
    rejects: list[pl.DataFrame] = [no_rejects()]
    for batch in read_batches(path, table, mapping, options, rules):
        good.append(batch.good.with_columns(pl.lit(str(batch.file)).alias("__file")))
        rejects.append(batch.rejects)
    frame = pl.concat(good) if good else pl.DataFrame(schema={**table.schema, ROW: pl.Int64, "__file": pl.String})
    if table.key:
        again = ~frame.select(pl.struct(table.key).is_first_distinct()).to_series()
        if again.any():
            twice = frame.filter(again)
            rejects.append(
                twice.select(
                    pl.col("__file").alias("file"),
                    pl.col(ROW).alias("row"),
                    pl.lit(table.key[0]).alias("field"),
                    pl.lit(DUPLICATE).alias("reason"),
                    pl.concat_str(pl.col(table.key).cast(pl.String), separator=", ", ignore_nulls=True).alias("value"),
                )
            )
            frame = frame.filter(~again)
    return Loaded(_cleaned(frame.select(table.names), table), pl.concat(rejects))


def _cleaned(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Contents come as HTML, with entities and broken encodings; what they say is made plain here and nowhere else."""
    if table is not CONTENTS:
        return frame
    texts = [clean_column(frame[name]) for name in ("title", "caption")]
    return frame.with_columns(text.set((text == "").fill_null(False), None) for text in texts)


def _read_file(
    path: Path, table: Table, mapping: ColumnMapping, options: ReadOptions, rules: tuple[Rule, ...]
) -> Iterator[Batch]:
    good = wrong_encoding = 0
    first: pl.DataFrame | None = None
    for raw in prefetch(_raw(path, table, mapping, options)):
        frame, rejects = validate(raw, path, max_text_bytes=options.max_text_bytes, rules=rules)
        good += frame.height
        undecoded = rejects.filter(pl.col("reason") == ENCODING)
        wrong_encoding += undecoded.height
        first = undecoded if first is None or not first.height else first
        yield Batch(frame, rejects, path, frame.height)
    if wrong_encoding and not good and first is not None:
        raise InputError(
            file=str(path),
            row=first["row"][0],
            field=first["field"][0],
            expected="text in UTF-8",
            found=repr(first["value"][0]),
            remedy=ENCODING_REMEDY,
        )


def _raw(path: Path, table: Table, mapping: ColumnMapping, options: ReadOptions) -> Iterator[RawBatch]:
    kind = kind_of(path)
    if kind == "parquet":
        return read_parquet(path, table, mapping, batch_rows=options.batch_rows)
    encoding, block_bytes, max_row_bytes = options.encoding, options.block_bytes, options.max_row_bytes
    if kind == "jsonl":
        return read_jsonl(path, table, mapping, encoding=encoding, block_bytes=block_bytes, max_row_bytes=max_row_bytes)
    return read_csv(
        path,
        table,
        mapping,
        encoding=encoding,
        block_bytes=block_bytes,
        max_row_bytes=max_row_bytes,
    )
