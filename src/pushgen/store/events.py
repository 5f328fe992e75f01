"""Events, and the trail of who did what."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select

from pushgen.records import AuditEntry, Event
from pushgen.store import schema
from pushgen.store.repository import Repository

_e = schema.events.c


class Events(Repository[Event]):
    """What users did. `add` counts an event that is reported again as one that is there."""

    table = schema.events
    record = Event

    def named(self, event_ids: Collection[str]) -> dict[str, Event]:
        """The events with these ids that there are."""
        found = self._all(select(self.table).where(_e.event_id.in_(event_ids)))
        return {event.event_id: event for event in found}

    def between(self, start: datetime, end: datetime, *, after: str, limit: int) -> list[Any]:
        """Rows of events in [start, end): event_id, kind, at, user_id, key, push_id; a page by event_id."""
        query = (
            select(_e.event_id, _e.kind, _e.at, _e.user_id, _e.key, _e.push_id)
            .where(_e.at >= start, _e.at < end, _e.event_id > after)
            .order_by(_e.event_id)
            .limit(limit)
        )
        return list(self._connection.execute(query))

    def of_experiment(self, experiment_id: str, push_ids: Sequence[str], *, after: str, limit: int) -> list[Any]:
        """Rows of events about deliveries of an experiment, or about its pushes where they name no delivery.

        Their columns are event_id, kind, at, user_id, push_id, those of the delivery where there is one; a page by
        event_id.
        """
        sent = schema.deliveries.c
        mine = _e.key.in_(select(sent.key).where(sent.experiment_id == experiment_id))
        query = (
            select(
                _e.event_id,
                _e.kind,
                _e.at,
                func.coalesce(sent.user_id, _e.user_id),
                func.coalesce(sent.push_id, _e.push_id),
            )
            .select_from(self.table.outerjoin(schema.deliveries, sent.key == _e.key))
            .where(or_(mine, and_(_e.key.is_(None), _e.push_id.in_(push_ids))), _e.event_id > after)
            .order_by(_e.event_id)
            .limit(limit)
        )
        return list(self._connection.execute(query))


class Audit(Repository[AuditEntry]):
    """Who did what to which thing, in the order in which it happened; only ever added to."""

    table = schema.audit
    record = AuditEntry

    def note(self, entry: AuditEntry) -> None:
        self._connection.execute(insert(self.table), [self._row(entry)])

    def of(self, noun: str, noun_id: str) -> list[AuditEntry]:
        where = (self.table.c.noun == noun, self.table.c.noun_id == noun_id)
        return self._all(select(self.table).where(*where).order_by("entry_id"))
