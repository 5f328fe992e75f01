"""Events in, each once; an opt-out changes the preference in the same transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pushgen.records import EVERY_TOPIC, Event, EventKind, Preference
from pushgen.service.events.schemas import EventIn, Recorded
from pushgen.service.fields import RejectedRow
from pushgen.service.problems import FieldError
from pushgen.store import Transaction

CLOCK_SKEW = timedelta(hours=1)
"""How far ahead of ours the clock of a device may be."""


@dataclass(slots=True)
class _Sorted:
    """Rows of a request, each in one place."""

    new: dict[str, Event] = field(default_factory=dict[str, Event])
    known: int = 0
    rejected: list[RejectedRow] = field(default_factory=list[RejectedRow])

    def reject(self, place: int, pointer: str, detail: str) -> None:
        self.rejected.append(RejectedRow(index=place, errors=[FieldError(pointer=pointer, detail=detail)]))


def record(
    tx: Transaction, rows: Mapping[int, EventIn], key: str | None, now: datetime
) -> tuple[Recorded, list[Event]]:
    """Keeps events that are new; what became of all, and the new ones.

    A row without an id of its own is named by the `key` of the request and its place in it. A row with the id of
    another event, an opt-out of nobody, and what is to happen in the future are rejected.
    """
    sorted_rows = _Sorted()
    events = {place: _event(tx, place, row, key) for place, row in rows.items()}
    stored = tx.events.named([event.event_id for event in events.values() if event.event_id])
    for place, event in events.items():
        before = stored.get(event.event_id) or sorted_rows.new.get(event.event_id)
        if not event.event_id:
            sorted_rows.reject(place, "/event_id", "give it an id, or the request an Idempotency-Key")
        elif event.at > now + CLOCK_SKEW:
            sorted_rows.reject(place, "/at", "lies in the future")
        elif event.kind is EventKind.OPT_OUT and event.user_id is None:
            sorted_rows.reject(place, "/user_id", "an opt-out needs the user, or the key of a delivery to one")
        elif before is None:
            sorted_rows.new[event.event_id] = event
        elif before == event:
            sorted_rows.known += 1
        else:
            sorted_rows.reject(place, "/event_id", "another event has this id")
    fresh = list(sorted_rows.new.values())
    # Somebody else may have sent the same events at the same moment.
    added = tx.events.add(fresh)
    opted_out = _opt_out(tx, fresh)
    recorded = Recorded(
        new=added,
        known=sorted_rows.known + len(fresh) - added,
        rejected=sorted_rows.rejected,
        opted_out=opted_out,
    )
    return recorded, fresh


def _event(tx: Transaction, place: int, row: EventIn, key: str | None) -> Event:
    values = row.model_dump()
    values["event_id"] = row.event_id or ("" if key is None else f"{key}:{place}")
    if row.kind is EventKind.OPT_OUT and row.user_id is None and row.key is not None:
        delivery = tx.deliveries.get(row.key)
        values["user_id"] = None if delivery is None else delivery.user_id
    return Event(**values)


def _opt_out(tx: Transaction, events: Iterable[Event]) -> int:
    """What was said later stays: an opt-out that is reported late takes nothing back that the user said since."""
    last: dict[tuple[str, str], Preference] = {}
    for event in sorted(events, key=lambda one: one.at):
        if event.kind is EventKind.OPT_OUT and event.user_id is not None:
            topic = event.topic or EVERY_TOPIC
            last[event.user_id, topic] = Preference(
                user_id=event.user_id, topic=topic, wanted=False, changed_at=event.at
            )
    changed = [
        preference
        for named, preference in last.items()
        if (before := tx.preferences.get(*named, lock=True)) is None or before.changed_at <= preference.changed_at
    ]
    if changed:
        tx.preferences.put(changed)
    return len(changed)
