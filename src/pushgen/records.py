"""The nouns of PushGen. Every stage speaks in these and in tables of them (`tables.py`)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a push is about: a video, an article, a product."""

    content_id: str
    title: str | None = None
    caption: str | None = None
    """What is known of the content, in words. Every claim of a push must be supported by it."""
    media: str | None = None
    """Path or URL of the image or video."""
    language: str | None = None
    """BCP 47 tag such as `en` or `zh`."""
    category: str | None = None
    created_at: datetime | None = None

    @property
    def source_text(self) -> str:
        """Title and caption, the text that claims are checked against."""
        return "\n".join(part for part in (self.title, self.caption) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Copy that was or could be sent."""

    push_id: str
    content_id: str
    body: str
    title: str | None = None
    style: str | None = None
    language: str | None = None
    link: str | None = None
    expires_at: datetime | None = None
    media: str | None = None
    """Picture shown with the copy; arms with different pictures are never compared."""

    @property
    def text(self) -> str:
        """Title and body in one line, as a reader sees them and as models score them."""
        return push_text(self.title, self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Counts of one push in one arm of one experiment (or outside any)."""

    push_id: str
    experiment_id: str | None = None
    impressions: int | None = None
    """PV in the paper. Null only in logs that publish rates alone."""
    clicks: int | None = None
    short_views: int | None = None
    long_views: int | None = None
    dislikes: int | None = None
    rate: float | None = None
    """Click rate in [0, 1] as stated by a log without counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Pushes of one content shown to randomised traffic."""

    experiment_id: str
    content_id: str
    started_at: datetime | None = None
    arms: int = 0
    stated_winner: str | None = None
    """Push id that the source calls the winner. Never used as a label where counts exist."""
    stated_confidence: float | None = None
    """Confidence in [0, 1] that the source states for its winner."""
    excluded: str | None = None
    """Why the audit takes the experiment out of every comparison (`window`, `sample ratio`), or null. Its rows stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two arms of one experiment with the same picture and different texts."""

    experiment_id: str
    content_id: str
    push_a: str
    push_b: str
    text_a: str
    text_b: str
    caption: str | None
    category: str | None
    impressions_a: int
    clicks_a: int
    impressions_b: int
    clicks_b: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A generated push with its provenance."""

    candidate_id: str
    content_id: str
    body: str
    title: str | None = None
    style: str
    """The style asked for, not the style found."""
    language: str | None = None
    generator: str
    seed: int
    prompt_hash: str
    repaired_from: str | None = None
    """Candidate id of the text that a guardrail blocked and that this one is a shorter form of; null as written."""

    @property
    def text(self) -> str:
        return push_text(self.title, self.body)


class Severity(StrEnum):
    """What a finding means for its candidate."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One finding of one guardrail in one candidate."""

    candidate_id: str
    content_id: str
    rule: str
    severity: Severity
    start: int
    """Start of the offending span in the candidate's `text`, in code points."""
    end: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A candidate that was not chosen, seen from the one that was."""

    candidate_id: str
    text: str
    style: str
    p_beaten: float
    """Probability that the chosen candidate's true CTR is above this one's."""
    barred: str | None = None
    """Why it was not free to be chosen (a bound, a near-copy, the incumbent's margin), or null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The candidate chosen for a content."""

    content_id: str
    candidate_id: str
    title: str | None
    body: str
    style: str
    language: str | None
    p_win: float
    """Mean over the rivals of the probability to beat them; 0.5 where there is no rival."""
    generator: str
    fallback: bool = False
    """True where no candidate survived the guardrails and the template wrote the text."""
    rivals: tuple[Rival, ...] = ()
    reason: str | None = None
    """What decided besides strength: bounds, near-copies, the incumbent's margin. Null where the strongest was free."""


def push_text(title: str | None, body: str) -> str:
    """Title and body in one line: `title: body`, or the body alone."""
    return f"{title}: {body}" if title else body
