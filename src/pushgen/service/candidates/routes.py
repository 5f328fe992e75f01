"""Candidates and verdicts: in, written on demand, and out."""

from typing import Any

from fastapi import APIRouter, Request, Response

from pushgen.records import Candidate, Verdict
from pushgen.service.access import needs
from pushgen.service.candidates.schemas import Candidates, HandedIn, Writing, Written
from pushgen.service.candidates.service import generate, hand_in
from pushgen.service.etags import tagged
from pushgen.service.fields import Id, sort_out
from pushgen.service.paging import Cursor, Limit, Page, page_of
from pushgen.service.problems import documented, missing
from pushgen.service.scopes import Scope
from pushgen.service.state import Here

router = APIRouter(prefix="/v1", tags=["candidates"], responses=documented())


@router.get("/candidates", dependencies=needs(Scope.CANDIDATES_READ))
def list_candidates(
    service: Here, content_id: Id | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[Candidate]:
    """Candidates in the order of their ids, of one content or of all."""
    with service.store.read() as tx:
        return page_of(tx.candidates, cursor, limit, content_id=content_id)


@router.post("/candidates/bulk", dependencies=needs(Scope.CANDIDATES_WRITE))
async def add_candidates(service: Here, body: Candidates) -> HandedIn:
    """Holds candidates that somebody else wrote against the guardrails and keeps them, the blocked ones as well.

    A row that cannot be used is named and stops no other.
    """
    usable, bad = sort_out(body.items)
    done = await service.writing.run(lambda: hand_in(service, usable))
    rejected = sorted([*bad, *done.rejected], key=lambda row: row.index)
    return done.model_copy(update={"rejected": rejected})


@router.post(
    "/contents/{content_id}/candidates",
    dependencies=needs(Scope.MODELS_USE),
    responses=documented(404, 409),
)
async def write_candidates(service: Here, content_id: Id, body: Writing) -> Written:
    """Writes candidates for one content now, holds them against the guardrails and keeps them."""
    return await service.writing.run(lambda: generate(service, content_id, body))


@router.get(
    "/candidates/{candidate_id}",
    dependencies=needs(Scope.CANDIDATES_READ),
    response_model=Candidate,
    responses=documented(404) | {304: {"description": "Not Modified"}},
)
def get_candidate(service: Here, request: Request, response: Response, candidate_id: Id) -> Any:
    """One candidate with its provenance."""
    with service.store.read() as tx:
        found = tx.candidates.get(candidate_id)
    if found is None:
        raise missing("candidate")
    return tagged(request, response, found)


@router.get("/candidates/{candidate_id}/verdicts", dependencies=needs(Scope.CANDIDATES_READ), responses=documented(404))
def list_verdicts(service: Here, candidate_id: Id) -> list[Verdict]:
    """What the guardrails found in one candidate."""
    with service.store.read() as tx:
        candidate = tx.candidates.get(candidate_id)
        if candidate is None:
            raise missing("candidate")
        return [one for one in tx.verdicts.of(candidate.content_id) if one.candidate_id == candidate_id]
