"""Candidates in, and what the guardrails say of them."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from pushgen.records import Candidate, Verdict
from pushgen.service.fields import Body, Id, Incoming, Language, Line, PerRow, RejectedRow
from pushgen.styles import load_taxonomy

MOST_AT_ONCE = 200
"""Candidates of one request; each is held against every guardrail while the caller waits."""
MOST_WRITTEN = 64


def _style(value: str) -> str:
    known = load_taxonomy().ids
    if value not in known:
        raise ValueError(f"must be one of {', '.join(known)}")
    return value


Style = Annotated[str, AfterValidator(_style)]
Seed = Annotated[int, Field(ge=0, lt=1 << 63)]


class CandidateRow(Incoming):
    """A candidate that somebody else wrote."""

    content_id: Id
    candidate_id: Id | None = None
    """Follows from the other fields where not given, so that the same candidate sent twice is one."""
    title: Line | None = None
    body: Body
    style: Id = "unstated"
    language: Language | None = None
    """That of the content where not given."""
    generator: Id = "handed in"
    """Who or what wrote it."""
    seed: Seed = 0
    prompt_hash: Annotated[Line, Field(max_length=200)] = ""


class Candidates(Incoming):
    """Many candidates, of one content or several."""

    items: Annotated[list[Annotated[CandidateRow, PerRow]], Field(min_length=1, max_length=MOST_AT_ONCE)]


class Writing(Incoming):
    """What to write for a content."""

    styles: Annotated[list[Style], Field(max_length=MOST_WRITTEN)] = Field(default_factory=list[str])
    """Style ids; empty for every style."""
    per_style: Annotated[int, Field(ge=1, le=8)] = 1
    seed: Seed = 0
    """Another seed gives other texts where the generator has a choice."""

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        count = len(self.styles or load_taxonomy().ids) * self.per_style
        if count > MOST_WRITTEN:
            raise ValueError(f"asks for {count} candidates; at most {MOST_WRITTEN} are written at once")
        return self


class Checked(BaseModel):
    """A candidate and what the guardrails found in it."""

    candidate: Candidate
    passes: bool
    """Whether it can be chosen; a finding that blocks keeps it out."""
    verdicts: list[Verdict]


class HandedIn(BaseModel):
    """What became of candidates: every row is new, known or rejected."""

    new: int
    known: int
    """Sent before, or twice in this request."""
    rejected: list[RejectedRow]
    candidates: list[Checked]
    """The new ones, and shorter forms that the guardrails made of blocked ones."""


class NotWritten(BaseModel):
    """A candidate that was asked for and not written."""

    style: str
    reason: str


class Written(BaseModel):
    """What the generator wrote; every request is a candidate or not written."""

    candidates: list[Checked]
    """Shorter forms that the guardrails made of blocked ones among them."""
    not_written: list[NotWritten]
