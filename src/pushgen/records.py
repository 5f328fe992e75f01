"""The nouns of PushGen. Every stage speaks in these and in tables of them (`tables.py`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum


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


class Origin(StrEnum):
    """Where a piece of a caption comes from."""

    CAPTION = "caption"
    """A caption that was there before."""
    ARTICLE = "article"
    PRODUCT = "product"
    SPEECH = "speech"
    """Words spoken, as a recogniser (ASR) heard them."""
    SCREEN = "screen"
    """Words on screen, as a recogniser (OCR) read them."""
    IMAGE = "image"
    VIDEO = "video"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where one sentence or one fact of a caption comes from. A fact that several sources hold has one per source."""

    content_id: str
    start: int
    """Start in the caption, in code points."""
    end: int
    kind: str
    """`sentence`, or the kind of a fact: `number`, `date`, `time`, `name`, `quote`."""
    text: str
    """`caption[start:end]`."""
    origin: Origin
    field: str | None = None
    """Column that held it, or the model that wrote it."""
    source_start: int | None = None
    """Start in the column's clean text, paragraphs parted by one line break; null where a model wrote it."""
    source_end: int | None = None
    seconds: tuple[float, ...] = ()
    """Places of the frames of a video that the model saw, in seconds."""


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


class Decision(StrEnum):
    """What a person made of a candidate."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person decided about a candidate."""

    review_id: str
    candidate_id: str
    content_id: str
    reviewer: str
    decision: Decision
    reviewed_at: datetime
    title: str | None = None
    """Title after an edit."""
    body: str | None = None
    """Body after an edit."""
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The push that people let go out for a content, until they let another one."""

    content_id: str
    push_id: str
    candidate_id: str
    review_id: str
    """The review that let it."""
    approved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A push that takes part in an experiment."""

    experiment_id: str
    place: int
    """From 0; the arm at 0 is the control."""
    push_id: str
    weight: int = 1
    """Its part of the traffic, beside the other arms' weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A user who can be sent to, and what is filled into the slots of a push at the last moment."""

    user_id: str
    zone: str | None = None
    """IANA time zone such as `Europe/Berlin`; null where it is not known."""
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    """Values of slots, such as `first_name`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where a user can be reached on one channel."""

    device_id: str
    user_id: str
    channel: str
    address: str
    """Token, subscription URL or whatever the channel sends to."""
    keys: Mapping[str, str] = field(default_factory=dict[str, str])
    """Keys of the subscription where the channel encrypts (Web Push: `p256dh`, `auth`)."""
    seen_at: datetime
    """When the app last reported it. Of several devices the one seen last is sent to."""
    retired_at: datetime | None = None
    """When a provider called the address dead."""


EVERY_TOPIC = "*"
"""Topic of a preference that stands for all topics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Whether a user wants pushes of a topic. Without one, pushes are wanted; a no to every topic wins over all."""

    user_id: str
    topic: str = EVERY_TOPIC
    wanted: bool
    changed_at: datetime


class Priority(IntEnum):
    """Who goes first among the deliveries that are due."""

    LOW = 0
    NORMAL = 1
    HIGH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What deliveries of one purpose share."""

    campaign_id: str
    topic: str
    """What users can opt out of."""
    priority: Priority = Priority.NORMAL
    stale_after_seconds: float | None = None
    """A delivery that cannot be sent so long after it was due is dropped; null where the push alone says."""


class DeliveryState(StrEnum):
    """Where a delivery stands. The last three are outcomes and never change again."""

    PLANNED = "planned"
    ENQUEUED = "enqueued"
    """Decided and rendered, claimed by a worker, nothing sent."""
    SENDING = "sending"
    """The request may have gone out."""
    ACCEPTED = "accepted"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One push for one user on one channel in one window; the key makes it unique for ever."""

    key: str
    user_id: str
    campaign_id: str
    window: str
    """Name of the span in which the campaign sends to a user at most once, such as `2026-11-24`."""
    push_id: str
    channel: str
    experiment_id: str | None = None
    priority: Priority = Priority.NORMAL
    state: DeliveryState = DeliveryState.PLANNED
    reason: str | None = None
    """Why it was put off, dropped or failed: a short countable phrase."""
    due_at: datetime
    """Not before this moment."""
    expires_at: datetime | None = None
    """Not from this moment on."""
    planned_at: datetime
    decided_at: datetime | None = None
    rendered_at: datetime | None = None
    enqueued_at: datetime | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    attempts: int = 0
    """Requests whose answer was to try again later."""
    recoveries: int = 0
    """Times that the request may have gone out and no answer was recorded: how often it may have been repeated."""
    deferrals: int = 0
    device_id: str | None = None
    provider_id: str | None = None
    """The provider's own name for the message."""


