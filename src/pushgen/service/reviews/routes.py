"""Reviews: the queue, decisions, the way back."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from pushgen.records import Review, Selection, Verdict
from pushgen.service.access import actor, needs
from pushgen.service.etags import tagged
from pushgen.service.fields import Id
from pushgen.service.paging import Cursor, Limit, Page, page_of, paged
from pushgen.service.problems import documented, missing
from pushgen.service.reviews import service as reviews
from pushgen.service.reviews.schemas import Edited, Findings, Reviewed, ReviewIn
from pushgen.service.scopes import Scope
from pushgen.service.state import Here

router = APIRouter(prefix="/v1", tags=["reviews"], responses=documented())
Key = Annotated[Id | None, Header(alias="Idempotency-Key", description="The same review sent twice counts once.")]


@router.get("/reviews", dependencies=needs(Scope.REVIEWS_READ))
def list_reviews(
    service: Here,
    content_id: Id | None = None,
    candidate_id: Id | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[Review]:
    """Reviews in the order of their ids, of one content or candidate or of all."""
    with service.store.read() as tx:
        return page_of(tx.reviews, cursor, limit, content_id=content_id, candidate_id=candidate_id)


@router.get("/reviews/queue", dependencies=needs(Scope.REVIEWS_READ))
def list_waiting(service: Here, cursor: Cursor = None, limit: Limit = 100) -> Page[Selection]:
    """Choices that nobody has reviewed."""
    with service.store.read() as tx:
        return paged(
            lambda after, most: tx.reviews.waiting(most, after=after[0] if after else None),
            lambda one: [one.content_id],
            cursor,
            limit,
        )


@router.get(
    "/reviews/{review_id}",
    dependencies=needs(Scope.REVIEWS_READ),
    response_model=Review,
    responses=documented(404) | {304: {"description": "Not Modified"}},
)
def get_review(service: Here, request: Request, response: Response, review_id: Id) -> Any:
    """One review."""
    with service.store.read() as tx:
        found = tx.reviews.get(review_id)
    if found is None:
        raise missing("review")
    return tagged(request, response, found)


@router.delete(
    "/reviews/{review_id}",
    dependencies=needs(Scope.REVIEWS_WRITE),
    status_code=204,
    responses=documented(404, 409),
)
def undo(service: Here, request: Request, review_id: Id) -> None:
    """Takes back the last review of a candidate; the audit trail keeps that there was one."""
    with service.store.begin() as tx:
        reviews.undo(tx, review_id, actor(request), service.clock.now())


@router.post("/candidates/{candidate_id}/check", dependencies=needs(Scope.REVIEWS_READ), responses=documented(404))
async def check(service: Here, candidate_id: Id, body: Edited) -> Findings:
    """What the guardrails would say of an edit. Nothing is kept."""
    found = await service.gate.run(lambda: reviews.recheck(service, candidate_id, body.title, body.body))
    return Findings(passes=reviews.passes(found), verdicts=found)


@router.post(
    "/candidates/{candidate_id}/reviews",
    dependencies=needs(Scope.REVIEWS_WRITE),
    status_code=201,
    responses=documented(404, 409) | {200: {"model": Reviewed, "description": "Known"}},
)
async def review(service: Here, response: Response, candidate_id: Id, body: ReviewIn, key: Key = None) -> Reviewed:
    """Approves, edits or rejects. What was approved or edited last is the push of its content from then on.

    A text that the guardrails block is refused with what they found.
    """
    verdicts: list[Verdict] = []
    if body.body is not None:
        text, title = body.body, body.title
        verdicts = await service.gate.run(lambda: reviews.recheck(service, candidate_id, title, text))
        reviews.require_passing(verdicts)

    def write() -> tuple[Review, bool]:
        with service.store.begin() as tx:
            return reviews.decide(tx, candidate_id, body, key, service.clock.now())

    kept, new = await run_in_threadpool(write)
    response.status_code = 201 if new else 200
    return Reviewed(review=kept, verdicts=verdicts)
