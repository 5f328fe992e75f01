"""JSON lines in blocks. A line that is not a JSON object is rejected, the others go on."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pushgen.errors import InputError
from pushgen.intake.mapping import ColumnMapping
from pushgen.intake.raw import ROW, RawBatch, Wanted, no_rejects, reject_rows, resolve
from pushgen.intake.sources import blocks
from pushgen.tables import Table

MALFORMED = "not a JSON object"
SAMPLE = 1000
"""Lines whose keys tell which columns the file has; JSON lines have no header."""


def read_jsonl(
    path: Path, table: Table, mapping: ColumnMapping, *, encoding: str | None, block_bytes: int, max_row_bytes: int
) -> Iterator[RawBatch]:
    """The rows of a JSON lines file. Blank lines are no rows; nested values become their JSON text."""
    wanted: Wanted | None = None
    row = 0
    for block in _lines(blocks(path, block_bytes, encoding), max_row_bytes):
        if not block.strip():
            continue
        if wanted is None:
            wanted = resolve(_keys(block, path), table, mapping, path)
        batch = _parse(block, wanted, path, row)
        row += batch.frame.height + batch.rejects.height
        yield batch
    if wanted is None:
        raise InputError(
            file=str(path),
            expected=f"one JSON object per line with rows of {table.name}",
            found="an empty file",
            remedy="Write the file again; leave it out where there are no rows.",
        )


def _lines(stream: Iterator[bytes], max_row_bytes: int) -> Iterator[bytes]:
    pending = b""
    for block in stream:
        pending += block
        cut = pending.rfind(b"\n") + 1
        if not cut and len(pending) > max_row_bytes:
            cut = len(pending)  # no line of a sane log is that long: it comes out as malformed pieces
        if cut:
            yield pending[:cut]
            pending = pending[cut:]
    if pending:
        yield pending


def _keys(block: bytes, path: Path) -> list[str]:
    keys: dict[str, None] = {}
    lines = block.split(b"\n", SAMPLE)
    for line in lines[:SAMPLE]:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            keys.update(dict.fromkeys(str(key) for key in value))  # type: ignore[misc]
    if not keys:
        raise InputError(
            file=str(path),
            row=1,
            expected="one JSON object per line",
            found=repr(lines[0][:80].decode(errors="replace")),
            remedy="Write one object per line, without an enclosing list and without line breaks inside an object.",
        )
    return list(keys)


def _parse(block: bytes, wanted: Wanted, path: Path, before: int) -> RawBatch:
    rejects = no_rejects()
    numbers: list[int] | None = None
    try:
        frame = _frame(block, wanted)
        bad_shape = frame.height != block.count(b"\n") + (not block.endswith(b"\n"))
    except pl.exceptions.PolarsError:
        frame, bad_shape = None, True
    if bad_shape or frame is None:
        good: list[bytes] = []
        numbers = []
        bad: list[tuple[int, str]] = []
        number = before
        for line in block.split(b"\n"):
            if not line.strip():
                continue
            number += 1
            if _is_object(line):
                good.append(line)
                numbers.append(number)
            else:
                bad.append((number, line.decode(errors="backslashreplace")))
        rejects = reject_rows(path, [at for at, _ in bad], MALFORMED, values=[text for _, text in bad])
        frame = _frame(b"\n".join(good), wanted) if good else _frame(b"{}", wanted).clear()
    rows = pl.Series(ROW, numbers if numbers is not None else range(before + 1, before + frame.height + 1), pl.Int64)
    return RawBatch(frame.with_columns(rows), rejects, wanted)


def _is_object(line: bytes) -> bool:
    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no JSON number")

    try:
        return isinstance(json.loads(line, parse_constant=refuse), dict)
    except (ValueError, RecursionError):
        return False


def _frame(block: bytes, wanted: Wanted) -> pl.DataFrame:
    schema = dict.fromkeys(wanted.sources.values(), pl.String)
    frame = pl.read_ndjson(io.BytesIO(block), schema=schema)
    return frame.select(pl.col(source).alias(name) for name, source in wanted.sources.items())
