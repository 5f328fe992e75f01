"""Bodies of requests about reviews."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from pushgen.records import Decision, Review, Verdict
from pushgen.service.fields import Body, Id, Incoming, Line


class Edited(Incoming):
    """A text that shall take the place of a candidate's."""

    title: Line | None = None
    body: Body


class ReviewIn(Incoming):
    """A decision."""

    reviewer: Id
    decision: Decision
    title: Line | None = None
    """With `edit`: the title after it; null for none."""
    body: Body | None = None
    """With `edit`: the body after it."""
    reason: Annotated[Line, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _fits_the_decision(self) -> Self:
        edits = self.decision is Decision.EDIT
        if edits and self.body is None:
            raise ValueError("an edit needs a body")
        if not edits and (self.title is not None or self.body is not None):
            raise ValueError("only an edit has a title and a body")
        if self.decision is Decision.REJECT and not (self.reason or "").strip():
            raise ValueError("a rejection needs a reason")
        return self


class Findings(BaseModel):
    """What the guardrails find in a text."""

    passes: bool
    verdicts: list[Verdict]


class Reviewed(BaseModel):
    """A review, and what the guardrails warn of in its text."""

    review: Review
    verdicts: list[Verdict]
