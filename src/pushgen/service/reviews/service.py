"""Approve, edit, reject, undo; each settles what may go out."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pushgen.records import AuditEntry, Candidate, Content, Decision, Review, Severity, Verdict
from pushgen.service.problems import FieldError, Problem, missing
from pushgen.service.reviews.approval import settle
from pushgen.service.reviews.schemas import ReviewIn
from pushgen.service.state import Service
from pushgen.store import Transaction


def recheck(service: Service, candidate_id: str, title: str | None, body: str) -> list[Verdict]:
    """What the guardrails find in a candidate once its text is another; repairs nothing."""
    with service.store.read() as tx:
        candidate, content = _candidate(tx, candidate_id)
    edited = replace(candidate, title=title, body=body)
    return [verdict for rule in service.rules for verdict in rule.check(content, [edited])]


def passes(verdicts: Sequence[Verdict]) -> bool:
    return all(verdict.severity is not Severity.BLOCK for verdict in verdicts)


def require_passing(verdicts: Sequence[Verdict]) -> None:
    """Raises a `Problem` with the findings that block."""
    blocking = [one for one in verdicts if one.severity is Severity.BLOCK]
    if blocking:
        errors = [FieldError(pointer="/body", detail=f"{one.rule}: {one.message}") for one in blocking]
        raise Problem(422, "the guardrails block this text; edit it. Nothing was kept", errors=errors)


def decide(tx: Transaction, candidate_id: str, body: ReviewIn, key: str | None, now: datetime) -> tuple[Review, bool]:
    """The review, and whether it is new: the same `key` with the same decision is the same review.

    Raises a `Problem` where the key stands for another review, there is no such candidate, or the guardrails block
    what is approved as it is.
    """
    candidate, _ = _candidate(tx, candidate_id)
    if body.decision is Decision.APPROVE:
        require_passing([one for one in tx.verdicts.of(candidate.content_id) if one.candidate_id == candidate_id])
    review = Review(
        review_id=key or secrets.token_hex(8),
        candidate_id=candidate_id,
        content_id=candidate.content_id,
        reviewed_at=now,
        **body.model_dump(),
    )
    if tx.reviews.add([review]):
        settle(tx, candidate.content_id, now)
        return review, True
    known = tx.reviews.get(review.review_id)
    if known is None or replace(known, reviewed_at=now) != review:
        raise Problem(409, "another review was sent with this Idempotency-Key; use a new key for a new review")
    return known, False


def undo(tx: Transaction, review_id: str, actor: str, now: datetime) -> None:
    """Takes back the last review of a candidate; the trail keeps that there was one."""
    review = tx.reviews.get(review_id, lock=True)
    if review is None:
        raise missing("review")
    others = [one for one in tx.reviews.of(review.content_id) if one.candidate_id == review.candidate_id]
    if others[-1] != review:
        raise Problem(409, "a later review of this candidate stands on it; undo that one first")
    tx.reviews.remove(review_id)
    settle(tx, review.content_id, now)
    detail = {"candidate_id": review.candidate_id, "decision": review.decision.value, "reviewer": review.reviewer}
    tx.audit.note(AuditEntry(at=now, actor=actor, action="undo", noun="review", noun_id=review_id, detail=detail))


def _candidate(tx: Transaction, candidate_id: str) -> tuple[Candidate, Content]:
    candidate = tx.candidates.get(candidate_id)
    content = None if candidate is None else tx.contents.get(candidate.content_id)
    if candidate is None or content is None:
        raise missing("candidate")
    return candidate, content
