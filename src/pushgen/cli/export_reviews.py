"""`pushgen export reviews`: what people decided as a log for training."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pushgen.cli.db_upgrade import DATABASE, Database


def reviews(
    *, out: Annotated[Path, Parameter(name="--out")], database: Database = DATABASE, json: bool = False
) -> None:
    """Write edits, rejections and judgements of pairs as a log of tests with bare winners.

    Give it to `pushgen train reward LOG OUT` behind a log with counts; it is taken in where it helps.

    Parameters
    ----------
    out
        Folder of the log.
    database
        sqlite:///FILE or postgresql://USER@HOST/NAME.
    json
        Print the counts as JSON on standard output.
    """
    from pushgen.cli.output import print_json
    from pushgen.pipeline.export_reviews import export_reviews
    from pushgen.progress import say
    from pushgen.store import open_store

    store = open_store(database)
    _, found = export_reviews(store, out)
    store.close()
    say(f"{sum(found.pairs.values()):,} preferences: {out}")
    for name, count in (*found.pairs.items(), *((f"left out, {reason}", n) for reason, n in found.left_out.items())):
        say(f"  {name}: {count:,}")
    if json:
        print_json({"pairs": dict(found.pairs), "left_out": dict(found.left_out)})
