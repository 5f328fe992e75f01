"""Sums a stream of log rows up to one row per arm as published, in memory that grows with the arms, not the rows."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.intake import Batch
from pushgen.intake.arrow import to_polars
from pushgen.logs.arm_index import ArmIndex
from pushgen.logs.arm_total import ArmTotal, Kind
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
_TOTALS: Mapping[str, tuple[Kind, type[np.int64] | type[np.float64]]] = {
    **dict.fromkeys(COUNTS, ("sum", np.int64)),
    **dict.fromkeys(EARLIEST, ("least", np.int64)),
    "stated_winner": ("greatest", np.int64),
    "stated_confidence": ("greatest", np.float64),
    # A rate cannot be summed up over rows without counts: the arm's first one stands.
    "rate": ("first", np.float64),
}
"""What an arm has of the numbers of its rows."""


class Gatherer:
    """Rows in, arms out. The result depends on the rows and their order only, not on where batches were cut.

    Rows are told apart by a 64-bit hash of their keys, and the texts themselves are kept once per arm, when it is
    first met. Two arms are taken for one with a chance of 3e-8 for a million arms.
    """

    def __init__(self) -> None:
        self._seen = 0
        self._index = ArmIndex()
        self._keys: list[pl.DataFrame] = []
        self._totals: dict[str, ArmTotal] = {ROWS: ArmTotal("sum", np.int64)}

    def add(self, batch: Batch) -> None:
        """Takes in the good rows of a batch."""
        good = batch.good
        if good.is_empty():
            return
        nulls = good.null_count().row(0, named=True)
        marks = good.select(_mark(nulls, good.height)).to_series().to_numpy()
        arms = self._index.find(marks)
        if (arms < 0).any():
            self._keep_new(good, marks, arms < 0)
            arms = self._index.find(marks)
        self._seen += good.height
        self._totals[ROWS].add(arms, np.ones_like(arms))
        for name, (kind, dtype) in _TOTALS.items():
            if nulls[name] == good.height:
                continue
            total = self._totals.setdefault(name, ArmTotal(kind, dtype))
            column = good[name]
            if nulls[name]:
                total.add(arms[column.is_not_null().to_numpy()], column.drop_nulls().to_physical().to_numpy())
            else:
                total.add(arms, column.to_physical().to_numpy())

    def arms(self) -> pl.DataFrame:
        """One row per arm and distinct raw text, ordered by first appearance: the columns of `WIDE`, `rows`, `first`.

        A count that no row of the arm gave is null.
        """
        schema = {**WIDE.schema, FIRST: pl.Int64, ROWS: pl.Int64}
        if not self._keys:
            return pl.DataFrame(schema=schema)
        totals = [total.series(len(self._index)).cast(schema[name]).alias(name) for name, total in self._totals.items()]
        absent = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in (*KEYS, FIRST)]
        return pl.concat(self._keys).with_columns(absent).with_columns(totals).select(*schema)

    def _keep_new(self, good: pl.DataFrame, marks: NDArray[np.uint64], new: NDArray[np.bool_]) -> None:
        """The keys of arms that no batch before had."""
        position = np.arange(self._seen, self._seen + good.height)
        rows = good.select(*KEYS, pl.Series(FIRST, position), pl.Series(_MARK, marks)).filter(pl.Series(new))
        rows = rows.unique(_MARK, keep="first", maintain_order=True)
        self._index.add(rows[_MARK].to_numpy())
        # Through Arrow, because a selection of texts would keep the whole batch in memory.
        self._keys.append(to_polars(rows.drop(_MARK).to_arrow(compat_level=pl.CompatLevel.oldest())))


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
