"""The rows of the ledger: planned, claimed, marked, settled. What is decided about them is the ledger's business.

Every change of a claimed row names the claim, so that a worker whose lease ran out can no longer touch it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, case, func, select, update

from pushgen.records import Delivery, DeliveryState
from pushgen.store import schema
from pushgen.store.bulk import insert_new
from pushgen.store.repository import Repository

_d = schema.deliveries.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What becomes of one claimed row."""

    key: str
    state: DeliveryState
    reason: str | None = None
    device_id: str | None = None
    provider_id: str | None = None
    due_at: datetime | None = None
    """When to try again; only with the state `planned`."""
    attempts: int
    recoveries: int
    counts: bool
    """Whether the user may have received it, so that it counts against the caps."""


class Deliveries(Repository[Delivery]):
    """One row per key for ever."""

    table = schema.deliveries
    record = Delivery

    def plan(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Inserts rows of the columns of `Delivery`; how many had a key that was new."""
        return insert_new(self._connection, self.table, rows)

    def due(self, channel: str, priority: int, now: datetime, limit: int) -> list[Delivery]:
        """Deliveries that may be decided now, the longest waiting first, locked where the database locks rows."""
        query = (
            select(self.table)
            .where(
                _d.state == DeliveryState.PLANNED.value,
                _d.channel == channel,
                _d.priority == priority,
                _d.due_at <= now,
            )
            .order_by(_d.due_at)
            .limit(limit)
        )
        if self._connection.dialect.name == "postgresql":
            query = query.with_for_update(skip_locked=True)
        return self._all(query)

    def planned(self, *, before: datetime, after: tuple[str, str] | None, limit: int) -> list[Delivery]:
        """Deliveries that are due before a moment, by user and key, to look at and not to send."""
        query = (
            select(self.table)
            .where(_d.state == DeliveryState.PLANNED.value, _d.due_at <= before)
            .order_by(_d.user_id, _d.key)
            .limit(limit)
        )
        if after is not None:
            query = query.where((_d.user_id > after[0]) | and_(_d.user_id == after[0], _d.key > after[1]))
        return self._all(query)

    def of_user(self, user_id: str) -> list[Delivery]:
        return self._all(select(self.table).where(_d.user_id == user_id).order_by(_d.planned_at, _d.key))

    def counted(self, user_ids: Collection[str], since: datetime) -> dict[str, list[tuple[str, datetime]]]:
        """Key and moment of the deliveries that count against the caps of each user, later than `since`."""
        query = select(_d.user_id, _d.key, _d.counted_at).where(_d.user_id.in_(user_ids), _d.counted_at > since)
        found: dict[str, list[tuple[str, datetime]]] = {}
        for user_id, key, at in self._connection.execute(query):
            found.setdefault(user_id, []).append((key, at))
        return found

    def enqueue(self, keys: Sequence[str], *, claim: str, lease_until: datetime, now: datetime) -> None:
        """Decided, rendered and enqueued: in the hands of a worker until the lease ends."""
        times = dict.fromkeys(("decided_at", "rendered_at", "enqueued_at", "counted_at"), now)
        self._connection.execute(
            update(self.table)
            .where(_d.key.in_(keys))
            .values(state=DeliveryState.ENQUEUED.value, reason=None, claim=claim, lease_until=lease_until, **times)
        )

    def defer(self, rows: Sequence[tuple[str, datetime, str]], now: datetime) -> None:
        """Puts planned rows off: key, new moment, reason."""
        statement = (
            update(self.table)
            .where(_d.key == bindparam("b_key"))
            .values(due_at=bindparam("b_due"), reason=bindparam("b_reason"), decided_at=now, deferrals=_d.deferrals + 1)
        )
        if rows:
            self._connection.execute(
                statement, [{"b_key": key, "b_due": due, "b_reason": reason} for key, due, reason in rows]
            )

    def drop(self, keys: Sequence[str], reason: str, now: datetime) -> None:
        """Ends planned rows that are not to be sent."""
        self._connection.execute(
            update(self.table)
            .where(_d.key.in_(keys))
            .values(state=DeliveryState.DROPPED.value, reason=reason, decided_at=now, settled_at=now)
        )

    def mark_sending(self, keys: Sequence[str], *, claim: str, lease_until: datetime, now: datetime) -> set[str]:
        """Marks rows whose requests go out as soon as this is committed; those that are still the claim's own."""
        done = self._connection.execute(
            update(self.table)
            .where(_d.key.in_(keys), _d.claim == claim, _d.state == DeliveryState.ENQUEUED.value)
            .values(state=DeliveryState.SENDING.value, sent_at=now, counted_at=now, lease_until=lease_until)
            .returning(_d.key)
        )
        return set(done.scalars())

    def release(self, keys: Sequence[str], *, claim: str) -> None:
        """Gives back rows of which nothing was sent."""
        self._connection.execute(
            update(self.table)
            .where(_d.key.in_(keys), _d.claim == claim, _d.state == DeliveryState.ENQUEUED.value)
            .values(state=DeliveryState.PLANNED.value, claim=None, lease_until=None, counted_at=_if_uncertain())
        )

    def recall(self, user_ids: Sequence[str]) -> None:
        """Takes enqueued rows of users out of the workers' hands, because what was decided no longer holds."""
        for start in range(0, len(user_ids), 10_000):
            mine = _d.user_id.in_(user_ids[start : start + 10_000])
            self._connection.execute(
                update(self.table)
                .where(mine, _d.state == DeliveryState.ENQUEUED.value)
                .values(state=DeliveryState.PLANNED.value, claim=None, lease_until=None, counted_at=_if_uncertain())
            )

    def settle(self, settlements: Sequence[Settlement], *, claim: str, now: datetime) -> int:
        """Records outcomes; how many rows were still the claim's own."""
        statement = (
            update(self.table)
            .where(_d.key == bindparam("b_key"), _d.claim == claim)
            .values(
                state=bindparam("b_state"),
                reason=bindparam("b_reason"),
                device_id=bindparam("b_device"),
                provider_id=bindparam("b_provider"),
                due_at=func.coalesce(bindparam("b_due", type_=_d.due_at.type), _d.due_at),
                settled_at=bindparam("b_settled", type_=_d.settled_at.type),
                attempts=bindparam("b_attempts"),
                recoveries=bindparam("b_recoveries"),
                counted_at=case((bindparam("b_counts"), _d.counted_at), else_=None),
                claim=None,
                lease_until=None,
            )
        )
        rows = [
            {
                "b_key": one.key,
                "b_state": one.state.value,
                "b_reason": one.reason,
                "b_device": one.device_id,
                "b_provider": one.provider_id,
                "b_due": one.due_at,
                "b_settled": None if one.state is DeliveryState.PLANNED else now,
                "b_attempts": one.attempts,
                "b_recoveries": one.recoveries,
                "b_counts": one.counts,
            }
            for one in settlements
        ]
        return self._connection.execute(statement, rows).rowcount if rows else 0

    def recover(self, now: datetime, *, most: int) -> tuple[int, int]:
        """Takes back rows whose lease ran out because their worker died; how many waited, how many may be out.

        A row that may be out goes again under the same key and keeps counting against the caps. After `most` such
        times it fails: something about it kills workers.
        """
        lapsed = and_(_d.lease_until.is_not(None), _d.lease_until < now)
        freed: dict[str, Any] = {"claim": None, "lease_until": None}
        waiting = self._connection.execute(
            update(self.table)
            .where(lapsed, _d.state == DeliveryState.ENQUEUED.value)
            .values(state=DeliveryState.PLANNED.value, counted_at=_if_uncertain(), **freed)
        )
        self._connection.execute(
            update(self.table)
            .where(lapsed, _d.state == DeliveryState.SENDING.value, _d.recoveries >= most)
            .values(state=DeliveryState.FAILED.value, reason="workers died", settled_at=now, **freed)
        )
        uncertain = self._connection.execute(
            update(self.table)
            .where(lapsed, _d.state == DeliveryState.SENDING.value)
            .values(state=DeliveryState.PLANNED.value, recoveries=_d.recoveries + 1, **freed)
        )
        return waiting.rowcount, uncertain.rowcount

    def report(self, keys: Sequence[str], state: DeliveryState, reason: str, now: datetime) -> int:
        """Outcomes that another sender reports of rows that were handed over to it; how many were changed.

        A push that was not delivered no longer counts against the caps.
        """
        handed_over = and_(_d.state == DeliveryState.ACCEPTED.value, _d.reason == HANDED_OVER)
        reached = state is DeliveryState.ACCEPTED
        done = self._connection.execute(
            update(self.table)
            .where(_d.key.in_(keys), handed_over)
            .values(state=state.value, reason=reason, settled_at=now, counted_at=_d.counted_at if reached else None)
        )
        return done.rowcount

    def tally(self) -> list[tuple[str, str, str | None, int]]:
        """Channel, state, reason and how many rows have them."""
        query = select(_d.channel, _d.state, _d.reason, func.count()).group_by(_d.channel, _d.state, _d.reason)
        found = self._connection.execute(query.order_by(_d.channel, _d.state, _d.reason))
        return [(channel, state, reason, count) for channel, state, reason, count in found]

    def is_idle(self, channels: Collection[str], now: datetime) -> bool:
        """Whether nothing is due on these channels and no row is in a worker's hands."""
        planned = and_(_d.state == DeliveryState.PLANNED.value, _d.channel.in_(list(channels)), _d.due_at <= now)
        for busy in (planned, _d.lease_until.is_not(None)):
            if self._connection.execute(select(_d.key).where(busy).limit(1)).first() is not None:
                return False
        return True

    def sent_between(self, start: datetime, end: datetime, *, after: str, limit: int) -> list[Any]:
        """Rows that were sent in [start, end): key, user_id, push_id, experiment_id, sent_at; a page by key."""
        query = (
            select(_d.key, _d.user_id, _d.push_id, _d.experiment_id, _d.sent_at)
            .where(
                _d.state == DeliveryState.ACCEPTED.value,
                _d.sent_at >= start,
                _d.sent_at < end,
                _d.key > after,
            )
            .order_by(_d.key)
            .limit(limit)
        )
        return list(self._connection.execute(query))

    def of_experiment(self, experiment_id: str, *, after: str, limit: int) -> list[Any]:
        """Rows of an experiment that were sent: key, user_id, push_id, sent_at; a page by key."""
        query = (
            select(_d.key, _d.user_id, _d.push_id, _d.sent_at)
            .where(_d.experiment_id == experiment_id, _d.state == DeliveryState.ACCEPTED.value, _d.key > after)
            .order_by(_d.key)
            .limit(limit)
        )
        return list(self._connection.execute(query))


def _if_uncertain() -> Any:
    """What counts against the caps stays where an earlier request may have reached the user."""
    return case((_d.recoveries > 0, _d.counted_at), else_=None)


HANDED_OVER = "handed over"
"""Reason of a row that another sender has."""
LOOK_BACK = timedelta(days=7)
"""How far back deliveries count against caps at most."""
