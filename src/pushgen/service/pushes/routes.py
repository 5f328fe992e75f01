"""Pushes: out. They come in by approval, or with `pushgen db load pushes`."""

from typing import Any

from fastapi import APIRouter, Request, Response

from pushgen.records import Push
from pushgen.service.access import needs
from pushgen.service.etags import tagged
from pushgen.service.fields import Id
from pushgen.service.paging import Cursor, Limit, Page, page_of
from pushgen.service.problems import documented, missing
from pushgen.service.scopes import Scope
from pushgen.service.state import Here

router = APIRouter(prefix="/v1", tags=["pushes"], responses=documented())


@router.get("/pushes", dependencies=needs(Scope.CANDIDATES_READ))
def list_pushes(service: Here, content_id: Id | None = None, cursor: Cursor = None, limit: Limit = 100) -> Page[Push]:
    """Pushes in the order of their ids, of one content or of all."""
    with service.store.read() as tx:
        return page_of(tx.pushes, cursor, limit, content_id=content_id)


@router.get(
    "/pushes/{push_id}",
    dependencies=needs(Scope.CANDIDATES_READ),
    response_model=Push,
    responses=documented(404) | {304: {"description": "Not Modified"}},
)
def get_push(service: Here, request: Request, response: Response, push_id: Id) -> Any:
    """One push."""
    with service.store.read() as tx:
        found = tx.pushes.get(push_id)
    if found is None:
        raise missing("push")
    return tagged(request, response, found)


@router.get(
    "/contents/{content_id}/push",
    dependencies=needs(Scope.CANDIDATES_READ),
    response_model=Push,
    responses=documented(404) | {304: {"description": "Not Modified"}},
)
def get_approved(service: Here, request: Request, response: Response, content_id: Id) -> Any:
    """The push that reviewers let go out for a content; 404 as long as there is none."""
    with service.store.read() as tx:
        approved = tx.approved.get(content_id)
        found = None if approved is None else tx.pushes.get(approved.push_id)
    if found is None:
        raise missing("content with an approved push")
    return tagged(request, response, found)
