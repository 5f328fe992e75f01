"""The downloader against a real HTTP server on the loopback interface."""

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pushgen.errors import InputError
from pushgen.logs.download import Release, download
from pushgen.logs.releases import UPWORTHY

NAME = "upworthy-archive-exploratory-packages-03.12.2020.csv"
ROWS = 40


def body(rows: int = ROWS, columns: tuple[str, ...] = UPWORTHY.columns) -> bytes:
    lines = [",".join(("", *columns))]
    lines += [",".join([str(row), *(f"{name} {row}" for name in columns)]) for row in range(rows)]
    return ("\n".join(lines) + "\n").encode()


@dataclass
class Host:
    """A file host with one folder, whose answers can be spoilt."""

    content: bytes = field(default_factory=body)
    cut_after: int | None = None
    hashes: bool = True
    ranges: list[str | None] = field(default_factory=list)
    url: str = ""

    def listing(self) -> dict[str, object]:
        folder = {
            "attributes": {"kind": "folder", "name": "data"},
            "relationships": {"files": {"links": {"related": {"href": f"{self.url}/folder"}}}},
        }
        return {"data": [folder], "links": {"next": None}}

    def folder(self, page: int) -> dict[str, object]:
        other = {
            "attributes": {"kind": "file", "name": "readme.txt", "size": 3},
            "links": {"download": f"{self.url}/x"},
        }
        extra = {"hashes": {"sha256": hashlib.sha256(self.content).hexdigest()}} if self.hashes else {}
        attributes = {"kind": "file", "name": NAME, "size": len(self.content), "extra": extra}
        file = {"attributes": attributes, "links": {"download": f"{self.url}/file"}}
        if page == 1:
            return {"data": [other], "links": {"next": f"{self.url}/folder2"}}
        return {"data": [file], "links": {"next": None}}


@pytest.fixture
def host() -> Iterator[Host]:
    state = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/file":
                self.file()
                return
            pages = {"/list": state.listing, "/folder": lambda: state.folder(1), "/folder2": lambda: state.folder(2)}
            self.send(200, json.dumps(pages[self.path]()).encode())

        def file(self) -> None:
            wanted = self.headers.get("Range")
            state.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            self.send(206 if wanted else 200, state.content[start:], state.cut_after)

        def send(self, status: int, content: bytes, cut: int | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:cut])
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: ARG002
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def release(host: Host) -> Release:
    return replace(UPWORTHY, listing=f"{host.url}/list", rows=ROWS)


def test_fetches_checks_and_records_the_hash(host: Host, tmp_path: Path) -> None:
    file = download(release(host), tmp_path)
    assert file.name == NAME
    assert file.read_bytes() == host.content
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["inputs"] == {NAME: hashlib.sha256(host.content).hexdigest()}
    assert manifest["rows_out"] == ROWS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "timings.json", NAME]


def test_second_run_asks_nobody(host: Host, tmp_path: Path) -> None:
    download(release(host), tmp_path)
    away = replace(release(host), listing="http://127.0.0.1:1/list")
    assert download(away, tmp_path).read_bytes() == host.content


def test_cut_body_is_resumed(host: Host, tmp_path: Path) -> None:
    host.cut_after = 1000
    with pytest.raises(InputError, match=r"ended after 1000.*Run the same command again"):
        download(release(host), tmp_path)
    assert not (tmp_path / NAME).exists()
    host.cut_after = None
    assert download(release(host), tmp_path).read_bytes() == host.content
    assert host.ranges == [None, "bytes=1000-"]


def test_wrong_columns(host: Host, tmp_path: Path) -> None:
    host.content = body(columns=tuple("title" if name == "headline" else name for name in UPWORTHY.columns))
    with pytest.raises(InputError, match="headline"):
        download(release(host), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_wrong_row_count(host: Host, tmp_path: Path) -> None:
    host.content = body(rows=ROWS - 1)
    with pytest.raises(InputError, match=f"expected {ROWS} rows, found {ROWS - 1} rows"):
        download(release(host), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_wrong_hash(host: Host, tmp_path: Path) -> None:
    (tmp_path / f".{NAME}.part").write_bytes(b"x" * 500)  # a part of another file
    with pytest.raises(InputError, match="SHA-256"):
        download(release(host), tmp_path)
    assert download(release(host), tmp_path).read_bytes() == host.content


def test_file_not_in_listing(host: Host, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"confirmatory.*found .*readme\.txt"):
        download(replace(release(host), words=("confirmatory",)), tmp_path)


def test_refused_connection_names_the_way_by_hand(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    away = replace(UPWORTHY, listing=f"http://127.0.0.1:{port}/list")
    with pytest.raises(InputError, match=r"refused.*osf\.io/jd64p.*pushgen import upworthy FILE"):
        download(away, tmp_path)
