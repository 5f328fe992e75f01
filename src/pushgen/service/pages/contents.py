"""The page of one content, and what a reviewer can do there; each act is the one of the API."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from pushgen.records import Account, Decision, Role, Verdict
from pushgen.service.candidates.schemas import Writing
from pushgen.service.candidates.service import generate
from pushgen.service.fields import Id
from pushgen.service.pages.access import Form, Me, allows
from pushgen.service.pages.cards import view_of
from pushgen.service.pages.done import what_was_done
from pushgen.service.pages.forms import filled
from pushgen.service.pages.media import kind_of, path_of
from pushgen.service.pages.queue import next_after
from pushgen.service.pages.rendering import quoted, show
from pushgen.service.pages.route import go, page_router
from pushgen.service.pages.schemas import About, ContentId, Draft, Wish
from pushgen.service.pages.state import HerePages
from pushgen.service.problems import Problem, missing
from pushgen.service.reviews import service as reviews
from pushgen.service.reviews.schemas import ReviewIn
from pushgen.service.selections.service import choose_now
from pushgen.service.state import Here, Service
from pushgen.styles import load_taxonomy

REASONS = ("wrong or invented", "dull", "clickbait", "tasteless", "hard to read", "repeats another")
"""Offered for a rejection; any other can be typed."""
router = page_router()


@router.get("/contents/{content_id:path}", dependencies=allows(Role.VIEWER))
def content_page(
    request: Request,
    service: Here,
    content_id: ContentId,
    candidate: Annotated[Id | None, Query()] = None,
    edit: bool = False,
    done: Annotated[Id | None, Query()] = None,
) -> Response:
    """Source, candidates, findings, probabilities, how it looks on phones."""
    return _page(request, service, content_id, candidate, editing=edit, done=done)


@router.get("/media", dependencies=allows(Role.VIEWER))
def media(service: Here, pages: HerePages, content_id: Annotated[ContentId, Query()]) -> Response:
    """Picture or video of a content, from the folder of media."""
    with service.store.read() as tx:
        content = tx.contents.get(content_id)
    found = None if content is None else path_of(pages.config.media, content.media)
    if found is None:
        raise missing("file for a content")
    path, kind = found
    return FileResponse(path, media_type=kind, headers={"Content-Security-Policy": "default-src 'none'; sandbox"})


@router.post("/candidates/{candidate_id}/check", dependencies=allows(Role.REVIEWER))
async def check(request: Request, service: Here, candidate_id: Id, form: Form) -> Response:
    """What the guardrails say of a text that somebody is writing. Nothing is kept."""
    draft = filled(Draft, form)
    verdicts = await service.gate.run(lambda: reviews.recheck(service, candidate_id, draft.title, draft.body))
    return await run_in_threadpool(_drafting, request, service, candidate_id, draft, verdicts, 200)


@router.post("/candidates/{candidate_id}/edit", dependencies=allows(Role.REVIEWER))
async def edit(request: Request, service: Here, me: Me, candidate_id: Id, form: Form) -> Response:
    """Approves a candidate with other words, unless the guardrails block them."""
    draft = filled(Draft, form)
    verdicts = await service.gate.run(lambda: reviews.recheck(service, candidate_id, draft.title, draft.body))
    if not draft.body or not reviews.passes(verdicts):
        return await run_in_threadpool(_drafting, request, service, candidate_id, draft, verdicts, 422)
    body = filled(ReviewIn, form, reviewer=me.name, decision=Decision.EDIT.value)
    return await run_in_threadpool(_decide, service, candidate_id, body)


@router.post("/candidates/{candidate_id}/approve", dependencies=allows(Role.REVIEWER))
def approve(service: Here, me: Me, candidate_id: Id) -> Response:
    """Lets a candidate go out as it is."""
    return _decide(service, candidate_id, ReviewIn(reviewer=me.name, decision=Decision.APPROVE))


@router.post("/candidates/{candidate_id}/reject", dependencies=allows(Role.REVIEWER))
async def reject(service: Here, me: Me, candidate_id: Id, form: Form) -> Response:
    """Keeps a candidate from going out, and says why; where it was the choice another one is chosen."""
    body = filled(ReviewIn, {"reason": form.get("reason", "")}, reviewer=me.name, decision=Decision.REJECT.value)
    response = await run_in_threadpool(_decide, service, candidate_id, body)
    await _choose_again(service, await run_in_threadpool(_content_of, service, candidate_id))
    return response


@router.post("/reviews/{review_id}/undo", dependencies=allows(Role.REVIEWER))
async def undo(service: Here, me: Me, review_id: Id) -> Response:
    """Takes back a review: one's own, or, as an admin, anybody's."""
    candidate_id, content_id, rejected = await run_in_threadpool(_undo, service, me, review_id)
    if rejected:
        await _choose_again(service, content_id)
    return go(f"/contents/{quoted(content_id)}", candidate=candidate_id)


@router.post("/write", dependencies=allows(Role.REVIEWER))
async def write(service: Here, form: Form) -> Response:
    """One more candidate in a style; the choice is made anew with it."""
    wish = filled(Wish, form)
    seed = await run_in_threadpool(_count, service, wish)
    asked = Writing(styles=[wish.style], per_style=1, seed=seed)
    written = await service.writing.run(lambda: generate(service, wish.content_id, asked))
    if not written.candidates:
        reasons = ", ".join(one.reason for one in written.not_written)
        raise Problem(409, f"nothing was written in the style {wish.style}: {reasons}")
    await _choose_again(service, wish.content_id)
    passing = [one for one in written.candidates if one.passes] or written.candidates
    return go(f"/contents/{quoted(wish.content_id)}", candidate=passing[0].candidate.candidate_id)


@router.post("/choose", dependencies=allows(Role.REVIEWER))
async def choose(service: Here, form: Form) -> Response:
    """Chooses anew among the candidates that are free."""
    about = filled(About, form)
    await service.gate.run(lambda: choose_now(service, about.content_id))
    return go(f"/contents/{quoted(about.content_id)}")


def _page(
    request: Request,
    service: Service,
    content_id: str,
    candidate_id: str | None,
    *,
    editing: bool = False,
    done: str | None = None,
    draft: tuple[Draft, Sequence[Verdict]] | None = None,
    status: int = 200,
) -> Response:
    with service.store.read() as tx:
        found = view_of(tx, content_id, candidate_id, draft=draft)
        last, following = what_was_done(tx, done), next_after(tx, content_id)
    return show(
        request,
        "content.html.jinja",
        status=status,
        view=found,
        editing=editing or draft is not None,
        done=last,
        following=following,
        media=kind_of(found.content.media),
        styles=load_taxonomy(),
        reasons=REASONS,
        can_write=service.generator is not None,
        can_choose=service.reward is not None,
    )


def _drafting(
    request: Request, service: Service, candidate_id: str, draft: Draft, verdicts: Sequence[Verdict], status: int
) -> Response:
    content_id = _content_of(service, candidate_id)
    return _page(request, service, content_id, candidate_id, draft=(draft, verdicts), status=status)


def _decide(service: Service, candidate_id: str, body: ReviewIn) -> Response:
    """Keeps a review and goes on with the next content that waits, or to the queue where none does."""
    with service.store.begin() as tx:
        review, _ = reviews.decide(tx, candidate_id, body, None, service.clock.now())
        following = next_after(tx, review.content_id)
    path = "/queue" if following is None else f"/contents/{quoted(following)}"
    return go(path, done=review.review_id)


def _undo(service: Service, me: Account, review_id: str) -> tuple[str, str, bool]:
    with service.store.begin() as tx:
        review = tx.reviews.get(review_id)
        if review is None:
            raise missing("review")
        if review.reviewer != me.name and not me.role.covers(Role.ADMIN):
            raise Problem(403, f"{review.reviewer} decided this; an admin can undo it")
        reviews.undo(tx, review_id, f"account {me.name}", service.clock.now())
    return review.candidate_id, review.content_id, review.decision is Decision.REJECT


async def _choose_again(service: Service, content_id: str) -> None:
    """Brings the choice in line with what may be chosen; it stays where nothing may, or nothing can choose."""
    if service.reward is None:
        return
    try:
        await service.gate.run(lambda: choose_now(service, content_id))
    except Problem as problem:
        if problem.status_code != 409:
            raise


def _content_of(service: Service, candidate_id: str) -> str:
    with service.store.read() as tx:
        candidate = tx.candidates.get(candidate_id)
    if candidate is None:
        raise missing("candidate")
    return candidate.content_id


def _count(service: Service, wish: Wish) -> int:
    """A seed that was not used for this style yet."""
    with service.store.read() as tx:
        return sum(one.style == wish.style for one in tx.candidates.of(wish.content_id))
