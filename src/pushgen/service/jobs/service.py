"""Jobs in, jobs shown, jobs ended."""

import secrets
from datetime import datetime

from pushgen.records import Job, JobKind
from pushgen.service.jobs.schemas import JobIn, JobShown, shown
from pushgen.service.problems import Problem, missing
from pushgen.service.state import Service
from pushgen.store import Transaction


def require_models(service: Service, kind: JobKind) -> None:
    """Raises a `Problem` where the service has not what the job needs."""
    if kind is not JobKind.SELECT and service.generator is None:
        raise Problem(409, "the service has no generator; start it with --generator")
    if kind is not JobKind.GENERATE and service.reward is None:
        raise Problem(409, "the service has no reward model; start it with --reward MODEL")


def enter(tx: Transaction, body: JobIn, key: str | None, actor: str, now: datetime) -> tuple[JobShown, bool]:
    """The job, and whether it is new: the same `key` of the same caller is the same job.

    Raises a `Problem` where the key stands for another job.
    """
    ids = None if body.content_ids is None else list(dict.fromkeys(body.content_ids))
    job = Job(
        job_id=key or secrets.token_hex(8),
        kind=body.kind,
        styles=list(body.styles),
        per_style=body.per_style,
        seed=body.seed,
        contents=len(ids or ()),
        asked_by=actor,
        created_at=now,
    )
    known = tx.jobs.get(job.job_id, lock=True)
    if known is not None:
        same = (known.kind, list(known.styles), known.per_style, known.seed, known.asked_by)
        if same != (job.kind, job.styles, job.per_style, job.seed, actor) or (ids and known.contents != len(ids)):
            raise Problem(409, "another job was sent with this Idempotency-Key; use a new key for a new job")
        return shown(known, tx.jobs.progress(known.job_id)), False
    if ids is None:
        tx.jobs.enter_unselected(job)
    else:
        tx.jobs.enter(job, ids)
    return show(tx, job.job_id), True


def show(tx: Transaction, job_id: str) -> JobShown:
    """Raises a `Problem` where there is no such job."""
    job = tx.jobs.get(job_id)
    if job is None:
        raise missing("job")
    return shown(job, tx.jobs.progress(job_id))


def cancel(tx: Transaction, job_id: str, now: datetime) -> JobShown:
    """Ends a job after the content that it is at; what is done stays."""
    found = show(tx, job_id)
    if not tx.jobs.cancel(job_id, now):
        raise Problem(409, f"the job is {found.state.value} already")
    return show(tx, job_id)
