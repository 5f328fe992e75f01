"""Webhooks, and what they are to be told: an outbox that the transaction of the news itself fills."""

from datetime import datetime

from sqlalchemy import delete, select, update

from pushgen.records import Notice, Webhook
from pushgen.store import schema
from pushgen.store.repository import Repository

_n = schema.notices.c


class Webhooks(Repository[Webhook]):
    """Who is told of what."""

    table = schema.webhooks
    record = Webhook

    def remove(self, webhook_id: str) -> None:
        """Notices that it was not told yet are given up."""
        self._connection.execute(delete(self.table).where(self.table.c.webhook_id == webhook_id))

    def all(self) -> list[Webhook]:
        return self._all(select(self.table).order_by("webhook_id"))


class Notices(Repository[Notice]):
    """What is to be told, each until it was accepted or given up."""

    table = schema.notices
    record = Notice

    def claim(self, now: datetime, until: datetime, limit: int) -> list[Notice]:
        """Notices that are due, the oldest first; nobody else takes them before `until`."""
        query = (
            select(self.table).where(_n.settled_at.is_(None), _n.due_at <= now).order_by(_n.due_at, _n.at).limit(limit)
        )
        if self._connection.dialect.name == "postgresql":
            query = query.with_for_update(skip_locked=True)
        found = self._all(query)
        names = [notice.notice_id for notice in found]
        if names:
            self._connection.execute(update(self.table).where(_n.notice_id.in_(names)).values(due_at=until))
        return found

    def put_off(self, notice_id: str, until: datetime, attempts: int) -> None:
        """Tried in vain, to be tried again."""
        where = _n.notice_id == notice_id
        self._connection.execute(update(self.table).where(where).values(due_at=until, attempts=attempts))

    def settle(self, notice_id: str, outcome: str, attempts: int, now: datetime) -> None:
        """Accepted, or given up."""
        values = {"outcome": outcome, "attempts": attempts, "settled_at": now}
        self._connection.execute(update(self.table).where(_n.notice_id == notice_id).values(**values))
