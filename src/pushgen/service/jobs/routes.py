"""Jobs: asked for, looked at, ended."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from pushgen.service.access import actor, needs
from pushgen.service.fields import Id
from pushgen.service.jobs import service as jobs
from pushgen.service.jobs.schemas import JobIn, JobShown
from pushgen.service.paging import Cursor, Limit, Page, page_of
from pushgen.service.problems import documented
from pushgen.service.scopes import Scope
from pushgen.service.state import Here

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], responses=documented())
Key = Annotated[Id | None, Header(alias="Idempotency-Key", description="The same job sent twice is one, of this id.")]


@router.post(
    "",
    dependencies=needs(Scope.MODELS_USE),
    status_code=202,
    responses=documented(409) | {200: {"model": JobShown, "description": "Known"}},
)
def add_job(service: Here, request: Request, response: Response, body: JobIn, key: Key = None) -> JobShown:
    """Enters a job. It goes on after a restart with the first content that had no turn."""
    jobs.require_models(service, body.kind)
    with service.store.begin() as tx:
        found, new = jobs.enter(tx, body, key, actor(request), service.clock.now())
    response.status_code = 202 if new else 200
    response.headers["Location"] = f"/v1/jobs/{found.job_id}"
    return found


@router.get("", dependencies=needs(Scope.JOBS_READ))
def list_jobs(service: Here, cursor: Cursor = None, limit: Limit = 100) -> Page[JobShown]:
    """Jobs in the order of their ids."""
    with service.store.read() as tx:
        page = page_of(tx.jobs, cursor, limit)
        return Page(items=[jobs.show(tx, job.job_id) for job in page.items], next=page.next)


@router.get("/{job_id}", dependencies=needs(Scope.JOBS_READ), responses=documented(404))
def get_job(service: Here, job_id: Id) -> JobShown:
    """One job and how far it is."""
    with service.store.read() as tx:
        return jobs.show(tx, job_id)


@router.post("/{job_id}/cancel", dependencies=needs(Scope.MODELS_USE), responses=documented(404, 409))
def cancel_job(service: Here, job_id: Id) -> JobShown:
    """Ends a job after the content that it is at; what is done stays."""
    with service.store.begin() as tx:
        return jobs.cancel(tx, job_id, service.clock.now())
