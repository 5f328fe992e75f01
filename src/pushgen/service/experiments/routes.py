"""Experiments: started, users assigned, looked at."""

from typing import Any

from fastapi import APIRouter, Request, Response

from pushgen.service.access import needs
from pushgen.service.etags import tagged
from pushgen.service.experiments import service as experiments
from pushgen.service.experiments.schemas import (
    AnalysisShown,
    Assigned,
    ExperimentId,
    ExperimentIn,
    ExperimentShown,
    Users,
    shown,
)
from pushgen.service.fields import Id
from pushgen.service.paging import Cursor, Limit, Page, page_of
from pushgen.service.problems import documented, missing
from pushgen.service.scopes import Scope
from pushgen.service.state import Here

router = APIRouter(prefix="/v1/experiments", tags=["experiments"], responses=documented())


@router.get("", dependencies=needs(Scope.EXPERIMENTS_READ))
def list_experiments(
    service: Here, content_id: Id | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[ExperimentShown]:
    """Experiments in the order of their ids, of one content or of all."""
    with service.store.read() as tx:
        page = page_of(tx.experiments, cursor, limit, content_id=content_id)
        items = [shown(one, tx.arms.of(one.experiment_id)) for one in page.items]
    return Page(items=items, next=page.next)


@router.put(
    "/{experiment_id}",
    dependencies=needs(Scope.EXPERIMENTS_WRITE),
    responses=documented(409) | {201: {"model": ExperimentShown, "description": "Created"}},
)
def start_experiment(
    service: Here, response: Response, experiment_id: ExperimentId, body: ExperimentIn
) -> ExperimentShown:
    """Starts an experiment between pushes of one content. Once begun it does not change."""
    with service.store.begin() as tx:
        found, new = experiments.start(tx, experiment_id, body, service.clock.now())
    response.status_code = 201 if new else 200
    return found


@router.get(
    "/{experiment_id}",
    dependencies=needs(Scope.EXPERIMENTS_READ),
    response_model=ExperimentShown,
    responses=documented(404) | {304: {"description": "Not Modified"}},
)
def get_experiment(service: Here, request: Request, response: Response, experiment_id: Id) -> Any:
    """One experiment."""
    with service.store.read() as tx:
        found = tx.experiments.get(experiment_id)
        if found is None:
            raise missing("experiment")
        arms = tx.arms.of(experiment_id)
    return tagged(request, response, found, shown(found, arms))


@router.post("/{experiment_id}/assignments", dependencies=needs(Scope.EXPERIMENTS_READ), responses=documented(404, 409))
def assign_users(service: Here, experiment_id: Id, body: Users) -> list[Assigned]:
    """Which push each user gets. It follows from the ids, is the same for ever, and nothing is kept."""
    with service.store.read() as tx:
        return experiments.assign(tx, experiment_id, body.user_ids)


@router.get("/{experiment_id}/analysis", dependencies=needs(Scope.EXPERIMENTS_READ), responses=documented(404, 409))
async def analyze_experiment(service: Here, experiment_id: Id, control: Id | None = None) -> AnalysisShown:
    """Who wins, whether that can be trusted, and what to do next; it may be looked at and acted on at any time.

    `control` is the push that the others are held against, the first arm where not given.
    """

    def judge() -> AnalysisShown:
        with service.store.read() as tx:
            return experiments.analyze(tx, experiment_id, control)

    return await service.writing.run(judge)
