"""One content as its page shows it: source, candidates in the order of their strength, the one that is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pushgen.records import Approved, Candidate, Content, Decision, Review, Selection, Severity, Verdict, push_text
from pushgen.service.pages.lockscreen import SCREENS, Shown, preview
from pushgen.service.pages.marks import Piece, in_push, in_source
from pushgen.service.pages.schemas import Draft
from pushgen.service.problems import missing
from pushgen.store import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A candidate with what is known of it."""

    candidate: Candidate
    """With the words of its last edit, where there is one."""
    title: Sequence[Piece]
    body: Sequence[Piece]
    verdicts: Sequence[Verdict]
    blocked: bool
    chosen: bool
    p: float | None
    """Of the chosen one the mean probability to beat the others; of another one that to beat the chosen one."""
    barred: str | None
    review: Review | None
    """The last one."""
    approved: bool
    """Whether its words are what may go out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draughted:
    """A text that somebody is writing, as the guardrails see it."""

    title: str
    body: str
    verdicts: Sequence[Verdict]
    passes: bool
    title_pieces: Sequence[Piece]
    body_pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentView:
    """Everything on the page of one content."""

    content: Content
    selection: Selection | None
    cards: Sequence[Card]
    current: Card | None
    draft: Draughted | None
    source: Sequence[Piece]
    phones: Sequence[Shown]


def view_of(
    tx: Transaction,
    content_id: str,
    candidate_id: str | None = None,
    *,
    draft: tuple[Draft, Sequence[Verdict]] | None = None,
) -> ContentView:
    """The page of a content, looking at one of its candidates: the chosen one where none is named.

    With a draft, findings, source and phones speak of the draft. Raises a `Problem` where there is no such content or
    candidate.
    """
    content = tx.contents.get(content_id)
    if content is None:
        raise missing("content")
    selection = tx.selections.get(content_id)
    cards = _cards(tx, content_id, selection)
    current = next((card for card in cards if candidate_id in (None, card.candidate.candidate_id)), None)
    if current is None and candidate_id is not None:
        raise missing("candidate")
    written = _draughted(*draft) if draft else None
    title, body, verdicts = None, "", ()
    if written is not None:
        title, body, verdicts = written.title or None, written.body, written.verdicts
    elif current is not None:
        title, body, verdicts = current.candidate.title, current.candidate.body, current.verdicts
    return ContentView(
        content=content,
        selection=selection,
        cards=cards,
        current=current,
        draft=written,
        source=in_source(content.source_text, content.language, push_text(title, body), verdicts),
        phones=[preview(screen, title, body) for screen in SCREENS] if current else [],
    )


def _cards(tx: Transaction, content_id: str, selection: Selection | None) -> list[Card]:
    decided = {review.candidate_id: review for review in tx.reviews.of(content_id)}
    approved = tx.approved.get(content_id)
    found: dict[str, list[Verdict]] = {}
    for verdict in tx.verdicts.of(content_id):
        found.setdefault(verdict.candidate_id, []).append(verdict)
    order: dict[str, int] = {}
    if selection is not None:
        ids = (selection.candidate_id, *(rival.candidate_id for rival in selection.rivals))
        order = {candidate_id: place for place, candidate_id in enumerate(ids)}
    candidates = sorted(
        tx.candidates.of(content_id), key=lambda one: (order.get(one.candidate_id, len(order)), one.candidate_id)
    )
    return [
        _card(one, found.get(one.candidate_id, []), selection, decided.get(one.candidate_id), approved)
        for one in candidates
    ]


def _card(
    candidate: Candidate,
    verdicts: Sequence[Verdict],
    selection: Selection | None,
    review: Review | None,
    approved: Approved | None,
) -> Card:
    if review is not None and review.decision is Decision.EDIT and review.body is not None:
        # What was found in the words before the edit is not said of those after it.
        candidate, verdicts = replace(candidate, title=review.title, body=review.body), ()
    title, body = in_push(candidate.title, candidate.body, verdicts)
    rivals = {} if selection is None else {rival.candidate_id: rival for rival in selection.rivals}
    rival = rivals.get(candidate.candidate_id)
    chosen = selection is not None and selection.candidate_id == candidate.candidate_id
    p = selection.p_win if selection is not None and chosen else None if rival is None else 1.0 - rival.p_beaten
    return Card(
        candidate=candidate,
        title=title,
        body=body,
        verdicts=verdicts,
        blocked=any(one.severity is Severity.BLOCK for one in verdicts),
        chosen=chosen,
        p=p,
        barred=None if rival is None else rival.barred,
        review=review,
        approved=approved is not None and approved.candidate_id == candidate.candidate_id,
    )


def _draughted(draft: Draft, verdicts: Sequence[Verdict]) -> Draughted:
    title, body = in_push(draft.title, draft.body, verdicts)
    return Draughted(
        title=draft.title or "",
        body=draft.body,
        verdicts=verdicts,
        passes=all(one.severity is not Severity.BLOCK for one in verdicts),
        title_pieces=title,
        body_pieces=body,
    )
