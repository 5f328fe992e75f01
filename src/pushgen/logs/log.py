"""A log on disk: a folder of Parquet tables, the audit and the manifest."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import polars as pl

from pushgen.errors import InputError
from pushgen.manifest import Manifest, read_manifest, write_json, write_manifest
from pushgen.tables import (
    CONTENTS,
    EXPERIMENTS,
    EXPOSURES,
    PUSHES,
    REJECTS,
    Column,
    Table,
    part_files,
    read_table,
    write_table,
)

PART_ROWS = 1_000_000
"""Rows per Parquet part."""
RATIOS = Table(
    "sample ratios",
    (
        Column("experiment_id", pl.String, required=True),
        Column("arms", pl.Int64, required=True, minimum=0),
        Column("impressions", pl.Int64, required=True, minimum=0),
        Column("chi2", pl.Float64, required=True, minimum=0.0),
        Column("p_value", pl.Float64, required=True, minimum=0.0, maximum=1.0),
    ),
    ("experiment_id",),
)
"""Sample-ratio test of each experiment over its arms as published, before arms of the same text were merged."""
_TABLES = {
    "contents": CONTENTS,
    "pushes": PUSHES,
    "exposures": EXPOSURES,
    "experiments": EXPERIMENTS,
    "rejects": REJECTS,
    "ratios": RATIOS,
}


@dataclass(frozen=True)
class Log:
    """An imported log. Tables are read on first use."""

    path: Path

    @classmethod
    def open(cls, path: Path) -> "Log":
        """Raises `InputError` where the folder is no finished log."""
        missing = [name for name in ("contents", "pushes", "exposures", "experiments") if not (path / name).is_dir()]
        if missing or read_manifest(path) is None:
            raise InputError(
                file=str(path),
                expected="the folder of an imported log",
                found=f"no {missing[0]}/ in it" if missing else "an unfinished import",
                remedy="Run `pushgen import` first, and give the folder that its --out named.",
            )
        return cls(path)

    @cached_property
    def contents(self) -> pl.DataFrame:
        return read_table(self.path / "contents", CONTENTS)

    @cached_property
    def pushes(self) -> pl.DataFrame:
        return read_table(self.path / "pushes", PUSHES)

    @cached_property
    def exposures(self) -> pl.DataFrame:
        return read_table(self.path / "exposures", EXPOSURES)

    @cached_property
    def experiments(self) -> pl.DataFrame:
        return read_table(self.path / "experiments", EXPERIMENTS)

    @cached_property
    def rejects(self) -> pl.DataFrame:
        return self._optional("rejects", REJECTS)

    @cached_property
    def ratios(self) -> pl.DataFrame:
        """Sample-ratio tests over arms as published (`RATIOS`); empty where the log was not imported."""
        return self._optional("ratios", RATIOS)

    @cached_property
    def audit(self) -> dict[str, Any]:
        """What the import found (`audit.json`); empty where there is none."""
        file = self.path / "audit.json"
        return cast(dict[str, Any], json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return read_manifest(self.path) or {}

    @property
    def licence(self) -> str:
        """Terms of the data, as `pushgen import --licence` was told them; empty where nobody did."""
        configuration: dict[str, Any] = self.manifest.get("configuration") or {}
        return str(configuration.get("licence") or "")

    def scan(self, name: str) -> pl.LazyFrame:
        """One of the tables, lazily, for logs that do not fit in memory."""
        return pl.scan_parquet(part_files(self.path / name))

    def scan_contents(self) -> pl.LazyFrame:
        return self.scan("contents")

    def scan_pushes(self) -> pl.LazyFrame:
        return self.scan("pushes")

    def scan_exposures(self) -> pl.LazyFrame:
        return self.scan("exposures")

    def scan_experiments(self) -> pl.LazyFrame:
        return self.scan("experiments")

    def _optional(self, name: str, table: Table) -> pl.DataFrame:
        folder = self.path / name
        return read_table(folder, table) if folder.is_dir() else table.schema.to_frame()


def write_log(
    path: Path,
    *,
    contents: pl.DataFrame,
    pushes: pl.DataFrame,
    exposures: pl.DataFrame,
    experiments: pl.DataFrame,
    manifest: Manifest,
    rejects: pl.DataFrame | None = None,
    ratios: pl.DataFrame | None = None,
    audit: Mapping[str, Any] | None = None,
    seconds: float | None = None,
) -> Log:
    """Writes a log folder, manifest last; an older or half-written log there is replaced. Same tables, same bytes."""
    (path / "manifest.json").unlink(missing_ok=True)
    frames = {
        "contents": contents,
        "pushes": pushes,
        "exposures": exposures,
        "experiments": experiments,
        "rejects": REJECTS.schema.to_frame() if rejects is None else rejects,
        "ratios": RATIOS.schema.to_frame() if ratios is None else ratios,
    }
    for name, frame in frames.items():
        folder = path / name
        if folder.is_dir():
            shutil.rmtree(folder)
        for part, start in enumerate(range(0, max(frame.height, 1), PART_ROWS)):
            write_table(frame.slice(start, PART_ROWS), folder / f"part-{part:05d}.parquet", _TABLES[name])
    write_json(path / "audit.json", dict(audit or {}))
    write_manifest(path, manifest, seconds=seconds)
    return Log(path)
