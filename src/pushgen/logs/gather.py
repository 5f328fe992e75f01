"""Sums a stream of log rows up to one row per arm as published, in memory that grows with the arms, not the rows."""

from collections.abc import Mapping

import polars as pl

from pushgen.intake import Batch
from pushgen.intake.arrow import to_polars
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
_MARK = "__mark"
_COMPACT_ABOVE = 1_000_000


class Gatherer:
    """Rows in, arms out. The result depends on the rows and their order only, not on where batches were cut.

    Rows are told apart by a 64-bit hash of their keys, and the texts themselves are kept once per arm, when it is
    first met. Two arms are taken for one with a chance of 3e-8 for a million arms.
    """

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []
        self._height = 0
        self._seen = 0
        self._keys: list[pl.DataFrame] = []
        self._known = pl.Series(_MARK, dtype=pl.UInt64)

    def add(self, batch: Batch) -> None:
        """Takes in the good rows of a batch."""
        good = batch.good
        if good.is_empty():
            return
        nulls = good.null_count().row(0, named=True)
        numbers = [name for name in (*COUNTS, *EARLIEST, *STATED, "rate") if nulls[name] < good.height]
        position = pl.int_range(self._seen, self._seen + pl.len(), dtype=pl.Int64).alias(FIRST)
        marked = good.with_columns(_mark(nulls, good.height), position)
        self._seen += good.height
        self._keep_new(marked)
        self._parts.append(marked.select(_MARK, *numbers, FIRST, pl.lit(1, pl.Int64).alias(ROWS)))
        self._height += good.height
        if self._height > _COMPACT_ABOVE + 2 * self._parts[0].height:
            self._parts = [self._total()]
            self._height = self._parts[0].height

    def arms(self) -> pl.DataFrame:
        """One row per arm and distinct raw text, ordered by first appearance: the columns of `WIDE`, `rows`, `first`.

        A count that no row of the arm gave is null.
        """
        schema = {**WIDE.schema, FIRST: pl.Int64, ROWS: pl.Int64}
        if not self._parts:
            return pl.DataFrame(schema=schema)
        total = self._total().join(pl.concat(self._keys), on=_MARK).sort(FIRST)
        absent = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in total.columns]
        return total.with_columns(absent).select(*schema)

    def _keep_new(self, marked: pl.DataFrame) -> None:
        """The keys of arms that no batch before had."""
        rows = marked.select(_MARK, *KEYS).filter(~marked[_MARK].is_in(self._known.implode()))
        if rows.is_empty():
            return
        rows = rows.unique(_MARK, keep="first", maintain_order=True)
        # Through Arrow, because a selection of texts would keep the whole batch in memory.
        self._keys.append(to_polars(rows.to_arrow(compat_level=pl.CompatLevel.oldest())))
        self._known = pl.concat([self._known, rows[_MARK]])

    def _total(self) -> pl.DataFrame:
        frame = pl.concat(self._parts, how="diagonal")
        columns = frame.columns
        aggregates = [
            *(_total(name, gaps=frame[name].has_nulls()) for name in COUNTS if name in columns),
            *(pl.col(name).min() for name in EARLIEST if name in columns),
            *(pl.col(name).max() for name in STATED if name in columns),
            # A rate cannot be summed up over rows without counts: the arm's first one stands.
            *(pl.col(name).sort_by(FIRST).drop_nulls().first() for name in ("rate",) if name in columns),
            pl.col(FIRST).min(),
            pl.col(ROWS).sum(),
        ]
        return frame.lazy().group_by(_MARK).agg(aggregates).collect(engine="streaming")


def _mark(nulls: Mapping[str, int], rows: int) -> pl.Expr:
    """A hash of the keys. A null adds nothing, so that columns without values need not be looked at."""
    parts: list[pl.Expr] = []
    for seed, name in enumerate(KEYS, 1):
        gaps = nulls[name]
        if gaps == rows:
            continue
        part = pl.col(name).hash(seed)
        parts.append(pl.when(pl.col(name).is_not_null()).then(part).otherwise(pl.lit(0, pl.UInt64)) if gaps else part)
    # Addition of unsigned numbers wraps around.
    return pl.sum_horizontal(parts).cast(pl.UInt64).alias(_MARK)


def _total(name: str, *, gaps: bool) -> pl.Expr:
    if not gaps:
        return pl.col(name).sum()
    return pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
