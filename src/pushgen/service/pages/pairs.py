"""Judging pairs blindly, and whether people agree."""

from typing import Annotated, Literal

from fastapi import Query, Request, Response

from pushgen.records import Role
from pushgen.service.fields import Id, Incoming
from pushgen.service.pages.access import Form, Me, allows
from pushgen.service.pages.forms import filled
from pushgen.service.pages.judging import judge, judged, next_pair, pair_of, take_back
from pushgen.service.pages.rendering import show
from pushgen.service.pages.route import go, page_router
from pushgen.service.state import Here

router = page_router("/pairs")


class Named(Incoming):
    """A pair, its candidates in any order."""

    one: Id
    other: Id


class Verdict(Named):
    """What somebody says of a pair, by the places on their screen."""

    preferred: Literal["first", "second", "neither"]


@router.get("", dependencies=allows(Role.REVIEWER))
def pairs(
    request: Request,
    service: Here,
    me: Me,
    one: Annotated[Id | None, Query()] = None,
    other: Annotated[Id | None, Query()] = None,
) -> Response:
    """The next pair; `one` and `other` name the pair that was judged just now."""
    with service.store.read() as tx:
        pair = next_pair(tx, me.name)
        last = pair_of(tx, me.name, (one, other)) if one and other else None
        judgement = None
        if last is not None:
            ids = sorted((last.first.candidate_id, last.second.candidate_id))
            judgement = tx.judgements.get(*ids, me.name)
    return show(request, "pairs.html.jinja", pair=pair, last=last if judgement else None, judgement=judgement)


@router.post("", dependencies=allows(Role.REVIEWER))
def say(service: Here, me: Me, form: Form) -> Response:
    """Keeps what somebody says of a pair and goes on with the next."""
    verdict = filled(Verdict, form)
    with service.store.begin() as tx:
        pair = pair_of(tx, me.name, (verdict.one, verdict.other))
        places = {"first": pair.first.candidate_id, "second": pair.second.candidate_id}
        judge(tx, pair, me.name, places.get(verdict.preferred), service.clock.now())
    return go("/pairs", one=verdict.one, other=verdict.other)


@router.post("/undo", dependencies=allows(Role.REVIEWER))
def undo(service: Here, me: Me, form: Form) -> Response:
    """Takes back what one said of a pair."""
    named = filled(Named, form)
    with service.store.begin() as tx:
        take_back(tx, pair_of(tx, me.name, (named.one, named.other)), me.name, service.clock.now())
    return go("/pairs")


@router.get("/agreement", dependencies=allows(Role.VIEWER))
def agreement(request: Request, service: Here) -> Response:
    """How far people agree, and whether the place of a text sways them."""
    with service.store.read() as tx:
        found = judged(tx.judgements.all())
    return show(request, "agreement.html.jinja", found=found)
