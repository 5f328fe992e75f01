"""The interfaces between PushGen and what can be exchanged in it. One small protocol each, one contract test each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pushgen.records import Candidate, Content, Device, Priority, Selection, Verdict

Floats = NDArray[np.float32]


@runtime_checkable
class Encoder(Protocol):
    """Text to vectors."""

    name: str
    dimension: int

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit-length rows, shape (len(texts), dimension). The row of a text does not depend on its neighbours."""
        ...


@dataclass(frozen=True, slots=True)
class StyleLabel:
    """The style a labeller finds in a text."""

    style: str
    confidence: float
    """In [0, 1]; comparable within one labeller only."""


@runtime_checkable
class StyleLabeller(Protocol):
    """Text to style."""

    name: str

    def label(self, texts: Sequence[str]) -> list[StyleLabel]:
        """One label per text, in order, each a style id of the taxonomy."""
        ...


Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """A picture, or one frame of a video."""

    pixels: Pixels
    """Red, green and blue, shape (height, width, 3)."""
    seconds: float | None = None
    """Place in the video; null for a picture."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaptionRequest:
    """A picture or video to describe."""

    content: Content
    frames: Sequence[Frame]
    """At least one, in order."""
    language: str
    """BCP 47 tag of the language to write in."""
    speech: str = ""
    """Words spoken, or empty."""
    screen: str = ""
    """Words on screen, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionFailure:
    """A request that got no description. The batch goes on."""

    content_id: str
    reason: str
    """Short and countable."""


@runtime_checkable
class Captioner(Protocol):
    """Pictures to words."""

    name: str

    def describe(self, requests: Sequence[CaptionRequest]) -> list[str | CaptionFailure]:
        """One description or failure per request, in order. Never raises for a single bad content."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """One push to write."""

    content: Content
    style: str
    index: int = 0
    """Which of several candidates of the same style this is."""
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationFailure:
    """A request that got no candidate. The batch goes on."""

    content_id: str
    style: str
    reason: str
    """Short and countable, such as `empty caption`."""


@runtime_checkable
class Generator(Protocol):
    """Content and style to a candidate."""

    name: str
    deterministic: bool
    """Whether the same request always gives the same candidate, in any batch and any process."""

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Candidate | GenerationFailure]:
        """One outcome per request, in order. Never raises for a single bad content."""
        ...


@runtime_checkable
class Guardrail(Protocol):
    """One rule that candidates are held against."""

    @property
    def rule(self) -> str:
        """Its name in verdicts."""
        ...

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        """Findings in the candidates of one content; no finding means passed."""
        ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a reward model says of N pairs."""

    mean: Floats
    """Expected log(CTR of a / CTR of b), shape (N,)."""
    p_a: Floats
    """Probability that the true CTR of a is above that of b, in [0, 1], shape (N,)."""


@runtime_checkable
class RewardModel(Protocol):
    """Which of two pushes of one content has the higher true CTR."""

    name: str
    kind: str

    def compare(
        self, texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None = None
    ) -> Comparison:
        """Antisymmetric: swapping a and b negates `mean` and turns `p_a` into 1 - p_a. Equal texts give exactly 0.5."""
        ...


@runtime_checkable
class UtilityModel(RewardModel, Protocol):
    """A reward model that judges all candidates of a content at once, each text read once."""

    def utilities(self, lists: Sequence[Sequence[str]], captions: Sequence[str | None]) -> list[Floats]:
        """Expected log-CTR of each text up to a constant of its list, shape (K,) per list; K may be 0.

        `captions` has one entry per list. Permuting a list permutes its utilities; equal texts get equal ones.
        """
        ...

    def win_matrix(self, utilities: Floats) -> Floats:
        """Probability p[i, j] that text i of a list beats text j, shape (K, K), from the utilities of that list."""
        ...


@runtime_checkable
class Selector(Protocol):
    """From candidates and their probabilities to a choice."""

    @property
    def name(self) -> str: ...

    def select(
        self, content: Content, candidates: Sequence[Candidate], p_win: Floats, barred: Mapping[str, str] | None = None
    ) -> Selection:
        """`p_win[i, j]` is the probability that i beats j, shape (K, K), K >= 1. Ties break on the candidate id.

        `barred` holds, by candidate id, why a candidate is not to be chosen while another is there.
        """
        ...


@runtime_checkable
class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The present moment, with an offset from UTC."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A delivery as it goes out: rendered, never changed again."""

    key: str
    """Idempotency key: the same for every attempt at this delivery, different for every other one."""
    user_id: str
    device: Device | None
    """Null only for channels that find the user by id."""
    title: str | None
    body: str
    link: str | None = None
    media: str | None = None
    campaign_id: str
    push_id: str
    priority: Priority = Priority.NORMAL
    expires_at: datetime | None = None


class Fate(StrEnum):
    """What an answer of a provider means for the delivery."""

    ACCEPTED = "accepted"
    DEAD_TOKEN = "dead token"
    """The address is gone for good: take it out of use and try the user's next one."""
    RETRY = "retry later"
    MISCONFIGURED = "our configuration"
    """Every message would fail the same way until a person acts: keep them, stop asking."""
    DROP = "drop"
    """This message can never be delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one attempt."""

    fate: Fate
    code: str | None = None
    """The provider's own word for it, short and countable, without personal data."""
    provider_id: str | None = None
    retry_after: float | None = None
    """Seconds that the provider asks to wait."""
    uncertain: bool = False
    """With `RETRY`: the request may have been accepted, but no answer came."""


@runtime_checkable
class Channel(Protocol):
    """A way to reach users: a push provider, or a sender that is already there."""

    @property
    def name(self) -> str: ...

    @property
    def needs_device(self) -> bool:
        """Whether a message needs the address of a device."""
        ...

    async def send(self, message: Message) -> Outcome:
        """One attempt. Never raises for what a provider or a network does; many may be under way at once."""
        ...

    async def close(self) -> None:
        """Gives back connections."""
        ...


Metrics = Mapping[str, float]
