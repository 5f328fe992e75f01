"""Text files whose fields stand between separators and are never quoted, as data sets of research have them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from pushgen.intake import Batch, ColumnMapping, ReadOptions
from pushgen.intake.raw import ROW, RawBatch, Wanted, no_rejects, reject_rows
from pushgen.intake.sources import blocks
from pushgen.intake.validate import validate
from pushgen.tables import Table

FEW_FIELDS = "too few fields"


def lines(path: Path, options: ReadOptions, encoding: str | None = None) -> Iterator[pl.Series]:
    """The lines of a file, block by block; an empty line is an empty text."""
    pending = b""
    for block in blocks(path, options.block_bytes, options.encoding or encoding):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield _split(pending + block[:cut])
            pending = b""
        pending += block[cut:]
    if pending:
        yield _split(pending)


def _split(block: bytes) -> pl.Series:
    texts = block.decode("utf-8", "replace").removesuffix("\n").split("\n")
    return pl.Series("line", texts, pl.String).str.strip_chars_end("\r")


def fields(
    path: Path,
    table: Table,
    names: Sequence[str | None],
    separator: str,
    options: ReadOptions,
    *,
    skip: int = 0,
    encoding: str | None = None,
) -> Iterator[Batch]:
    """Rows whose fields are the table's columns in the order of `names` (None: not wanted), held against the table.

    The first `skip` lines are a header. Blank lines are no rows. `encoding` is what such files have by default.
    """
    row = -skip
    sources = {name: name for name in names if name}
    wanted = Wanted(table, ColumnMapping(), sources)
    for block in lines(path, options, encoding):
        numbered = pl.DataFrame({"line": block, ROW: pl.arange(row + 1, row + 1 + len(block), eager=True)})
        row += len(block)
        numbered = numbered.filter((pl.col(ROW) > 0) & (pl.col("line").str.strip_chars() != ""))
        short = numbered["line"].str.count_matches(separator, literal=True) < len(names) - 1
        bad = numbered.filter(short)
        rejects = no_rejects()
        if bad.height:
            rejects = reject_rows(path, bad[ROW].to_list(), FEW_FIELDS, values=bad["line"].to_list())
        # What follows the last wanted field stays with it unless it is split off.
        split = pl.col("line").str.split_exact(separator, len(names)).struct
        columns = [split.field(f"field_{place}").alias(name) for place, name in enumerate(names) if name]
        frame = numbered.filter(~short).select(*columns, ROW)
        good, found = validate(RawBatch(frame, rejects, wanted), path, max_text_bytes=options.max_text_bytes)
        yield Batch(good, found, path, good.height)
