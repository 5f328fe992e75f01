"""Sums a stream of log rows up to one row per arm as published, in memory that grows with the arms, not the rows."""

from collections.abc import Sequence

import polars as pl

from pushgen.intake import Batch
from pushgen.intake.raw import ROW
from pushgen.logs.wide import COUNTS, WIDE

KEYS = (
    "content_id",
    "experiment_id",
    "arm_id",
    "push_id",
    "media",
    "title",
    "body",
    "content_title",
    "caption",
    "content_media",
    "language",
    "category",
    "style",
    "link",
)
"""Texts and ids that tell rows apart; what is left is summed or taken once."""
EARLIEST = ("created_at", "expires_at", "started_at")
STATED = ("rate", "stated_winner", "stated_confidence")
ROWS, FIRST = "rows", "first"
"""Columns added here: how many rows were summed, and the position of the first one in the whole input."""
_COMPACT_ABOVE = 1_000_000


class Gatherer:
    """Rows in, arms out. The result depends on the rows and their order only, not on where batches were cut."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []
        self._height = 0
        self._seen = 0

    def add(self, batch: Batch) -> None:
        """Takes in the good rows of a batch."""
        frame = batch.good.drop(ROW).with_columns(
            pl.int_range(self._seen, self._seen + pl.len(), dtype=pl.Int64).alias(FIRST),
            pl.lit(1, pl.Int64).alias(ROWS),
            *((pl.col(name).is_not_null().cast(pl.Int64)).alias(f"{name}_given") for name in COUNTS),
        )
        self._seen += batch.good.height
        part = _sum(frame)
        self._parts.append(part)
        self._height += part.height
        if self._height > _COMPACT_ABOVE + 2 * self._parts[0].height:
            self._parts = [_sum(pl.concat(self._parts))]
            self._height = self._parts[0].height

    def arms(self) -> pl.DataFrame:
        """One row per arm and distinct raw text, ordered by first appearance: `WIDE` without row numbers, with
        `rows` and `first`. A count that no row gave is null.
        """
        if not self._parts:
            empty = {**WIDE.schema, FIRST: pl.Int64, ROWS: pl.Int64}
            return pl.DataFrame(schema=empty)
        total = _sum(pl.concat(self._parts)).sort(FIRST)
        given = [pl.when(pl.col(f"{name}_given") > 0).then(pl.col(name)).alias(name) for name in COUNTS]
        return total.with_columns(given).drop(f"{name}_given" for name in COUNTS)


def _sum(frame: pl.DataFrame) -> pl.DataFrame:
    keys = _filled(frame, KEYS)
    # Two 64-bit hashes stand for the key columns: texts are hashed once instead of being copied into row keys.
    hashes = [pl.struct(keys).hash(seed).alias(f"__{seed}") for seed in (1, 2)]
    summed = [*COUNTS, *(f"{name}_given" for name in COUNTS), ROWS]
    order = list(frame.columns)
    filled = set(_filled(frame, order))
    aggregates = [
        *(pl.col(name).first() for name in KEYS),
        *(pl.col(name).sum() if name in filled else pl.col(name).first() for name in summed),
        *(pl.col(name).min() if name in filled else pl.col(name).first() for name in EARLIEST),
        *(pl.col(name).mean() if name == "rate" else pl.col(name).max() for name in STATED),
        pl.col(FIRST).min(),
    ]
    return frame.with_columns(hashes).group_by("__1", "__2").agg(aggregates).select(order)


def _filled(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    return [name for name in names if frame[name].null_count() < frame.height]
