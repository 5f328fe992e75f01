"""A PostgreSQL server of our own: started from the system's binaries, on a socket in a temporary folder."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""What a test may leave out and a benchmark may not."""


def binaries() -> Path | None:
    """The folder with initdb and postgres; None where the system has none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def server(*settings: str) -> Generator[str]:
    """A running server; yields the URL of an empty database on it.

    PostgreSQL refuses to run as root, so root lends it another user. It ends by its own pid.
    """
    folder = binaries()
    assert folder is not None
    base = Path(tempfile.mkdtemp(prefix="pushgen-pg-"))
    owner = _owner()
    as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    if as_owner:
        os.chown(base, owner.pw_uid, owner.pw_gid)
    data = base / "data"
    common: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": base, **as_owner}
    call = [str(folder / "initdb"), "-D", str(data), "-U", "pushgen", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*call, "--locale=C"], check=True, **common)
    options = [part for setting in settings for part in ("-c", setting)]
    command = [str(folder / "postgres"), "-D", str(data), "-k", str(base), "-c", "listen_addresses=", *options]
    process = subprocess.Popen(command, **common)
    try:
        _wait(folder, base, process)
        yield f"postgresql://pushgen@/postgres?host={base}"
    finally:
        # At once, without tidying up what is deleted next.
        process.send_signal(signal.SIGQUIT)
        process.wait(30)
        shutil.rmtree(base)


def _owner() -> pwd.struct_passwd:
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


def _wait(folder: Path, socket: Path, process: "subprocess.Popen[Any]") -> None:
    for _ in range(300):
        ready = subprocess.run([str(folder / "pg_isready"), "-q", "-h", str(socket)], check=False)
        if ready.returncode == 0:
            return
        assert process.poll() is None, "the PostgreSQL server did not start"
        time.sleep(0.1)
    raise TimeoutError("the PostgreSQL server is not ready after 30 seconds")
