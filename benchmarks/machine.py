"""Where and when a figure was measured."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path


def commit() -> str:
    """Short hash of the source, marked where the working tree differs from it."""
    call = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def stamp() -> list[str]:
    """One line of Markdown: date, commit, machine."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return [f"{datetime.now(UTC):%Y-%m-%d}, commit {commit()}, {machine}."]
