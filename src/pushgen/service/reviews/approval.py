"""What may go out for a content: the text of the last decision that lets one, as a push that `deliver` can send."""

import hashlib
from datetime import datetime

from pushgen.records import Approved, Candidate, Content, Decision, NoticeKind, Push, Review
from pushgen.service.problems import missing
from pushgen.service.webhooks.announce import announce
from pushgen.store import Transaction


def settle(tx: Transaction, content_id: str, now: datetime) -> Approved | None:
    """Brings the approved push of a content in line with its reviews; what stands approved now.

    Of each candidate the last review counts. Of the candidates that are approved or edited the one decided last stands;
    where there is none, nothing may go out. Pushes stay for ever, since deliveries and counts refer to them.
    """
    # In the order of time, so that the last decision about a candidate stays.
    decided = {review.candidate_id: review for review in tx.reviews.of(content_id)}
    letting = [review for review in decided.values() if review.decision is not Decision.REJECT]
    before = tx.approved.get(content_id)
    if not letting:
        tx.approved.remove(content_id)
        if before is not None:
            announce(tx, NoticeKind.PUSH_WITHDRAWN, {"content_id": content_id, "push_id": before.push_id}, now)
        return None
    last = max(letting, key=lambda review: (review.reviewed_at, review.review_id))
    content, candidate = tx.contents.get(content_id), tx.candidates.get(last.candidate_id)
    if content is None or candidate is None:
        raise missing("candidate")
    push = push_of(content, candidate, last)
    approved = Approved(
        content_id=content_id,
        push_id=push.push_id,
        candidate_id=last.candidate_id,
        review_id=last.review_id,
        approved_at=last.reviewed_at,
    )
    tx.pushes.add([push])
    tx.approved.put([approved])
    if before is None or before.push_id != push.push_id:
        announce(tx, NoticeKind.PUSH_APPROVED, {"content_id": content_id, "push_id": push.push_id}, now)
    return approved


def push_of(content: Content, candidate: Candidate, review: Review) -> Push:
    """The words that a review lets go out. The same words about the same content are the same push."""
    edited = review.decision is Decision.EDIT and review.body is not None
    title, body = (review.title, review.body or "") if edited else (candidate.title, candidate.body)
    # Only a picture that a device can fetch goes with the push.
    media = content.media if (content.media or "").startswith("https://") else None
    identity = "\x1f".join((content.content_id, title or "", body, candidate.style, media or ""))
    return Push(
        push_id=hashlib.sha256(identity.encode()).hexdigest()[:16],
        content_id=content.content_id,
        title=title,
        body=body,
        style=candidate.style,
        language=candidate.language,
        media=media,
    )
