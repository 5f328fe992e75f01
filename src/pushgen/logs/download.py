"""Public data over HTTP: found in the host's listing, fetched with resumption, checked against what is published."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, cast

import polars as pl

from pushgen.errors import InputError
from pushgen.intake import ColumnMapping, read_batches
from pushgen.manifest import Manifest, hash_file, read_manifest, write_manifest
from pushgen.progress import bar
from pushgen.tables import Column, Table

TIMEOUT = 60.0
"""Seconds without an answer after which a connection is given up."""
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A published data set and what is known of it."""

    name: str
    listing: str
    """URL of the host's file listing (OSF API v2)."""
    words: tuple[str, ...]
    """The file is the one whose name holds all of these."""
    columns: tuple[str, ...]
    rows: int
    page: str
    """Where a person can fetch the file by hand."""


@dataclass(frozen=True, slots=True)
class _Listed:
    name: str
    url: str
    size: int | None
    sha256: str | None


def download(release: Release, out: Path) -> Path:
    """Fetches and checks a data set; the file lies in `out` only when it is whole and right.

    A part that was fetched before is continued. Returns the file. Raises `InputError` where the host cannot be
    reached, the file is cut off, or its columns, rows or hash are not the published ones.
    """
    done = _finished(out)
    if done is not None:
        return done
    listed = _find(release)
    out.mkdir(parents=True, exist_ok=True)
    target, part = out / listed.name, out / f".{listed.name}.part"
    _fetch(listed, part, release)
    digest = hash_file(part)
    if listed.sha256 is not None and digest != listed.sha256:
        part.unlink()
        raise _wrong(listed.url, f"a file with SHA-256 {listed.sha256}", digest, release)
    checked = part.with_name(f".checking-{listed.name}")
    part.replace(checked)
    try:
        rows = _check(checked, release)
    except InputError:
        checked.unlink()
        raise
    checked.replace(target)
    manifest = Manifest(
        stage="data download",
        configuration={"name": release.name, "page": release.page},
        inputs={listed.name: digest},
        rows_in=rows,
        rows_out=rows,
        libraries={},
    )
    write_manifest(out, manifest)
    return target


def _finished(out: Path) -> Path | None:
    manifest = read_manifest(out)
    for name, digest in (manifest or {}).get("inputs", {}).items():
        if (out / name).is_file() and hash_file(out / name) == digest:
            return out / name
    return None


def _find(release: Release) -> _Listed:
    files = list(_walk(release.listing, release, depth=0))
    for file in sorted(files, key=lambda listed: listed.name, reverse=True):
        if all(word in file.name.lower() for word in release.words):
            return file
    found = ", ".join(sorted(file.name for file in files)) or "no file"
    raise _wrong(release.listing, f"a file whose name holds {', '.join(release.words)}", found, release)


def _walk(url: str | None, release: Release, depth: int) -> Iterator[_Listed]:
    """All files below a folder of the listing, page by page."""
    while url:
        page = _json(url, release)
        for entry in cast(list[dict[str, Any]], page.get("data") or []):
            attributes: dict[str, Any] = entry.get("attributes") or {}
            if attributes.get("kind") == "folder" and depth < 5:
                yield from _walk(
                    _inside(entry, "relationships", "files", "links", "related", "href"), release, depth + 1
                )
            elif attributes.get("kind") == "file":
                name = Path(str(attributes.get("name"))).name
                digest = _inside(attributes, "extra", "hashes", "sha256")
                yield _Listed(name, _inside(entry, "links", "download") or "", attributes.get("size"), digest)
        url = _inside(page, "links", "next")


def _inside(value: Any, *keys: str) -> str | None:
    """What lies under a chain of keys, None where the chain breaks."""
    for key in keys:
        value = cast(dict[str, Any], value).get(key) if isinstance(value, dict) else None
    return value


def _json(url: str, release: Release) -> dict[str, Any]:
    try:
        with _request(url) as answer:
            return cast(dict[str, Any], json.load(answer))
    except (OSError, HTTPException) as error:
        raise _unreachable(url, error, release) from error
    except ValueError as error:
        raise _wrong(url, "a JSON listing of files", str(error), release) from error


def _request(url: str, start: int = 0) -> Any:
    if not url.startswith(("https://", "http://")):
        raise urllib.error.URLError(f"{url!r} is no web address")
    headers = {"User-Agent": "pushgen", **({"Range": f"bytes={start}-"} if start else {})}
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)


def _fetch(listed: _Listed, part: Path, release: Release) -> None:
    have = part.stat().st_size if part.is_file() else 0
    if listed.size is not None and have > listed.size:
        part.unlink()
        have = 0
    if have and have == listed.size:
        return
    try:
        with _request(listed.url, have) as answer, bar(f"fetching {listed.name}", listed.size) as shown:
            resumed = have > 0 and answer.status == 206
            shown.advance(have if resumed else 0)
            with part.open("ab" if resumed else "wb") as stream:
                while chunk := answer.read(_CHUNK):
                    stream.write(chunk)
                    shown.advance(len(chunk))
            missing = answer.length
    except (OSError, HTTPException) as error:
        raise _unreachable(listed.url, error, release) from error
    size = part.stat().st_size
    if missing or (listed.size is not None and size < listed.size):
        raise InputError(
            file=listed.url,
            expected=f"{listed.size or size + (missing or 0)} bytes",
            found=f"the connection ended after {size}",
            remedy="Run the same command again; it goes on where this one stopped.",
        )


def _check(file: Path, release: Release) -> int:
    """Rows of the file. Raises `InputError` where columns or rows are not the published ones."""
    table = Table(release.name, tuple(Column(name, pl.String) for name in release.columns), ())
    mapping = ColumnMapping(columns={name: name for name in release.columns})
    try:
        rows = sum(batch.rows + batch.rejects.height for batch in read_batches(file, table, mapping))
    except InputError as error:
        raise _wrong(file.name, f"the columns {', '.join(release.columns)}", error.found, release) from error
    if rows != release.rows:
        raise _wrong(file.name, f"{release.rows} rows", f"{rows} rows", release)
    return rows


def _unreachable(url: str, error: BaseException, release: Release) -> InputError:
    reason = getattr(error, "reason", None) or error
    return InputError(
        file=url,
        expected="an answer from the host",
        found=str(reason) or type(error).__name__,
        remedy=f"Without a network, fetch the file by hand from {release.page} on another machine, and give it to "
        f"`pushgen import {release.name} FILE --out LOG`.",
    )


def _wrong(file: str, expected: str, found: str, release: Release) -> InputError:
    return InputError(
        file=file,
        expected=expected,
        found=found,
        remedy=f"The release may have changed: compare with {release.page}. A file fetched by hand can be read with "
        f"`pushgen import {release.name} FILE --out LOG`, which makes no such check.",
    )
