"""From the command line to answers over a socket: keys, the server, and its end."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest


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


@pytest.fixture
def served(url: str, tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]", Path]]:
    """Base URL, process and log of a server that answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "log"
    call = [sys.executable, "-m", "pushgen", "serve", "--database", url, "--port", str(port)]
    with log.open("wb") as stream:
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
        yield base, process, log
    finally:
        process.kill()
        process.wait(30)


def test_keys_requests_and_the_end(url: str, served: tuple[str, "subprocess.Popen[bytes]", Path]) -> None:
    base, process, log = served
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
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    written = log.read_text()
    assert "/v1/contents/{content_id}" in written
    assert not re.search(rf"4711|{re.escape(made['key'].split('_', 2)[2])}|Traceback", written)


def test_routes_are_printed_with_their_scopes() -> None:
    found = json.loads(pushgen("serve", "--routes"))
    assert {"method": "DELETE", "path": "/v1/users/{user_id}", "scope": "users:erase"} in found


def test_wrong_use(tmp_path: Path, url: str) -> None:
    assert "pushgen db upgrade" in pushgen("serve", "--database", f"sqlite:///{tmp_path}/new.db", code=2)
    assert "contents:write" in pushgen("key", "add", "x", "--scopes", "everything", "--database", url, code=1)
