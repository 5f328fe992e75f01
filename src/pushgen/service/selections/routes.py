"""Selections: out, and on demand."""

from typing import Any

from fastapi import APIRouter, Request, Response

from pushgen.records import Selection
from pushgen.service.access import needs
from pushgen.service.etags import tagged
from pushgen.service.fields import Id
from pushgen.service.paging import Cursor, Limit, Page, page_of
from pushgen.service.problems import documented, missing
from pushgen.service.scopes import Scope
from pushgen.service.selections.service import choose_now
from pushgen.service.state import Here

router = APIRouter(prefix="/v1/selections", tags=["selections"], responses=documented())


@router.get("", dependencies=needs(Scope.CANDIDATES_READ))
def list_selections(service: Here, cursor: Cursor = None, limit: Limit = 100) -> Page[Selection]:
    """The choices of all contents in the order of the content ids."""
    with service.store.read() as tx:
        return page_of(tx.selections, cursor, limit)


@router.get(
    "/{content_id}",
    dependencies=needs(Scope.CANDIDATES_READ),
    response_model=Selection,
    responses=documented(404) | {304: {"description": "Not Modified"}},
)
def get_selection(service: Here, request: Request, response: Response, content_id: Id) -> Any:
    """The choice for one content, with win probabilities and runners-up."""
    with service.store.read() as tx:
        found = tx.selections.get(content_id)
    if found is None:
        raise missing("selection")
    return tagged(request, response, found)


@router.post("/{content_id}", dependencies=needs(Scope.MODELS_USE), responses=documented(404, 409))
async def select(service: Here, content_id: Id) -> Selection:
    """Chooses among the candidates of one content now, keeps the choice and returns it."""
    return await service.gate.run(lambda: choose_now(service, content_id))
