"""The queue: choices that nobody has reviewed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from pushgen.records import Content, Role, Selection
from pushgen.service.fields import Id
from pushgen.service.pages.access import allows, allows_all
from pushgen.service.pages.done import what_was_done
from pushgen.service.pages.rendering import show
from pushgen.service.pages.route import PageRoute, go, page_router
from pushgen.service.state import Here
from pushgen.store import Transaction

MOST = 50
"""Rows of a page."""
router = page_router()
home = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the queue."""

    content: Content
    selection: Selection
    findings: int
    """Findings of the guardrails in what was chosen."""


@home.get("/", dependencies=allows_all())
@home.get("/pages", dependencies=allows_all())
async def at_home() -> Response:
    """The first page."""
    return go("/queue")


@router.get("/queue", dependencies=allows(Role.VIEWER))
def queue(
    request: Request,
    service: Here,
    after: Annotated[Id | None, Query()] = None,
    done: Annotated[Id | None, Query()] = None,
) -> Response:
    """Choices that wait for somebody, in the order of their contents."""
    with service.store.read() as tx:
        found = tx.reviews.waiting(MOST + 1, after=after)
        rows = _rows(tx, found[:MOST])
        last = what_was_done(tx, done)
    more = found[MOST - 1].content_id if len(found) > MOST else None
    return show(request, "queue.html.jinja", rows=rows, more=more, after=after, done=last)


def next_after(tx: Transaction, content_id: str) -> str | None:
    """The content that waits behind another one, around the end; None where none waits but that one."""
    for start in (content_id, None):
        for found in tx.reviews.waiting(2, after=start):
            if found.content_id != content_id:
                return found.content_id
    return None


def _rows(tx: Transaction, found: Sequence[Selection]) -> list[Waiting]:
    contents = tx.contents.named([one.content_id for one in found])
    rows: list[Waiting] = []
    for one in found:
        verdicts = [verdict for verdict in tx.verdicts.of(one.content_id) if verdict.candidate_id == one.candidate_id]
        rows.append(Waiting(contents[one.content_id], one, len(verdicts)))
    return rows
