"""What is special about each known log: its columns, and how its rows become log rows."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from pushgen.intake import Batch, ColumnMapping, ReadOptions, read_batches
from pushgen.intake.raw import ROW
from pushgen.logs.wide import IMPOSSIBLE, WIDE
from pushgen.tables import Column, Table


class Adapter(Protocol):
    """Reads one kind of log as rows of `WIDE`."""

    @property
    def name(self) -> str: ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user must know about logs of this kind."""
        ...

    @property
    def licence(self) -> str:
        """Terms under which data of this kind are published; empty where only the user knows."""
        ...

    def batches(self, path: Path, options: ReadOptions) -> Iterator[Batch]: ...


@dataclass(frozen=True, slots=True)
class TableAdapter:
    """Any file with one row per push and slice, by a column mapping."""

    mapping: ColumnMapping
    name: str = "table"
    notes: tuple[str, ...] = ()
    licence: str = ""

    def batches(self, path: Path, options: ReadOptions) -> Iterator[Batch]:
        return read_batches(path, WIDE, self.mapping, options, IMPOSSIBLE)


UPWORTHY_COLUMNS = {
    "content_id": "clickability_test_id",
    "experiment_id": "clickability_test_id",
    "body": "headline",
    "impressions": "impressions",
    "clicks": "clicks",
}
UPWORTHY_OPTIONAL = {
    "caption": "lede",
    "media": "eyecatcher_id",
    "created_at": "created_at",
    "started_at": "created_at",
}


@dataclass(frozen=True, slots=True)
class UpworthyAdapter:
    """The Upworthy Research Archive (Matias et al., Scientific Data 2021): a row per arm ("package").

    A test is both content and experiment, the lede its caption, the headline the push, the eyecatcher its picture.
    `significance`, `winner` and `first_place` are fields of the editors' dashboard, not statistics, and are not read.
    """

    name: str = "upworthy"
    notes: tuple[str, ...] = ()
    licence: str = "CC BY 4.0 (Upworthy Research Archive, Matias et al., Scientific Data 2021)"

    def batches(self, path: Path, options: ReadOptions) -> Iterator[Batch]:
        mapping = ColumnMapping(columns=UPWORTHY_COLUMNS, optional=UPWORTHY_OPTIONAL, constants={"language": "en"})
        for batch in read_batches(path, WIDE, mapping, options, IMPOSSIBLE):
            # Two arms may carry the same text and picture, so each row is an arm of its own.
            arm = pl.concat_str(pl.lit(batch.file.name + "#"), pl.col(ROW).cast(pl.String)).alias("arm_id")
            yield Batch(batch.good.with_columns(arm).select(batch.good.columns), batch.rejects, batch.file, batch.rows)


ARS = Table(
    "Ars Technica tests",
    (
        Column("post_date", WIDE.columns[6].dtype),
        Column("title_a", pl.String, required=True),
        Column("title_b", pl.String, required=True),
        Column("title_a_rate", pl.Float64, minimum=0.0, maximum=1.0),
        Column("title_b_rate", pl.Float64, minimum=0.0, maximum=1.0),
        Column("winner", pl.String),
        Column("confidence", pl.Float64, minimum=0.0, maximum=100.0),
    ),
    (),
)
ARS_DATES = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%y %I:%M %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y", "%m/%d/%y")


@dataclass(frozen=True, slots=True)
class ArsAdapter:
    """Ars Technica's headline tests: a row per test of two titles, with click rates and no counts."""

    name: str = "ars"
    licence: str = "none stated (Ars Technica's headline tests)"
    notes: tuple[str, ...] = (
        "This log has click rates and no impressions. That costs: no p-values, no evidence weights, no sample-ratio "
        "test, no exposure filter, and no pairs with counts. The stated winner and confidence are kept as the "
        "source's word.",
    )

    def batches(self, path: Path, options: ReadOptions) -> Iterator[Batch]:
        mapping = ColumnMapping(null_values=("null", "NULL"), dates=ARS_DATES)
        for batch in read_batches(path, ARS, mapping, options):
            yield Batch(_two_arms(batch.good), batch.rejects, batch.file, batch.rows)


def _two_arms(tests: pl.DataFrame) -> pl.DataFrame:
    date = pl.col("post_date").dt.to_string("%Y-%m-%dT%H:%M").fill_null("")
    keys = tests.select(pl.concat_str(date, "title_a", "title_b", separator="\x1f")).to_series().to_list()
    ids = pl.Series("content_id", [f"ars-{hashlib.sha256(key.encode()).hexdigest()[:16]}" for key in keys], pl.String)
    tests = tests.with_columns(ids)
    arms: list[pl.DataFrame] = []
    for order, side in enumerate("ab"):
        arms.append(
            tests.select(
                "content_id",
                pl.col("content_id").alias("experiment_id"),
                pl.lit(side).alias("arm_id"),
                pl.col(f"title_{side}").alias("body"),
                pl.col(f"title_{side}_rate").alias("rate"),
                pl.col("post_date").alias("created_at"),
                pl.col("post_date").alias("started_at"),
                (pl.col("winner").str.to_lowercase() == side).cast(pl.Int64).alias("stated_winner"),
                (pl.col("confidence") / 100).alias("stated_confidence"),
                pl.lit("en").alias("language"),
                ROW,
                pl.lit(order).alias("order"),
            )
        )
    wide = pl.concat(arms).sort(ROW, "order").drop("order", ROW)
    return WIDE.conform(wide).with_columns(pl.lit(0, pl.Int64).alias(ROW))
