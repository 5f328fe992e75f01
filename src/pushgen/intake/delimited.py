"""CSV in blocks: where blocks may be cut, and what happens to rows with a quote that is never closed."""

import csv
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from pushgen.errors import InputError
from pushgen.intake.csv_parser import ENCODING_REMEDY, CsvParser, Parsed
from pushgen.intake.mapping import ColumnMapping
from pushgen.intake.raw import RawBatch, resolve
from pushgen.intake.sources import blocks
from pushgen.tables import Table

WORKERS = 2
"""Threads that split blocks; each holds one block."""
_CACHED = 1 << 17
_Pieces = tuple[bytes, memoryview]
"""What was left of the block before, and this block up to its last row end."""


def read_csv(
    path: Path,
    table: Table,
    mapping: ColumnMapping,
    *,
    encoding: str | None,
    block_bytes: int,
    max_row_bytes: int,
) -> Iterator[RawBatch]:
    """The rows of a CSV file. A row with too few or too many fields, or bytes that are not UTF-8, is rejected.

    Where a quote is opened and not closed before the end of the file (or within `max_row_bytes`), the line it
    stands in is rejected and reading goes on at the next line. Blank lines are no rows.
    """
    delimiter = (mapping.delimiter or ("\t" if ".tsv" in path.name.lower() else ",")).encode()
    stream = blocks(path, block_bytes, encoding)
    header, rest = _first_line(stream, delimiter, path, max_row_bytes)
    if header is None:
        raise InputError(
            file=str(path),
            expected=f"a header line and rows of {table.name}",
            found="an empty file",
            remedy="Write the file again; an empty table still needs its header line.",
        )
    parser = CsvParser(path, header, resolve(header, table, mapping, path), delimiter)
    with ThreadPoolExecutor(WORKERS, "pushgen-csv") as pool:
        yield from _Splitter(parser, pool, max_row_bytes).batches(chain((rest,), stream))


@dataclass(slots=True)
class _Splitter:
    """Cuts the stream where rows end, has the pieces parsed ahead, and hands them out in order."""

    parser: CsvParser
    pool: ThreadPoolExecutor
    max_row_bytes: int
    pending: bytes = b""
    """Bytes behind the last cut."""
    waiting: deque[tuple[_Pieces, Future[Parsed | None]]] = field(
        default_factory=deque[tuple[_Pieces, Future[Parsed | None]]]
    )

    def batches(self, stream: Iterator[bytes]) -> Iterator[RawBatch]:
        for block in stream:
            cut = _boundary(block, _quotes(self.pending))
            if not cut:
                self.pending += block
                while not (cut := _boundary(self.pending)) and len(self.pending) > self.max_row_bytes:
                    yield from self._hand_out(0)
                    yield self._recover()
                block, self.pending = self.pending, b""
            if cut:
                pieces = self.pending, memoryview(block)[:cut]
                self.waiting.append((pieces, self.pool.submit(self.parser.parse, *pieces)))
            self.pending = block[cut:]
            yield from self._hand_out(WORKERS)
        yield from self._hand_out(0)
        if not self.pending.endswith((b"\n", b"\r")):
            self.pending += b"\n"
        while self.pending.strip():
            parsed = self.parser.parse(self.pending)
            if parsed is not None:
                yield self.parser.batch(parsed)
                return
            yield self._recover()

    def _hand_out(self, leave: int) -> Iterator[RawBatch]:
        while len(self.waiting) > leave:
            parsed = self.waiting[0][1].result()
            if parsed is not None:
                self.waiting.popleft()
                yield self.parser.batch(parsed)
                continue
            # A quote was open where this piece was cut, so its last row goes on in what follows.
            self.pending = b"".join(chain(*(pieces for pieces, _ in self.waiting), (self.pending,)))
            self.waiting.clear()
            cut = _boundary(self.pending)
            parsed = self.parser.parse(self.pending[:cut]) if cut else None
            if parsed is not None:
                self.pending = self.pending[cut:]
                yield self.parser.batch(parsed)
            elif len(self.pending) > self.max_row_bytes:
                yield self._recover()

    def _recover(self) -> RawBatch:
        batch, self.pending = self.parser.recover(self.pending)
        return batch


def _boundary(buffer: bytes, quotes: int = 0) -> int:
    """Where the last whole row of the buffer ends: the last line end before which quotes pair up; 0 for none.

    `quotes` is their number before the buffer.
    """
    newline = b"\n" if b"\n" in buffer else b"\r"
    end = buffer.rfind(newline, 0, len(buffer) - 1 if newline == b"\r" else len(buffer))
    odd = (quotes + _quotes(memoryview(buffer)[: end + 1])) % 2
    while end >= 0 and odd:
        previous = buffer.rfind(newline, 0, end)
        odd = (odd + buffer.count(b'"', previous + 1, end + 1)) % 2
        end = previous
    return end + 1


def _quotes(buffer: bytes | memoryview) -> int:
    letters = np.frombuffer(buffer, np.uint8)
    # Pieces that stay in the processor's cache; `bytes.count` is slower and lets no other thread run.
    pieces = (letters[start : start + _CACHED] for start in range(0, len(letters), _CACHED))
    return sum(int(np.count_nonzero(piece == ord('"'))) for piece in pieces)


def _first_line(
    stream: Iterator[bytes], delimiter: bytes, path: Path, max_row_bytes: int
) -> tuple[list[str] | None, bytes]:
    """The column names and the bytes behind them; None for an empty file."""
    buffer = b""
    for block in stream:
        buffer += block
        header, rest = _header(buffer, delimiter, path)
        if header is not None:
            return header, rest
        if len(buffer) > max_row_bytes:
            raise _bad_header(path, f"no line end in the first {len(buffer)} bytes")
    return _header(buffer + b"\n", delimiter, path) if buffer.strip() else (None, b"")


def _header(buffer: bytes, delimiter: bytes, path: Path) -> tuple[list[str] | None, bytes]:
    newline = b"\n" if b"\n" in buffer else b"\r"
    end = buffer.find(newline)
    while end >= 0 and (buffer.count(b'"', 0, end) % 2 or not buffer[:end].strip()):
        end = buffer.find(newline, end + 1)
    if end < 0:
        return None, buffer
    try:
        line = buffer[:end].decode().strip("\r\n")
    except UnicodeDecodeError as error:
        raise _bad_header(path, f"byte {buffer[error.start : error.start + 1]!r}", ENCODING_REMEDY) from error
    if "\0" in line:
        raise _bad_header(path, "a NUL byte")
    names = next(csv.reader([line], delimiter=delimiter.decode()))
    return [name.strip() for name in names], buffer[end + 1 :]


def _bad_header(path: Path, found: str, remedy: str = "Check that the file is CSV and not damaged.") -> InputError:
    return InputError(file=str(path), expected="a header line of column names in UTF-8", found=found, remedy=remedy)
