"""From the tables of a log to one row of counts per push: what the filters judge.

Everything here runs on lazy scans with the streaming engine. What is held in memory is one row of numbers and ids
per push; texts and captions stay on disk until the filters have spoken.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import polars as pl

from pushgen.curation.funnel import Funnel
from pushgen.tables import CONTENTS, EXPERIMENTS, EXPOSURES, PUSHES, Table, part_files

TRIALS = {
    "clicks": "impressions",
    "short_views": "clicks",
    "long_views": "clicks",
    "dislikes": "impressions",
}
"""What each count is divided by. The column `clicks_of` holds the impressions of those exposures only whose clicks are
known, and so on: a count that some exposures of a push lack is not diluted by them."""
RATE_UNIT = 1e12
SUMS = ("impressions", *TRIALS, *(f"{name}_of" for name in TRIALS), "rate_sum", "rates")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTables:
    """The four tables of a log as lazy scans, with the columns of `pushgen.tables`."""

    contents: pl.LazyFrame
    pushes: pl.LazyFrame
    exposures: pl.LazyFrame
    experiments: pl.LazyFrame

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Scans of a log folder, `contents/`, `pushes/`, `exposures/` and `experiments/` below it.

        Raises `InputError` where one of them is missing.
        """
        tables = {"contents": CONTENTS, "pushes": PUSHES, "exposures": EXPOSURES, "experiments": EXPERIMENTS}
        return cls(**{name: scan(folder / name, table) for name, table in tables.items()})

    @classmethod
    def of(
        cls, contents: pl.DataFrame, pushes: pl.DataFrame, exposures: pl.DataFrame, experiments: pl.DataFrame
    ) -> Self:
        """Tables that are in memory, checked against their schemas."""
        return cls(
            contents=CONTENTS.conform(contents).lazy(),
            pushes=PUSHES.conform(pushes).lazy(),
            exposures=EXPOSURES.conform(exposures).lazy(),
            experiments=EXPERIMENTS.conform(experiments).lazy(),
        )

    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in fields(self))


def scan(path: Path, table: Table) -> pl.LazyFrame:
    """A lazy scan of a table on disk; the first part is checked against the schema."""
    files = part_files(path)
    table.conform(pl.read_parquet(files[0], n_rows=0), file=str(files[0]))
    return pl.scan_parquet(files, missing_columns="insert").select(
        pl.col(column.name).cast(column.dtype) for column in table.columns
    )


def push_rows(log: LogTables, funnel: Funnel) -> pl.DataFrame:
    """One row per push: push_id, content_id, media, style, text_hash, blank. Repeated push ids are counted away.

    Equal texts have equal hashes. The hash has 64 bits and is compared within one content only, so that two
    different texts of a content are taken for one with a chance of less than 1e-13 for a thousand texts.
    """
    rows = log.pushes.select(
        "push_id",
        "content_id",
        "media",
        "style",
        text_hash=text_of().hash(seed=0),
        blank=text_of().str.strip_chars() == "",
    ).collect(engine="streaming")
    funnel.rows_in = rows.height
    repeated = rows.height - rows["push_id"].n_unique()
    funnel.count("repeated push id", repeated)
    if not repeated:
        return rows
    # Sorted on all columns, so that of two rows with one id the same one stays in any row order.
    rows = rows.sort("push_id", "content_id", "text_hash", "media", "style", nulls_last=True)
    return rows.unique("push_id", keep="first", maintain_order=True)


def text_of() -> pl.Expr:
    """`pushgen.records.push_text` as an expression."""
    titled = pl.col("title").is_not_null() & (pl.col("title") != "")
    return pl.when(titled).then(pl.concat_str("title", pl.lit(": "), "body")).otherwise(pl.col("body"))


def exposure_rows(log: LogTables, funnel: Funnel) -> pl.LazyFrame:
    """Exposures without those of excluded experiments, with the columns `SUMS` to add up; exact copies count once."""
    # A repeated experiment row is excluded where any of its copies is.
    marked = (
        log.experiments.filter(pl.col("excluded").is_not_null())
        .group_by("experiment_id")
        .agg(pl.col("excluded").min())
        .collect(engine="streaming")
    )
    for reason, number in marked.group_by("excluded").len().sort("excluded").iter_rows():
        funnel.excluded[str(reason)] = int(number)
    rows = log.exposures.unique()
    if marked.height:
        rows = rows.join(marked.lazy().select("experiment_id"), on="experiment_id", how="anti")
    # A stated rate is read where there are no counts only: elsewhere the rate is their quotient.
    bare = pl.col("impressions").is_null() | pl.col("clicks").is_null()
    return rows.with_columns(
        *(pl.when(pl.col(count).is_not_null()).then(pl.col(of)).alias(f"{count}_of") for count, of in TRIALS.items()),
        # Whole numbers, because a parallel sum of floats depends on the order of the rows.
        pl.when(bare).then((pl.col("rate") * RATE_UNIT).round().cast(pl.Int64)).alias("rate_sum"),
        pl.when(bare & pl.col("rate").is_not_null()).then(1).alias("rates"),
    )


def known_sum(name: str) -> pl.Expr:
    """The sum of what is known; null, not 0, where nothing is."""
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)


def counts_per_push(exposures: pl.LazyFrame) -> pl.DataFrame:
    """push_id and the columns `SUMS`, one row per push that was shown."""
    return exposures.group_by("push_id").agg(known_sum(name) for name in SUMS).collect(engine="streaming")


def merge_texts(rows: pl.DataFrame, more: tuple[str, ...] = ()) -> pl.DataFrame:
    """Pushes of one content with one text as one row, their counts and the columns `more` added up.

    The row keeps the smallest push id, the style of the first push that has one, and gets `rate`, the mean of the
    stated rates.
    """
    return (
        rows.sort("push_id")
        .group_by("content_id", "text_hash", maintain_order=True)
        .agg(
            pl.col("push_id").first(),
            pl.col("style").drop_nulls().first(),
            *(known_sum(name) for name in (*SUMS, *more)),
        )
        .with_columns(rate=pl.col("rate_sum") / pl.col("rates") / RATE_UNIT)
        .drop("rate_sum", "rates")
        .sort("push_id")
    )
