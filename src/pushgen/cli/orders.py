"""A table of wishes, entered into the ledger."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pushgen.intake import Batch, read_batches
from pushgen.progress import say
from pushgen.tables import INSTANT, REJECTS, Column, Table, write_table

if TYPE_CHECKING:
    from pushgen.delivery import DeliveryConfig
    from pushgen.protocols import Clock
    from pushgen.store import Store

ORDERS = Table(
    "plan",
    (
        *(
            Column(name, pl.String, required=True)
            for name in ("user_id", "campaign_id", "window", "push_id", "channel")
        ),
        Column("due_at", INSTANT),
        Column("expires_at", INSTANT),
        Column("experiment_id", pl.String),
    ),
    ("user_id", "campaign_id", "window"),
)


def enter(store: "Store", path: Path, config: "DeliveryConfig", clock: "Clock", rejects: Path | None) -> dict[str, int]:
    """Enters the rows of a file; how many are new, known already, and rejected."""
    from pushgen.delivery import Ledger, Order

    now, bad = clock.now(), list[pl.DataFrame]()

    def orders() -> Iterator[Order]:
        batch: Batch
        for batch in read_batches(path, ORDERS):
            bad.append(batch.rejects)
            for row in batch.good.select(ORDERS.names).iter_rows(named=True):
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
