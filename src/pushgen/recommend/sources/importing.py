"""From foreign data to an interaction log on disk, with bounded memory."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import polars as pl

from pushgen.errors import InputError
from pushgen.intake import Batch, ReadOptions
from pushgen.manifest import Manifest, hash_file, is_finished
from pushgen.progress import bar
from pushgen.recommend.data.interactions import INTERACTIONS, ITEMS, Interactions, write_interactions
from pushgen.recommend.data.statistics import describe
from pushgen.recommend.sources.source import ITEM_ROWS, Source
from pushgen.tables import REJECTS, write_table

PART_BYTES = 512 << 20
"""Source bytes per part of the log; a part is sorted in memory."""
AGAIN = "the same row again"
ITEM_AGAIN = "duplicate item"
REJECTS_KEPT = 100_000
"""Rejects that are written down; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportConfig:
    """How interactions are read."""

    read: ReadOptions = field(default_factory=ReadOptions)
    licence: str = ""
    """Terms of the data, in words; empty takes what is known of the kind of data."""
    part_bytes: int = PART_BYTES
    """Source bytes per part of the log."""


def import_interactions(source: Source, out: Path, config: ImportConfig | None = None) -> Interactions:
    """Reads, checks, orders and counts interactions into the folder `out`; finished work is not done again.

    A user's interactions are ordered by time, then position, then place in the file. Raises `InputError` for a file
    that cannot be used and where no good row is left.
    """
    config = config or ImportConfig()
    started = time.monotonic()
    draft = Manifest(
        stage="recommend import",
        configuration={
            "kind": source.kind,
            "settings": source.settings,
            "licence": config.licence or source.licence,
            "read": asdict(config.read),
            "part_bytes": config.part_bytes,
        },
        inputs=_inputs(source.files),
        rows_in=0,
        rows_out=0,
    )
    if is_finished(out, draft.key):
        return Interactions.open(out)
    gathered = _Gathered(out / ".spill", max(1, -(-sum(map(_bytes, source.files)) // config.part_bytes)))
    try:
        with bar("reading interactions", None) as shown:
            for batch in source.interactions(config.read):
                gathered.add(batch)
                shown.advance(batch.rows)
        if not gathered.rows:
            raise InputError(
                file=str(source.files[0]),
                expected="interactions",
                found=f"no good row among {gathered.rejected.total()}: {_most(gathered.rejected)}",
                remedy="Check the kind of the data and the column mapping.",
            )
        items = _items(source, config.read, gathered)
        return write_interactions(
            out, gathered.parts(), items, lambda: gathered.manifest(draft, source.notes), gathered.rejects(),
            describe, lambda: time.monotonic() - started,
        )  # fmt: skip
    finally:
        shutil.rmtree(out / ".spill", ignore_errors=True)


class _Gathered:
    """Rows on their way: spilled by a hash of the user, so that a user's rows meet in one part."""

    def __init__(self, folder: Path, parts: int) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._folder, self._parts, self._batches = folder, parts, 0
        self._bad: list[pl.DataFrame] = [REJECTS.schema.to_frame()]
        self._kept = 0
        self.rows, self.written = 0, 0
        self.rejected: Counter[str] = Counter()
        """Rows of interactions dropped, by reason."""
        self.bad_items: Counter[str] = Counter()
        """Rows of items dropped, by reason."""
        self.item_ids = pl.Series("item_id", [], pl.String)

    def add(self, batch: Batch) -> None:
        rows = batch.good.select(
            "user_id",
            "item_id",
            pl.coalesce(
                "time",
                pl.from_epoch((pl.col("seconds") * 1e6).round().cast(pl.Int64), "us").dt.replace_time_zone("UTC"),
                pl.from_epoch((pl.col("milliseconds") * 1e3).round().cast(pl.Int64), "us").dt.replace_time_zone("UTC"),
            ).alias("time"),
            "position",
            "behaviour",
            "value",
        )
        self.item_ids = pl.concat([self.item_ids, rows["item_id"].unique()]).unique()
        place = rows["user_id"].hash(0) % self._parts
        for part in range(self._parts):
            own = rows if self._parts == 1 else rows.filter(place == part)
            write_table(own, self._folder / f"{part:05d}" / f"{self._batches:07d}.parquet")
        self._batches += 1
        self.rows += rows.height
        self.reject(batch, self.rejected)

    def reject(self, batch: Batch, counter: Counter[str]) -> None:
        counter.update(dict(batch.rejects["reason"].value_counts().iter_rows()))
        kept = batch.rejects.head(REJECTS_KEPT - self._kept).with_columns(pl.lit(batch.file.name).alias("file"))
        self._kept += kept.height
        self._bad.append(REJECTS.conform(kept))

    def parts(self) -> Iterator[pl.DataFrame]:
        """The log's parts, whole users each, in their order and without rows that are there twice."""
        with bar("ordering histories", self._parts) as shown:
            for part in range(self._parts):
                rows = pl.read_parquet(self._folder / f"{part:05d}" / "*.parquet")
                # Without a time, equal rows may well be two events.
                single = rows.filter(pl.col("time").is_null() | pl.struct(pl.all()).is_first_distinct())
                self.rejected[AGAIN] += rows.height - single.height
                self.written += single.height
                ordered = single.sort("user_id", "time", "position", maintain_order=True, nulls_last=True)
                place = pl.int_range(pl.len()).over("user_id").alias("position")
                yield INTERACTIONS.conform(ordered.with_columns(place))
                shown.advance()

    def rejects(self) -> pl.DataFrame:
        return pl.concat(self._bad)

    def manifest(self, draft: Manifest, notes: Sequence[str]) -> Manifest:
        dropped = {reason: count for reason, count in sorted(self.rejected.items()) if count}
        bad_items = [f"items: {count} rows dropped: {reason}" for reason, count in self.bad_items.items() if count]
        return Manifest(
            stage=draft.stage,
            configuration=draft.configuration,
            inputs=draft.inputs,
            rows_in=self.written + sum(dropped.values()),
            rows_out=self.written,
            dropped=dropped,
            notes=(*notes, *bad_items),
        )


def _items(source: Source, options: ReadOptions, gathered: _Gathered) -> pl.DataFrame:
    """All items that are described or touched, one row each."""
    found = [ITEM_ROWS.schema.to_frame()]
    for batch in source.items(options):
        found.append(batch.good.select(ITEM_ROWS.names))
        gathered.reject(batch, gathered.bad_items)
    rows = pl.concat(found)
    single = rows.unique("item_id", keep="first", maintain_order=True)
    gathered.bad_items[ITEM_AGAIN] += rows.height - single.height
    attributes = pl.col("attributes").str.replace_all(r'[\[\]"]', "").str.replace_all(r"\s*[,|]\s*", "|").str.split("|")
    described = single.with_columns(attributes.list.drop_nulls().alias("attributes"))
    touched = gathered.item_ids.to_frame().join(described, on="item_id", how="anti")
    return ITEMS.conform(pl.concat([described, ITEMS.conform(touched)]).sort("item_id"))


def _inputs(files: Sequence[Path]) -> dict[str, str]:
    return {f"{place} {file.name}": hash_file(file) for place, file in enumerate(files)}


def _bytes(file: Path) -> int:
    """Size of a file as plain text, roughly."""
    packed = file.suffix in (".gz", ".zst", ".parquet")
    return file.stat().st_size * (6 if packed else 1)


def _most(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in counts.most_common(3)) or "the files are empty"
