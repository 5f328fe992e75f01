"""A table of wishes, entered into the ledger."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pushgen.intake import Batch, read_batches
from pushgen.intake.raw import ROW
from pushgen.intake.validate import Rule
from pushgen.progress import say
from pushgen.tables import INSTANT, REJECTS, Column, Table, write_table

if TYPE_CHECKING:
    from pushgen.delivery import DeliveryConfig
    from pushgen.protocols import Clock
    from pushgen.store import Store

ORDERS = Table(
    "plan",
    (
        *(Column(name, pl.String, required=True) for name in ("user_id", "campaign_id", "window", "channel")),
        Column("push_id", pl.String),
        Column("content_id", pl.String),
        Column("due_at", INSTANT),
        Column("expires_at", INSTANT),
        Column("experiment_id", pl.String),
    ),
    ("user_id", "campaign_id", "window"),
)

NAMES_WHAT = Rule(
    "push_id", "neither a push nor a content", pl.col("push_id").is_null() & pl.col("content_id").is_null()
)


def enter(store: "Store", path: Path, config: "DeliveryConfig", clock: "Clock", rejects: Path | None) -> dict[str, int]:
    """Enters the rows of a file; how many are new, known already, and rejected.

    A row that names a content in place of a push gets the push that was approved for it.
    """
    from pushgen.delivery import Ledger, Order

    now, bad = clock.now(), list[pl.DataFrame]()

    def orders() -> Iterator[Order]:
        batch: Batch
        for batch in read_batches(path, ORDERS, rules=(NAMES_WHAT,)):
            good, unapproved = _with_pushes(store, batch)
            bad.extend((batch.rejects, unapproved))
            for row in good.drop("content_id", ROW).iter_rows(named=True):
                values: dict[str, Any] = {**row, "due_at": row["due_at"] or now}
                yield Order(**values)

    new, known = Ledger(store, config, clock).plan(orders())
    rejected = pl.concat(bad) if bad else REJECTS.schema.to_frame()
    say(f"{new:,} deliveries are new, {known:,} were entered before.")
    if rejected.height:
        file = rejects or path.with_name(f"{path.name}.rejects.parquet")
        write_table(rejected, file, REJECTS)
        say(f"{rejected.height:,} rows of {path} cannot be used; they are set apart in {file}")
    return {"new": new, "known": known, "rejected": rejected.height}


def _with_pushes(store: "Store", batch: Batch) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows with the push of each, and rejects for contents that have no approved push."""
    rows = batch.good
    asked = rows.filter(pl.col("push_id").is_null())["content_id"].unique().to_list()
    if not asked:
        return rows, REJECTS.frame([])
    with store.read() as tx:
        approved = tx.approved.push_of(asked)
    names = pl.col("content_id").replace_strict(approved, default=None, return_dtype=pl.String)
    rows = rows.with_columns(pl.coalesce("push_id", names).alias("push_id"))
    lacking = rows.filter(pl.col("push_id").is_null())
    rejects = lacking.select(
        file=pl.lit(str(batch.file)),
        row=pl.col(ROW).cast(pl.Int64),
        field=pl.lit("content_id"),
        reason=pl.lit("no approved push"),
        value=pl.col("content_id"),
    )
    return rows.filter(pl.col("push_id").is_not_null()), REJECTS.conform(rejects)
