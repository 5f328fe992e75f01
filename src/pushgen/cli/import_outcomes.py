"""`pushgen import outcomes`: what another sender reports of pushes it sent."""

from pathlib import Path

from pushgen.cli.db_upgrade import DATABASE, Database


def outcomes(report: Path, *, database: Database = DATABASE, rejects: Path | None = None, json: bool = False) -> None:
    """Record what became of pushes that another sender has sent.

    Columns: `key` as it was exported (`delivery_key`, `transactionId` and `idempotency_key` name it, too) and `status`
    (or `event`): delivered, sent, bounced, failed, skipped, suppressed ..., opened, clicked, unsubscribed; and `at`
    (or `timestamp`). Opens and clicks become events for `pushgen export log`.

    Parameters
    ----------
    report
        CSV, JSONL or Parquet.
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    rejects
        Where to write rows that cannot be used; beside REPORT where not given, only if there are any.
    json
        Print the counts as JSON on standard output.
    """
    from pushgen.cli.output import print_json
    from pushgen.cli.reports import record_report
    from pushgen.progress import say
    from pushgen.store import open_store
    from pushgen.tables import REJECTS, write_table

    store = open_store(database)
    counts, rejected = record_report(store, report)
    store.close()
    for name, count in counts.items():
        say(f"  {name}: {count:,}")
    if rejected.height:
        place = rejects or report.with_name(f"{report.name}.rejects.parquet")
        write_table(rejected, place, REJECTS)
        say(f"{rejected.height:,} rows cannot be used; they are set apart in {place}")
    if json:
        print_json({**counts, "rejected": rejected.height})
