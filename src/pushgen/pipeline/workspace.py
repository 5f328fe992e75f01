"""An output folder that one run owns: locked while in use, tied to one piece of work, written part by part.

A part is a slice of the input. Its tables are written by rename, the committing table last, so a killed run leaves
only whole parts and the next run goes on with the first one that is missing.
"""

import fcntl
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import polars as pl

from pushgen.errors import WorkspaceError
from pushgen.manifest import fingerprint, write_json
from pushgen.tables import Table, write_table


class Workspace:
    """The folder of one run."""

    def __init__(self, folder: Path, work: Mapping[str, Any]) -> None:
        """`work` identifies what is done: stage, configuration, hashes of the inputs."""
        self.folder = folder
        self.key = fingerprint(work)
        self._work = dict(work)

    @contextmanager
    def open(self) -> Generator["Workspace"]:
        """Locks the folder for this process and checks that it belongs to the same work.

        Raises `WorkspaceError` where another process holds it, where it holds the output of other work, or where it
        cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / ".lock").open("a")
        except OSError as error:
            raise WorkspaceError(
                f"cannot write to {str(self.folder)!r}: {error.strerror}. Choose another --out."
            ) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise WorkspaceError(
                    f"{str(self.folder)!r} is in use by another process. Wait for it, or choose another --out."
                ) from error
            self._claim()
            yield self

    def _claim(self) -> None:
        path = self.folder / "work.json"
        if not path.exists():
            write_json(path, {"key": self.key, **self._work})
            return
        try:
            found = cast(dict[str, Any], json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise WorkspaceError(f"{path} is not JSON ({error}). Delete {str(self.folder)!r} and run again.") from error
        if found.get("key") != self.key:
            differing = sorted(name for name in self._work if found.get(name) != _plain(self._work[name]))
            raise WorkspaceError(
                f"{str(self.folder)!r} holds the output of other work (differs in: {', '.join(differing) or 'key'}). "
                "Choose another --out, or delete the folder to start again."
            )

    def part(self, table: Table, name: str) -> Path:
        """Where a part of a table lies."""
        return self.folder / table.name / f"{name}.parquet"

    def write(self, table: Table, name: str, frame: pl.DataFrame) -> None:
        """Writes one part by rename.

        Raises `WorkspaceError` where the disk refuses it; parts already written stay good.
        """
        try:
            write_table(frame, self.part(table, name), table)
        except OSError as error:
            raise WorkspaceError(
                f"cannot write {self.part(table, name)}: {error.strerror}. "
                "Free some space or permissions and give the same command again; finished parts are kept."
            ) from error


def part_name(index: int, identity: object) -> str:
    """Name of a part: its place in the order and a hash of what it is made from."""
    return f"part-{index:05d}-{fingerprint(identity)[:12]}"


def remove_drafts(folder: Path) -> None:
    """Deletes half-written files that a killed process left behind. Call only while holding the lock."""
    for draft in folder.rglob(".*.part"):
        if draft.is_file():
            draft.unlink()


def _plain(value: object) -> Any:
    return json.loads(json.dumps(value, default=str))
