"""The way back: deliveries and events become a log for training. Here the loop closes on real traffic."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from pushgen.errors import InputError
from pushgen.intake import ColumnMapping
from pushgen.logs.adapters import TableAdapter
from pushgen.logs.attribution import HAPPENED, SENT, Attributed, Attribution, attribute
from pushgen.logs.importing import ImportConfig, import_log
from pushgen.logs.log import Log
from pushgen.store import Store, Transaction

PAGE = 20_000


def export_log(
    store: Store, out: Path, *, start: datetime, end: datetime, config: Attribution
) -> tuple[Log, Attributed]:
    """Pushes sent in [start, end) with their counts as a log folder, audited as every import is.

    Events are read up to the end of the window after the last push. Raises `InputError` where nothing was sent.
    """
    with store.read() as tx:
        sent = _pages(lambda after: tx.deliveries.sent_between(start, end, after=after, limit=PAGE), SENT, 0)
        if sent.is_empty():
            raise InputError(
                expected=f"pushes that a provider accepted between {start.isoformat()} and {end.isoformat()}",
                found="none",
                remedy="Send first with `pushgen deliver`, or choose a longer span with --start and --end.",
            )
        until = end + timedelta(hours=config.window_hours)
        schema = pl.Schema({"event_id": pl.String, **HAPPENED})
        happened = _pages(lambda after: tx.events.between(start, until, after=after, limit=PAGE), schema, 0)
        attributed = attribute(sent, happened.drop("event_id"), config)
        wide = _with_words(tx, attributed.exposures)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "deliveries.parquet"
        wide.write_parquet(file)
        return import_log([file], out, TableAdapter(ColumnMapping()), ImportConfig()), attributed


def _pages(read: Callable[[str], Sequence[Any]], schema: pl.Schema, key: int) -> pl.DataFrame:
    parts, after = [schema.to_frame()], ""
    while rows := read(after):
        parts.append(pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row"))
        after = rows[-1][key]
    return pl.concat(parts)


def _with_words(tx: Transaction, exposures: pl.DataFrame) -> pl.DataFrame:
    """The rows of a log as `pushgen import table` reads them: counts, the push, its content."""
    ids = exposures["push_id"].unique().sort().to_list()
    pushes = [
        push for start in range(0, len(ids), PAGE) for push in tx.pushes.named(ids[start : start + PAGE]).values()
    ]
    names = sorted({push.content_id for push in pushes})
    contents = {name: content for name in names if (content := tx.contents.get(name))}
    words = pl.DataFrame(
        [
            {
                "push_id": push.push_id,
                "content_id": push.content_id,
                "title": push.title,
                "body": push.body,
                "style": push.style,
                "language": push.language or contents[push.content_id].language,
                "link": push.link,
                "expires_at": push.expires_at,
                "media": push.media,
                "content_title": contents[push.content_id].title,
                "caption": contents[push.content_id].caption,
                "content_media": contents[push.content_id].media,
                "category": contents[push.content_id].category,
                "created_at": contents[push.content_id].created_at,
            }
            for push in pushes
        ],
        schema_overrides={"expires_at": SENT["sent_at"], "created_at": SENT["sent_at"]},
        infer_schema_length=None,
    )
    return exposures.join(words, on="push_id", how="inner", maintain_order="left")
