"""From the command line to answers over a socket: keys, the server, and its end."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from pushgen.delivery.clock import SystemClock
from pushgen.records import Content
from pushgen.service.keys import add_key
from pushgen.store import open_store


def pushgen(*arguments: str, code: int = 0) -> str:
    call = [sys.executable, "-m", "pushgen", *arguments]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture
def url(tmp_path: Path, sqlite_template: Path) -> str:
    (tmp_path / "pushgen.db").write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{tmp_path}/pushgen.db"


@contextmanager
def serving(url: str, log: Path, *more: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Base URL and process of a server that answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    call = [sys.executable, "-m", "pushgen", "serve", "--database", url, "--port", str(port), *more]
    with log.open("ab") as stream:
        process = subprocess.Popen(call, stdout=stream, stderr=stream)
    base = f"http://127.0.0.1:{port}/v1"
    try:
        for _ in range(1_200):
            assert process.poll() is None, log.read_text()
            try:
                if httpx.get(f"{base}/ready").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield base, process
    finally:
        process.kill()
        process.wait(30)


def test_keys_requests_and_the_end(url: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving(url, log) as (base, process):
        key = _key_and_requests(url, base)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    written = log.read_text()
    assert "/v1/contents/{content_id}" in written
    assert not re.search(rf"c-4711|{re.escape(key.split('_', 2)[2])}|Traceback", written)


def _key_and_requests(url: str, base: str) -> str:
    made = json.loads(
        pushgen(
            "key", "add", "app", "--scopes", "contents:read", "--scopes", "contents:write", "--database", url, "--json"
        )
    )
    headers = {"Authorization": f"Bearer {made['key']}"}
    with httpx.Client(base_url=base, headers=headers) as client:
        assert client.put("/contents/c-4711", json={"title": "Hello"}).status_code == 201
        assert client.get("/contents/c-4711").json()["title"] == "Hello"
        assert client.get("/users/u").status_code == 403
        large = client.post("/contents/bulk", content=(b" " * 65_536 for _ in range(64)))
        assert large.status_code == 413
        listed = pushgen("key", "list", "--database", url, "--json")
        assert made["key_id"] in listed
        assert "sha256" not in listed
        pushgen("key", "revoke", made["key_id"], "--database", url)
        assert client.get("/contents/c-4711").status_code == 401
    return made["key"]


def test_a_job_outlives_the_process_that_worked_on_it(url: str, tmp_path: Path) -> None:
    store, log = open_store(url), tmp_path / "log"
    names = [f"c{number:03d}" for number in range(60)]
    with store.begin() as tx:
        tx.contents.put(
            Content(
                content_id=name, title="A cat in Berlin", caption=f"A cat sat on mat {name} in Berlin for 12 hours."
            )
            for name in names
        )
    _, key = add_key(store, SystemClock(), "test", ["models:use", "jobs:read"])
    headers, body = {"Authorization": f"Bearer {key}"}, {"kind": "generate", "content_ids": names}
    with serving(url, log, "--lease-seconds", "2") as (base, process):
        job = httpx.post(f"{base}/jobs", json=body, headers=headers).json()
        while (done := httpx.get(f"{base}/jobs/{job['job_id']}", headers=headers).json())["finished"] < 5:
            time.sleep(0.02)
        process.kill()
        process.wait(30)
    assert done["state"] == "running"
    with serving(url, log, "--lease-seconds", "2") as (base, process):
        while (done := httpx.get(f"{base}/jobs/{job['job_id']}", headers=headers).json())["state"] != "done":
            assert process.poll() is None
            time.sleep(0.1)
    assert (done["finished"], done["failed"]) == (60, {})
    with store.read() as tx:
        counts = {name: len(tx.candidates.of(name)) for name in names}
    assert min(counts.values()) == max(counts.values()) > 10
    store.close()


def test_routes_are_printed_with_their_scopes() -> None:
    found = json.loads(pushgen("serve", "--routes"))
    assert {"method": "DELETE", "path": "/v1/users/{user_id}", "scope": "users:erase"} in found


def test_wrong_use(tmp_path: Path, url: str) -> None:
    assert "pushgen db upgrade" in pushgen("serve", "--database", f"sqlite:///{tmp_path}/new.db", code=2)
    assert "contents:write" in pushgen("key", "add", "x", "--scopes", "everything", "--database", url, code=1)