class EventKind(StrEnum):
    """What happened to a push on a device."""

    IMPRESSION = "impression"
    CLICK = "click"
    DISLIKE = "dislike"
    SHORT_VIEW = "short_view"
    LONG_VIEW = "long_view"
    OPT_OUT = "opt_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that a user did, and when."""

    event_id: str
    """Unique; the same event reported twice counts once."""
    kind: EventKind
    at: datetime
    user_id: str | None = None
    key: str | None = None
    """Key of the delivery, where the app knows it."""
    push_id: str | None = None
    topic: str | None = None
    """Topic of an opt-out; null means every topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which thing."""

    at: datetime
    actor: str
    action: str
    noun: str
    noun_id: str
    detail: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What lets a program use the service. The secret itself is nowhere."""

    key_id: str
    name: str
    """Whose it is, in words."""
    secret_sha256: str
    """Hexadecimal. The secret is 256 random bits, so that a fast hash withstands every search."""
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class NoticeKind(StrEnum):
    """What others can be told of."""

    PUSH_APPROVED = "push.approved"
    """A content has a push that may go out, or another one than before."""
    PUSH_WITHDRAWN = "push.withdrawn"
    """Nothing may go out for a content any more."""
    JOB_DONE = "job.done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Who is told of what."""

    webhook_id: str
    url: str
    secret: str
    """What notices are signed with: `whsec_` and base64. The receiver has it, too."""
    kinds: Sequence[str]
    """Values of `NoticeKind`."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that one webhook is to be told, entered in the transaction in which it happened."""

    notice_id: str
    """Key of every attempt, so that the receiver can take each once."""
    webhook_id: str
    kind: NoticeKind
    data: Mapping[str, str]
    at: datetime
    due_at: datetime
    """Not before this moment; moved on while somebody tries."""
    attempts: int = 0
    settled_at: datetime | None = None
    outcome: str | None = None
    """What came out in the end: `accepted`, or why it was given up."""


class JobKind(StrEnum):
    """What a job does with each of its contents."""

    GENERATE = "generate"
    """Writes candidates and holds them against the guardrails."""
    SELECT = "select"
    """Chooses among the candidates that are there."""
    RUN = "run"
    """Both, one after the other."""


class JobState(StrEnum):
    """Where a job stands. The last two never change again."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work on many contents that nobody waits for."""

    job_id: str
    kind: JobKind
    styles: Sequence[str] = ()
    """Styles to write in; empty means every style."""
    per_style: int = 1
    seed: int = 0
    state: JobState = JobState.QUEUED
    contents: int
    """How many contents it is about."""
    asked_by: str
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None


class Role(StrEnum):
    """What a person may do on the pages; each may do what the ones before it may."""

    VIEWER = "viewer"
    """Looks."""
    REVIEWER = "reviewer"
    """Decides about candidates, judges pairs, asks for more."""
    ADMIN = "admin"
    """Looks up what single users got, undoes what others decided, and ends accounts."""

    def covers(self, other: "Role") -> bool:
        roles = list(Role)
        return roles.index(self) >= roles.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who signs in to the pages."""

    name: str
    role: Role
    password_hash: str
    """Of argon2id, with its parameters."""
    created_at: datetime
    ended_at: datetime | None = None
    """When the account stopped opening anything. Its name stays, since reviews hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser in which a person is signed in. The secret itself is in its cookie alone."""

    secret_sha256: str
    """Hexadecimal. The secret is 256 random bits."""
    name: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Which of two candidates a person prefers who was told nothing but their texts."""

    candidate_a: str
    candidate_b: str
    """The ids in their order, so that a pair has one name."""
    reviewer: str
    content_id: str
    preferred: str | None
    """One of the two; null where neither is better."""
    shown_first: str
    """Which one stood first, to measure whether places decide."""
    judged_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A trained model that can serve."""

    version_id: str
    kind: str
    """`generator` or `reward`."""
    folder: str
    sha256: str
    added_at: datetime
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])


def push_text(title: str | None, body: str) -> str:
    """Title and body in one line: `title: body`, or the body alone."""
    return f"{title}: {body}" if title else body
