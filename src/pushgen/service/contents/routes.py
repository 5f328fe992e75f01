"""Contents: in, single and bulk, and out."""

from typing import Any

from fastapi import APIRouter, Request, Response

from pushgen.records import Content
from pushgen.service.access import needs
from pushgen.service.contents import service as contents
from pushgen.service.contents.schemas import ContentFields, Contents, Kept
from pushgen.service.etags import etag_of, require_match, tagged
from pushgen.service.fields import Id
from pushgen.service.paging import Cursor, Limit, Page, page_of
from pushgen.service.problems import documented, missing
from pushgen.service.scopes import Scope
from pushgen.service.state import Here

router = APIRouter(prefix="/v1/contents", tags=["contents"], responses=documented())


@router.get("", dependencies=needs(Scope.CONTENTS_READ))
def list_contents(service: Here, cursor: Cursor = None, limit: Limit = 100) -> Page[Content]:
    """Contents in the order of their ids."""
    with service.store.read() as tx:
        return page_of(tx.contents, cursor, limit)


@router.post("/bulk", dependencies=needs(Scope.CONTENTS_WRITE))
def put_contents(service: Here, body: Contents) -> Kept:
    """Keeps many contents, new ones and changed ones. A row that cannot be used is named and stops no other."""
    with service.store.begin() as tx:
        return contents.keep(tx, body.items)


@router.get(
    "/{content_id}",
    dependencies=needs(Scope.CONTENTS_READ),
    response_model=Content,
    responses=documented(404) | {304: {"description": "Not Modified"}},
)
def get_content(service: Here, request: Request, response: Response, content_id: Id) -> Any:
    """One content."""
    with service.store.read() as tx:
        found = tx.contents.get(content_id)
    if found is None:
        raise missing("content")
    return tagged(request, response, found)


@router.put(
    "/{content_id}",
    dependencies=needs(Scope.CONTENTS_WRITE),
    responses=documented(412) | {201: {"model": Content, "description": "Created"}},
)
def put_content(service: Here, request: Request, response: Response, content_id: Id, body: ContentFields) -> Content:
    """Keeps one content, whole. With `If-Match` only where nobody changed it since."""
    content = contents.content_of(content_id, body)
    with service.store.begin() as tx:
        before = tx.contents.get(content_id, lock=True)
        require_match(request, before)
        tx.contents.put([content])
    response.status_code = 201 if before is None else 200
    response.headers["ETag"] = etag_of(content)
    return content
