"""Foreign tables of the nouns of the database, as records."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import polars as pl

from pushgen.intake import load
from pushgen.intake.header import column_types
from pushgen.intake.validate import Rule
from pushgen.records import EVERY_TOPIC, Campaign, Content, Device, Preference, Priority, Push, Recipient
from pushgen.tables import CONTENTS, INSTANT, PUSHES, Column, Table


def _text(*names: str, required: bool = False) -> tuple[Column, ...]:
    return tuple(Column(name, pl.String, required) for name in names)


CAMPAIGNS = Table(
    "campaigns",
    (
        *_text("campaign_id", "topic", required=True),
        *_text("priority"),
        Column("stale_after_seconds", pl.Float64, minimum=0.0),
    ),
    ("campaign_id",),
)
RECIPIENTS = Table("recipients", (*_text("user_id", required=True), *_text("zone")), ("user_id",))
DEVICES = Table(
    "devices",
    (
        *_text("device_id", "user_id", "channel", "address", required=True),
        Column("seen_at", INSTANT),
        *_text("p256dh", "auth"),
    ),
    ("device_id",),
)
PREFERENCES = Table("preferences", _text("user_id", "wanted", required=True) + _text("topic"), ())
YES, NO = ("true", "yes", "1"), ("false", "no", "0")
PRIORITIES = tuple(priority.name.lower() for priority in Priority)


def read_records(noun: str, file: Path) -> tuple[list[Any], pl.DataFrame]:
    """Records of a file and the rejects."""
    table, rules = _TABLES[noun]
    if noun == "recipients":
        slots = sorted(set(column_types(file)) - set(table.names))
        table = Table(table.name, (*table.columns, *_text(*slots)), table.key)
    loaded = load(file, table, rules=rules)
    now = datetime.now(UTC)
    return [_record(noun, row, now) for row in loaded.frame.iter_rows(named=True)], loaded.rejects


def _record(noun: str, row: dict[str, Any], now: datetime) -> Any:
    match noun:
        case "contents":
            return Content(**row)
        case "pushes":
            return Push(**row)
        case "campaigns":
            row["priority"] = Priority[(row["priority"] or "normal").upper()]
            return Campaign(**row)
        case "recipients":
            fields = {name: value for name, value in row.items() if name not in RECIPIENTS.names and value is not None}
            return Recipient(user_id=row["user_id"], zone=row["zone"], fields=fields)
        case "devices":
            keys = {name: row.pop(name) for name in ("p256dh", "auth")}
            row["keys"] = {name: value for name, value in keys.items() if value}
            row["seen_at"] = row["seen_at"] or now
            return Device(**row)
        case _:
            row["topic"] = row["topic"] or EVERY_TOPIC
            row["wanted"] = row["wanted"].lower() in YES
            return Preference(**row, changed_at=now)


_ZONE = Rule(
    "zone",
    "no IANA time zone such as Europe/Berlin",
    pl.col("zone").is_not_null() & ~pl.col("zone").is_in(sorted(available_timezones())),
)
_PRIORITY = Rule(
    "priority",
    f"not one of {', '.join(PRIORITIES)}",
    pl.col("priority").is_not_null() & ~pl.col("priority").is_in(PRIORITIES),
)
_WANTED = Rule("wanted", f"not one of {', '.join(YES + NO)}", ~pl.col("wanted").str.to_lowercase().is_in(YES + NO))
_TABLES: dict[str, tuple[Table, tuple[Rule, ...]]] = {
    "contents": (CONTENTS, ()),
    "pushes": (PUSHES, ()),
    "campaigns": (CAMPAIGNS, (_PRIORITY,)),
    "recipients": (RECIPIENTS, (_ZONE,)),
    "devices": (DEVICES, ()),
    "preferences": (PREFERENCES, (_WANTED,)),
}
