"""What a job shall do, and how far it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from pushgen.records import Job, JobKind, JobState
from pushgen.service.candidates.schemas import Writing
from pushgen.service.fields import Id
from pushgen.store.jobs import Progress

MOST_CONTENTS = 10_000


class JobIn(Writing):
    """A job; styles, number and seed hold for kinds that write."""

    kind: JobKind = JobKind.RUN
    content_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_CONTENTS)] | None = None
    """What it is about, in this order; null for every content that has no selection yet."""


class JobShown(BaseModel):
    """A job and its progress."""

    job_id: str
    kind: JobKind
    state: JobState
    contents: int
    finished: int
    """Contents that had their turn, the failed ones included."""
    failed: Mapping[str, int]
    """Contents for which nothing came out, by reason."""
    asked_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def shown(job: Job, progress: Progress) -> JobShown:
    return JobShown(
        job_id=job.job_id,
        kind=job.kind,
        state=job.state,
        contents=job.contents,
        finished=progress.finished,
        failed=progress.failed,
        asked_by=job.asked_by,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )
