"""What a person did a moment ago, so that the next page can say it and offer the way back."""

from dataclasses import dataclass

from pushgen.records import Review, push_text
from pushgen.store import Transaction

WORDS = {"approve": "Approved", "edit": "Edited and approved", "reject": "Rejected"}


@dataclass(frozen=True, slots=True)
class Done:
    """A review that was just made."""

    review: Review
    words: str
    text: str


def what_was_done(tx: Transaction, review_id: str | None) -> Done | None:
    """The review in words; None where there is none, or where it was taken back."""
    review = tx.reviews.get(review_id) if review_id else None
    candidate = tx.candidates.get(review.candidate_id) if review else None
    if review is None or candidate is None:
        return None
    text = candidate.text if review.body is None else push_text(review.title, review.body)
    return Done(review, WORDS[review.decision.value], text)
