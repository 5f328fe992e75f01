"""Blocks of CSV to columns. Arrow splits the fields; this file counts rows and sets broken ones apart."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pushgen.intake.arrow import ArrowInvalid, arrow, arrow_csv, is_utf8, to_polars
from pushgen.intake.raw import ROW, RawBatch, Wanted, no_rejects, reject_rows

_END = b"\x02end\x02"
"""First wanted field of a row that is appended to every block: if it does not come out, a quote was left open."""
UNCLOSED = "quote never closed"
WIDTH = "wrong number of fields"
ENCODING = "not valid UTF-8"
ENCODING_REMEDY = "Pass the encoding that the file was written in with --encoding, such as cp1252 or gb18030."


@dataclass(frozen=True, slots=True)
class Parsed:
    """A block split into columns, not yet numbered."""

    table: Any
    """Arrow table of the wanted columns."""
    invalid: list[tuple[int, int, str]]
    """Rows of another width: place in the block from 1, number of fields, text."""
    raw: bool
    """Whether every character of the table stands for one byte of the file, because not all of them are UTF-8."""
    nul_free: bool


class CsvParser:
    """Splits blocks that begin at a row into columns and counts rows."""

    def __init__(self, path: Path, header: list[str], wanted: Wanted, delimiter: bytes) -> None:
        self._path, self._wanted, self._delimiter = path, wanted, delimiter
        self._width = len(header)
        self._names = [f"{index}" for index in range(self._width)]
        self._position = {name: str(header.index(source)) for name, source in wanted.sources.items()}
        self._row = 0
        first = int(next(iter(self._position.values())))
        marks = [_END if index == first else b"" for index in range(self._width)]
        self._end = delimiter.join(marks) + b"\n"

    def parse(self, *pieces: bytes | memoryview) -> Parsed | None:
        """The rows of a block, given in pieces, or None where a quote is left open at its end.

        The last piece ends with a line end. Does not touch the row count.
        """
        block = b"".join((*pieces, self._end))
        table, invalid, raw = self._read(block)
        first = next(iter(self._position.values()))
        count = int(table.num_rows) - 1
        last = table.column(first)[count].as_py() if count >= 0 else None
        if last != _END.decode():
            return None
        return Parsed(table.slice(0, count), invalid, raw, b"\0" not in block)

    def recover(self, block: bytes) -> tuple[RawBatch, bytes]:
        """The rows before the one whose quote is never closed, that row's first line as a reject, and the rest."""
        start = self._open_row(block)
        parsed = self.parse(block[:start]) if start else None
        assert parsed is not None or not start  # the prefix ends where a row ends
        before = self.batch(parsed) if parsed else RawBatch(self._empty(), no_rejects(), self._wanted)
        rest = block[start:]
        end = rest.find(b"\n") + 1 or len(rest)
        self._row += 1
        line = rest[:end].decode(errors="replace").rstrip("\r\n")
        reject = reject_rows(self._path, [self._row], UNCLOSED, values=[line])
        return RawBatch(before.frame, pl.concat([before.rejects, reject]), self._wanted), rest[end:]

    def _open_row(self, block: bytes) -> int:
        """Where the last row of the block begins: the end of the longest prefix of lines with one row less."""
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
        total = self._count(block)
        low, high = 0, len(ends)  # the first `low` lines hold fewer rows than the block
        while low < high:
            middle = (low + high + 1) // 2
            if self._count(block[: ends[middle - 1]]) < total:
                low = middle
            else:
                high = middle - 1
        return int(ends[low - 1]) if low else 0

    def _count(self, block: bytes) -> int:
        if not block.strip():
            return 0
        table, invalid, _ = self._read(block)
        return int(table.num_rows) + len(invalid)

    def _read(self, block: bytes) -> tuple[Any, list[tuple[int, int, str]], bool]:
        """Numbers as numbers if they all are; else everything as text; else, where bytes are not UTF-8, as bytes."""
        text = dict.fromkeys(self._position.values(), arrow.string())
        if not is_utf8(block):
            return *self._table(block.decode("latin-1").encode(), text), True
        try:
            return *self._table(block, self._types()), False
        except ArrowInvalid:
            return *self._table(block, text), False

    def _types(self) -> dict[str, Any]:
        """Numbers are converted on the way in; a block with a number that cannot be is read again as text."""
        kinds: dict[pl.DataType | type[pl.DataType], Any] = {pl.Int64: arrow.int64(), pl.Float64: arrow.float64()}
        types: dict[str, Any] = {}
        for name, position in self._position.items():
            dtype = self._wanted.column(name).dtype
            if position == next(iter(self._position.values())) or self._wanted.mapping.null_values:
                types[position] = arrow.string()  # the end mark must come out of the first column
            else:
                types[position] = kinds.get(dtype, arrow.string())
        return types

    def _table(self, block: bytes, types: dict[str, Any]) -> tuple[Any, list[tuple[int, int, str]]]:
        invalid: list[tuple[int, int, str]] = []

        def note(row: Any) -> str:
            invalid.append((row.number, row.actual_columns, row.text))
            return "skip"

        wanted = list(dict.fromkeys(self._position.values()))
        table = arrow_csv.read_csv(
            arrow.BufferReader(block),
            read_options=arrow_csv.ReadOptions(use_threads=False, column_names=self._names, block_size=len(block) + 1),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self._delimiter.decode(),
                newlines_in_values=True,
                ignore_empty_lines=True,
                invalid_row_handler=note,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=types,
                include_columns=wanted,
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
        return table, invalid

    def _empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema={**dict.fromkeys(self._position, pl.String), ROW: pl.Int64})

    def batch(self, parsed: Parsed) -> RawBatch:
        """The rows under their table names, numbered on from the batch before; to be called in file order."""
        table, invalid = parsed.table, parsed.invalid
        line = _bytes_shown if parsed.raw else str
        total = int(table.num_rows) + len(invalid)
        numbers = np.arange(1, total + 1)
        bad_rows = np.array([number for number, _, _ in invalid], dtype=np.int64)
        good_rows = np.delete(numbers, bad_rows - 1) if invalid else numbers
        rejects = reject_rows(
            self._path,
            [int(number) + self._row for number in bad_rows],
            WIDTH,
            values=[f"{found} instead of {self._width}: {line(text)}" for _, found, text in invalid],
        )
        frame = to_polars(table)
        frame = frame.select(pl.col(position).alias(name) for name, position in self._position.items())
        frame = frame.with_columns(pl.Series(ROW, good_rows + self._row, dtype=pl.Int64))
        self._row += total
        if parsed.raw:
            frame, undecoded = _decode(frame, self._path, self._wanted)
            rejects = pl.concat([rejects, undecoded])
        return RawBatch(frame, rejects, self._wanted, parsed.nul_free)


def _decode(frame: pl.DataFrame, path: Path, wanted: Wanted) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Letters that stand for bytes to text. Rows whose bytes are not UTF-8 are rejected."""
    bad: dict[int, tuple[str, str]] = {}
    columns: list[pl.Series] = []
    rows = frame[ROW].to_list()
    for name, source in wanted.sources.items():
        values: list[str | None] = []
        found: list[str | None] = frame[name].to_list()
        for row, value in zip(rows, found, strict=True):
            try:
                values.append(None if value is None else value.encode("latin-1").decode())
            except UnicodeDecodeError:
                values.append(None)
                bad.setdefault(row, (source, _bytes_shown(value or "")))
        columns.append(pl.Series(name, values, dtype=pl.String))
    text = pl.DataFrame([*columns, frame[ROW]])
    if not bad:
        return text, no_rejects()
    rejects = pl.concat(
        reject_rows(path, [row], ENCODING, field=field, values=[value]) for row, (field, value) in sorted(bad.items())
    )
    return text.filter(~pl.col(ROW).is_in(list(bad))), rejects


def _bytes_shown(letters: str) -> str:
    return letters.encode("latin-1").decode(errors="backslashreplace")
