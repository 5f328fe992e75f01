"""`pushgen export log`: deliveries and events as a log for training."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pushgen.cli.db_upgrade import DATABASE, Database


def log(
    *,
    out: Annotated[Path, Parameter(name="--out")],
    database: Database = DATABASE,
    start: datetime | None = None,
    end: datetime | None = None,
    window_hours: float | None = None,
    seen: bool = False,
    json: bool = False,
) -> None:
    """Write an A/B log for training from what was delivered and what users did.

    The log is the folder that `pushgen import` writes; curate it and train on it. Experiments keep their arms.

    Parameters
    ----------
    out
        Folder of the log.
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    start
        Pushes sent from this moment on (UTC); from the first one where not given.
    end
        Pushes sent before this moment (UTC); up to now where not given.
    window_hours
        A click counts for a push up to so many hours after it was sent; 24 where not given.
    seen
        Count as impressions what the app reported as seen, not every push that a provider accepted.
    json
        Print the counts as JSON on standard output.
    """
    from datetime import UTC

    from pushgen.cli.output import print_json
    from pushgen.logs.attribution import Attribution
    from pushgen.pipeline.export_log import export_log
    from pushgen.progress import say
    from pushgen.store import open_store

    def moment(value: datetime | None, default: datetime) -> datetime:
        return default if value is None else value if value.tzinfo else value.replace(tzinfo=UTC)

    config = Attribution(impressions="seen" if seen else "sent")
    if window_hours is not None:
        config = Attribution(impressions=config.impressions, window_hours=window_hours)
    store = open_store(database)
    written, found = export_log(
        store,
        out,
        start=moment(start, datetime(1970, 1, 1, tzinfo=UTC)),
        end=moment(end, datetime.now(UTC)),
        config=config,
    )
    store.close()
    totals = {name: int(written.exposures[name].sum() or 0) for name in ("impressions", "clicks")}
    say(f"{written.pushes.height:,} pushes, {totals['impressions']:,} impressions, {totals['clicks']:,} clicks: {out}")
    for name, count in found.events.items():
        say(f"  events {name}: {count:,}")
    if json:
        sizes = {"pushes": written.pushes.height, "experiments": written.experiments.height, **totals}
        print_json({**sizes, "events": found.events})
