"""The bytes of a file, whatever its compression and encoding, as UTF-8 in blocks of bounded size."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol, cast

from pushgen.errors import ConfigurationError, InputError
from pushgen.intake.arrow import arrow

Kind = Literal["csv", "jsonl", "parquet"]
_KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class _Stream(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...
    def close(self) -> None: ...


def kind_of(path: Path) -> Kind:
    """File format by the suffix, compression suffix apart. Raises `InputError` for an unknown one."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in (".gz", ".zst"):
        suffixes.pop()
    kind = _KINDS.get(suffixes[-1]) if suffixes else None
    if kind is None:
        raise InputError(
            file=str(path),
            expected=f"a file that ends in {', '.join(sorted(_KINDS))}, with .gz or .zst behind it if compressed",
            found=f"the name {path.name!r}",
            remedy="Rename the file so that its ending tells the format.",
        )
    return kind


def tabular_files(path: Path) -> list[Path]:
    """The file itself, or the tabular files of a folder in name order.

    A log folder stands for its `contents`. Raises `InputError` where there is nothing to read.
    """
    if path.is_file():
        return [path]
    if (path / "contents").is_dir():
        path = path / "contents"
    files = sorted(file for file in path.glob("*") if file.is_file() and _readable(file)) if path.is_dir() else []
    if not files:
        raise InputError(
            file=str(path),
            expected="a CSV, JSONL or Parquet file, or a folder of such files",
            found="a folder without any" if path.is_dir() else "nothing there",
            remedy="Check the path.",
        )
    return files


def _readable(file: Path) -> bool:
    if file.name.startswith("."):
        return False
    try:
        kind_of(file)
    except InputError:
        return False
    return file.suffix != ".json"  # manifest.json and the like lie beside the parts of a folder


def blocks(path: Path, size: int, encoding: str | None = None) -> Iterator[bytes]:
    """UTF-8 bytes of a text file in blocks of about `size` bytes, without a byte-order mark.

    With no `encoding` the byte-order mark or the pattern of NUL bytes decides between UTF-16 and UTF-8; bytes that
    are not UTF-8 pass through, so that the row they stand in can be named. Raises `InputError` for a torn or false
    compression and for bytes that contradict `encoding`.
    """
    stream = _open(path)
    try:
        head = _read(stream, size, path)
        mark, found = next(((mark, name) for mark, name in _MARKS if head.startswith(mark)), (b"", None))
        name = (_known(encoding) if encoding else None) or found or _wide(head) or "utf-8"
        if encoding is None or found == name or (found and name in found):
            head = head[len(mark) :]
        if encoding is None and name == "utf-8":
            while head:
                yield head
                head = _read(stream, size, path)
            return
        decoder = codecs.getincrementaldecoder(name)("strict")
        offset = 0
        while True:
            try:
                text = decoder.decode(head, final=not head)
            except UnicodeDecodeError as error:
                raise InputError(
                    file=str(path),
                    expected=f"text in {name}",
                    found=f"byte {error.object[error.start : error.start + 1]!r} near byte {offset + error.start}",
                    remedy="Pass the encoding that the file was written in with --encoding, such as cp1252 or utf-16.",
                ) from error
            if text:
                yield text.encode()
            if not head:
                return
            offset += len(head)
            head = _read(stream, size, path)
    finally:
        stream.close()


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        raise ConfigurationError(
            f"--encoding: there is no encoding {encoding!r}; try utf-8, cp1252, latin-1, utf-16 or gb18030"
        ) from error


def _wide(head: bytes) -> str | None:
    """UTF-16 without a byte-order mark shows as NUL in every other byte of Latin text."""
    sample = head[:4000]
    if len(sample) < 4 or sample.count(b"\0") < len(sample) // 4:
        return None
    odd, even = sample[1::2].count(b"\0"), sample[0::2].count(b"\0")
    return "utf-16-le" if odd > 4 * even else "utf-16-be" if even > 4 * odd else None


def _open(path: Path) -> _Stream:
    try:
        if path.suffix.lower() == ".gz":
            # The library's own reader notices a stream that ends early and checks the sum at its end.
            return cast(_Stream, gzip.open(path, "rb"))
        if path.suffix.lower() == ".zst":
            return cast(_Stream, arrow.input_stream(str(path), compression="zstd"))
        return path.open("rb")
    except OSError as error:
        raise InputError(
            file=str(path),
            expected="a readable file",
            found=error.strerror or str(error),
            remedy="Check the path and its permissions.",
        ) from error


def _read(stream: _Stream, size: int, path: Path) -> bytes:
    try:
        return bytes(stream.read(size))
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(
            file=str(path),
            expected=f"a whole {path.suffix} stream" if path.suffix in (".gz", ".zst") else "a readable file",
            found=str(error),
            remedy="The file is cut off or damaged: fetch or write it again.",
        ) from error
