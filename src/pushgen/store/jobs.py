"""Jobs and the contents that they are about. A job is in the hands of one worker at a time, as long as its lease."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, literal, or_, select, update

from pushgen.records import Job, JobState
from pushgen.store import schema
from pushgen.store.bulk import insert_new
from pushgen.store.repository import Repository

_j, _i = schema.jobs.c, schema.job_items.c


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is."""

    finished: int
    """Contents that had their turn, the failed ones included."""
    failed: Mapping[str, int] = field(default_factory=dict[str, int])
    """Contents for which nothing came out, by reason."""


class Jobs(Repository[Job]):
    """Work on many contents; every content has one turn that is recorded in the transaction of its results."""

    table = schema.jobs
    record = Job

    def enter(self, job: Job, content_ids: Sequence[str]) -> None:
        """A new job about these contents, in this order."""
        self.add([job])
        rows: list[dict[str, Any]] = [
            {"job_id": job.job_id, "place": place, "content_id": content_id, "finished_at": None, "reason": None}
            for place, content_id in enumerate(content_ids)
        ]
        insert_new(self._connection, schema.job_items, rows)

    def enter_unselected(self, job: Job) -> int:
        """A new job about every content without a selection, in the order of the ids; how many there are."""
        contents, selections = schema.contents.c, schema.selections.c
        chosen = select(selections.content_id).where(selections.content_id == contents.content_id).exists()
        place = func.row_number().over(order_by=contents.content_id) - 1
        found = select(literal(job.job_id), place, contents.content_id).where(~chosen)
        self.add([job])
        columns = ["job_id", "place", "content_id"]
        count = self._connection.execute(
            insert(schema.job_items).from_select(columns, found), execution_options={"preserve_rowcount": True}
        ).rowcount
        self._connection.execute(update(self.table).where(_j.job_id == job.job_id).values(contents=count))
        return count

    def claim(self, name: str, now: datetime, lease_until: datetime) -> Job | None:
        """The job that waits longest and is in nobody's hands, which is in those of `name` from now on."""
        query = (
            select(_j.job_id)
            .where(_j.finished_at.is_(None), or_(_j.lease_until.is_(None), _j.lease_until < now))
            .order_by(_j.created_at, _j.job_id)
            .limit(1)
        )
        if self._connection.dialect.name == "postgresql":
            query = query.with_for_update(skip_locked=True)
        job_id = self._connection.execute(query).scalar()
        if job_id is None:
            return None
        started = func.coalesce(_j.started_at, literal(now, _j.started_at.type))
        values = {"state": JobState.RUNNING.value, "started_at": started, "claim": name, "lease_until": lease_until}
        self._connection.execute(update(self.table).where(_j.job_id == job_id).values(**values))
        return self.get(job_id)

    def waiting(self, job_id: str, limit: int) -> list[tuple[int, str]]:
        """Place and content id of the next contents that had no turn."""
        query = select(_i.place, _i.content_id).where(_i.job_id == job_id, _i.finished_at.is_(None))
        return [(place, name) for place, name in self._connection.execute(query.order_by(_i.place).limit(limit))]

    def record_turn(self, job_id: str, place: int, reason: str | None, now: datetime) -> None:
        """A content had its turn; `reason` says why nothing came out."""
        where = (_i.job_id == job_id, _i.place == place)
        self._connection.execute(update(schema.job_items).where(*where).values(finished_at=now, reason=reason))

    def renew(self, job_id: str, name: str, lease_until: datetime) -> bool:
        """Whether the job is still in the hands of `name` and not cancelled; if so, for longer."""
        return self._of(job_id, name, lease_until=lease_until)

    def release(self, job_id: str, name: str) -> bool:
        """Gives a job back that is not done."""
        return self._of(job_id, name, claim=None, lease_until=None)

    def finish(self, job_id: str, name: str, now: datetime) -> bool:
        """Every content had its turn."""
        return self._of(job_id, name, claim=None, lease_until=None, state=JobState.DONE.value, finished_at=now)

    def cancel(self, job_id: str, now: datetime) -> bool:
        """Ends a job where it is; False where it had ended before."""
        values = {"state": JobState.CANCELLED.value, "finished_at": now, "claim": None, "lease_until": None}
        done = update(self.table).where(_j.job_id == job_id, _j.finished_at.is_(None)).values(**values)
        return self._connection.execute(done).rowcount > 0

    def progress(self, job_id: str) -> Progress:
        """Counts of the contents that had their turn."""
        query = select(_i.reason, func.count().label("contents")).where(
            _i.job_id == job_id, _i.finished_at.is_not(None)
        )
        found = self._connection.execute(query.group_by(_i.reason).order_by(_i.reason))
        counts: dict[str | None, int] = {row.reason: row.contents for row in found}
        failed = {reason: count for reason, count in counts.items() if reason is not None}
        return Progress(sum(counts.values()), failed)

    def _of(self, job_id: str, name: str, **values: Any) -> bool:
        mine = (_j.job_id == job_id, _j.claim == name, _j.finished_at.is_(None))
        return self._connection.execute(update(self.table).where(*mine).values(**values)).rowcount > 0
