"""An interaction log on disk: a folder of Parquet tables with whole users per part, the manifest and statistics."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import polars as pl

from pushgen.errors import InputError
from pushgen.manifest import Manifest, hash_path, read_manifest, write_manifest
from pushgen.recommend.data.catalogue import Catalogue
from pushgen.tables import INSTANT, REJECTS, Column, Table, part_files, read_table, write_table

INTERACTIONS = Table(
    "interactions",
    (
        Column("user_id", pl.String, required=True),
        Column("item_id", pl.String, required=True),
        Column("time", INSTANT),
        Column("position", pl.Int64, required=True, minimum=0),
        Column("behaviour", pl.String),
        Column("value", pl.Float64),
    ),
    ("user_id", "position"),
)
"""One row per thing that a user did to an item, in the order of the user's history.

`position` is the place in that history, from 0; it stands for the time where a source has only an order, and breaks
ties where it has both. `behaviour` is a word such as view, cart, buy; `value` a rating or an amount.
"""
ITEMS = Table(
    "items",
    (
        Column("item_id", pl.String, required=True),
        Column("title", pl.String),
        Column("text", pl.String),
        Column("attributes", pl.List(pl.String)),
    ),
    ("item_id",),
)
"""One row per item, sorted by id. `text` is what an encoder may read beside the title; an attribute is `name=value`."""
_TABLES = {"interactions": INTERACTIONS, "items": ITEMS, "rejects": REJECTS}


@dataclass(frozen=True)
class Interactions:
    """An imported log. Tables are read on first use; `parts` and `scan` read logs that do not fit in memory."""

    path: Path

    @classmethod
    def open(cls, path: Path) -> "Interactions":
        """Raises `InputError` where the folder is no finished log."""
        missing = [name for name in ("interactions", "items") if not (path / name).is_dir()]
        if missing or read_manifest(path) is None:
            raise InputError(
                file=str(path),
                expected="the folder of an imported interaction log",
                found=f"no {missing[0]}/ in it" if missing else "an unfinished import",
                remedy="Run `pushgen recommend import` first, and give the folder that its --out named.",
            )
        return cls(path)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """All interactions (`INTERACTIONS`), user by user, each user's in their order."""
        return read_table(self.path / "interactions", INTERACTIONS)

    @cached_property
    def items(self) -> pl.DataFrame:
        """All items (`ITEMS`), also those that nobody touched, sorted by id."""
        return read_table(self.path / "items", ITEMS)

    @cached_property
    def rejects(self) -> pl.DataFrame:
        folder = self.path / "rejects"
        return read_table(folder, REJECTS) if folder.is_dir() else REJECTS.schema.to_frame()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The items of the log, numbered in the order of `items`."""
        return Catalogue(self.items["item_id"])

    @cached_property
    def statistics(self) -> dict[str, Any]:
        """What the import counted (`statistics.json`); empty where there is none."""
        file = self.path / "statistics.json"
        return cast(dict[str, Any], json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return read_manifest(self.path) or {}

    @property
    def licence(self) -> str:
        """Terms of the data, as the import was told them; empty where nobody did."""
        configuration: dict[str, Any] = self.manifest.get("configuration") or {}
        return str(configuration.get("licence") or "")

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the tables, which identifies what a model was trained on."""
        return hash_path(self.path)

    def scan(self) -> pl.LazyFrame:
        """The interactions, lazily."""
        return pl.scan_parquet(part_files(self.path / "interactions"))

    def parts(self) -> Iterator[pl.DataFrame]:
        """The interactions in pieces that hold whole users each; together they are `frame`."""
        return (read_table(file, INTERACTIONS) for file in part_files(self.path / "interactions"))


def write_interactions(
    path: Path,
    parts: Iterable[pl.DataFrame],
    items: pl.DataFrame,
    manifest: Callable[[], Manifest],
    rejects: pl.DataFrame | None = None,
    describe: Callable[[Interactions], None] | None = None,
    seconds: Callable[[], float] | None = None,
) -> Interactions:
    """Writes a log folder, manifest last; an older or half-written log there is replaced. Same tables, same bytes.

    A part holds whole users, each user's interactions together and in their order. `manifest` is asked when all parts
    are written, because only then is known what was dropped; `describe` may add files before.
    """
    (path / "manifest.json").unlink(missing_ok=True)
    for name in _TABLES:
        if (path / name).is_dir():
            shutil.rmtree(path / name)
    number = -1
    for number, part in enumerate(parts):
        write_table(part, path / "interactions" / f"part-{number:05d}.parquet", INTERACTIONS)
    if number < 0:
        write_table(INTERACTIONS.schema.to_frame(), path / "interactions" / "part-00000.parquet")
    write_table(items.sort("item_id"), path / "items" / "part-00000.parquet", ITEMS)
    bad = REJECTS.schema.to_frame() if rejects is None else rejects
    write_table(bad, path / "rejects" / "part-00000.parquet", REJECTS)
    if describe:
        describe(Interactions(path))
    write_manifest(path, manifest(), seconds=seconds and seconds())
    return Interactions(path)
