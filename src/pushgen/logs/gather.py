"""Sums a stream of log rows up to one row per arm as published, in memory that grows with the arms, not the rows."""

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
STATED = ("stated_winner", "stated_confidence")
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
        if batch.good.is_empty():
            return
        frame = batch.good.drop(ROW).with_columns(
            # Texts repeat: as categories they are compared by number.
            pl.col(KEYS).cast(pl.Categorical),
            pl.int_range(self._seen, self._seen + pl.len(), dtype=pl.Int64).alias(FIRST),
        )
        self._seen += batch.good.height
        self._parts.append(_sum(frame))
        self._height += self._parts[-1].height
        if self._height > _COMPACT_ABOVE + 2 * self._parts[0].height:
            self._parts = [_sum(pl.concat(self._parts))]
            self._height = self._parts[0].height

    def arms(self) -> pl.DataFrame:
        """One row per arm and distinct raw text, ordered by first appearance: the columns of `WIDE`, `rows`, `first`.

        A count that no row of the arm gave is null.
        """
        if not self._parts:
            return pl.DataFrame(schema={**WIDE.schema, FIRST: pl.Int64, ROWS: pl.Int64})
        return _sum(pl.concat(self._parts)).sort(FIRST).with_columns(pl.col(KEYS).cast(pl.String))


def _sum(frame: pl.DataFrame) -> pl.DataFrame:
    nulls = {name: frame[name].null_count() for name in frame.columns}
    filled = [name for name in frame.columns if nulls[name] < frame.height]
    rows = pl.col(ROWS).sum() if ROWS in filled else pl.len().cast(pl.Int64).alias(ROWS)
    aggregates = [
        *(_total(name, gaps=nulls[name] > 0) for name in COUNTS if name in filled),
        *(pl.col(name).min() for name in EARLIEST if name in filled),
        *(pl.col(name).max() for name in STATED if name in filled),
        # A rate cannot be summed up over rows without counts: the arm's first one stands.
        *(pl.col(name).sort_by(FIRST).drop_nulls().first() for name in ("rate",) if name in filled),
        pl.col(FIRST).min(),
        rows,
    ]
    absent = [pl.lit(None, frame.schema[name]).alias(name) for name in frame.columns if name not in filled]
    order = [*(name for name in frame.columns if name != ROWS), ROWS]
    keys = [name for name in KEYS if name in filled]
    return frame.group_by(keys).agg(aggregates).with_columns(absent).select(order)


def _total(name: str, *, gaps: bool) -> pl.Expr:
    if not gaps:
        return pl.col(name).sum()
    return pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
