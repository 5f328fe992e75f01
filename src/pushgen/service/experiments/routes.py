"""Experiments: out."""

from typing import Any

from fastapi import APIRouter, Request, Response

from pushgen.records import Experiment
from pushgen.service.access import needs
from pushgen.service.etags import tagged
from pushgen.service.fields import Id
from pushgen.service.paging import Cursor, Limit, Page, page_of
from pushgen.service.problems import documented, missing
from pushgen.service.scopes import Scope
from pushgen.service.state import Here

router = APIRouter(prefix="/v1/experiments", tags=["experiments"], responses=documented())


@router.get("", dependencies=needs(Scope.EXPERIMENTS_READ))
def list_experiments(
    service: Here, content_id: Id | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[Experiment]:
    """Experiments in the order of their ids, of one content or of all."""
    with service.store.read() as tx:
        return page_of(tx.experiments, cursor, limit, content_id=content_id)


@router.get(
    "/{experiment_id}",
    dependencies=needs(Scope.EXPERIMENTS_READ),
    response_model=Experiment,
    responses=documented(404) | {304: {"description": "Not Modified"}},
)
def get_experiment(service: Here, request: Request, response: Response, experiment_id: Id) -> Any:
    """One experiment."""
    with service.store.read() as tx:
        found = tx.experiments.get(experiment_id)
    if found is None:
        raise missing("experiment")
    return tagged(request, response, found)
