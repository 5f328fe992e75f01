"""The manifest that lies in every hand-off folder: what went in, what came out, under which configuration.

`manifest.json` is the same byte for byte when a stage is run again on the same input; what differs from run to
run (times, machine) goes to `timings.json`. A manifest is written last, so a folder that has one is finished.
"""

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pushgen.errors import InputError

SCHEMA_VERSION = 1
LIBRARIES = ("pushgen", "polars", "numpy", "torch", "transformers", "scikit-learn")

_HASHED = 2 << 30
"""Larger model files are told apart by name and size: hashing them would take longer than many a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What one stage did."""

    stage: str
    configuration: Mapping[str, Any]
    inputs: Mapping[str, str]
    """Name of each input and the SHA-256 of its content."""
    rows_in: int
    rows_out: int
    dropped: Mapping[str, int] = field(default_factory=dict[str, int])
    """Rows dropped, by reason. rows_in = rows_out + the sum of these, unless `notes` says otherwise."""
    seed: int | None = None
    notes: Sequence[str] = ()
    schema_version: int = SCHEMA_VERSION
    libraries: Mapping[str, str] = field(default_factory=lambda: library_versions())

    @property
    def key(self) -> str:
        """Identity of the work: stage, configuration and inputs."""
        return fingerprint({"stage": self.stage, "configuration": self.configuration, "inputs": self.inputs})


def fingerprint(value: object) -> str:
    """SHA-256 of the canonical JSON of a value."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    # Pieces this large hash beside a busy thread without waiting for it at every turn.
    with path.open("rb", buffering=0) as stream:
        while piece := stream.read(8 << 20):
            digest.update(piece)
    return digest.hexdigest()


def hash_path(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files below a folder, timings apart."""
    if not path.is_dir():
        return hash_file(path)
    files = sorted(file for file in path.rglob("*") if file.is_file() and file.name != "timings.json")
    return fingerprint({file.relative_to(path).as_posix(): hash_file(file) for file in files})


def model_identity(name: str) -> str:
    """A name for what a model makes: the hub name, or a folder's name with a hash of what lies in it."""
    folder = Path(name)
    if not folder.is_dir():
        return name
    files = sorted(folder.glob("*.json")) + sorted(folder.glob("*.safetensors"))
    parts = [
        [file.name, hash_file(file) if file.stat().st_size < _HASHED else file.stat().st_size]
        for file in files
        if file.name not in ("manifest.json", "timings.json")
    ]
    return f"{folder.name}:{fingerprint(parts)[:12]}"


@cache
def library_versions() -> Mapping[str, str]:
    """Versions of the installed libraries that can change a result."""
    found: dict[str, str] = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_json(path: Path, value: object) -> None:
    """Writes readable JSON by rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    draft.write_text(
        json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str) + "\n", encoding="utf-8"
    )
    draft.replace(path)


def write_manifest(folder: Path, manifest: Manifest, *, seconds: float | None = None) -> None:
    """Marks a hand-off folder as finished."""
    timings = {
        "finished_at": datetime.now(UTC).isoformat(),
        "seconds": seconds,
        "machine": platform.processor() or platform.machine(),
    }
    write_json(folder / "timings.json", timings)
    write_json(folder / "manifest.json", {"key": manifest.key, **asdict(manifest)})


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a folder, or None where the folder is unfinished or absent.

    Raises `InputError` where the file is torn.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        return None
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise InputError(
            file=str(path),
            expected="a JSON object",
            found=str(error),
            remedy="Delete the folder and run the stage again.",
        ) from error


def is_finished(folder: Path, key: str) -> bool:
    """Whether the folder holds the finished result of exactly this work."""
    manifest = read_manifest(folder)
    return manifest is not None and manifest.get("key") == key
