"""Reports of other senders, as outcomes and events."""

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from pushgen.delivery.senders import REPORTED
from pushgen.intake import ColumnMapping, load
from pushgen.intake.header import column_types
from pushgen.intake.validate import Rule
from pushgen.records import DeliveryState, Event, EventKind
from pushgen.store import Store
from pushgen.tables import INSTANT, Column, Table

REPORT = Table(
    "outcome report",
    (Column("key", pl.String, required=True), Column("status", pl.String, required=True), Column("at", INSTANT)),
    (),
)
NAMES = {
    "key": ("key", "delivery_key", "transactionId", "idempotency_key"),
    "status": ("status", "event", "event_type"),
    "at": ("at", "timestamp", "time"),
}
"""Names that a column may have, the first that is there counts."""
EVENTS = {
    **dict.fromkeys(("opened", "open", "clicked", "click"), EventKind.CLICK),
    **dict.fromkeys(("impression", "displayed", "seen"), EventKind.IMPRESSION),
}
_KNOWN = Rule(
    "status",
    f"not one of {', '.join(sorted({*REPORTED, *EVENTS}))}",
    ~pl.col("status").str.strip_chars().str.to_lowercase().is_in(sorted({*REPORTED, *EVENTS})),
)


def record_report(store: Store, path: Path) -> tuple[dict[str, int], pl.DataFrame]:
    """Counts of what was changed, and the rejects. A report that is read twice changes nothing the second time."""
    there = column_types(path)
    columns = {field: name for field, names in NAMES.items() if (name := next((n for n in names if n in there), None))}
    loaded = load(path, REPORT, ColumnMapping(columns=columns), rules=(_KNOWN,))
    now = datetime.now(UTC)
    keys: dict[tuple[DeliveryState, str], list[str]] = defaultdict(list)
    events: list[Event] = []
    for row in loaded.frame.iter_rows(named=True):
        key, word = row["key"].replace("-", ""), row["status"].strip().lower()
        if word in EVENTS:
            kind = EVENTS[word]
            events.append(Event(event_id=f"{key}:{kind.value}", kind=kind, at=row["at"] or now, key=key))
        else:
            keys[REPORTED[word], word].append(key)
    changed = 0
    with store.begin() as tx:
        for (state, word), group in keys.items():
            for start in range(0, len(group), 10_000):
                changed += tx.deliveries.report(group[start : start + 10_000], state, word, now)
        added = tx.events.add(events)
    known = loaded.frame.height - changed - added
    return {"outcomes changed": changed, "events new": added, "without effect": known}, loaded.rejects
