"""What a caption is made of, and how pictures are looked at."""

from dataclasses import dataclass, field

from pushgen.errors import ConfigurationError

ARTICLE, SPEECH, SCREEN = "article", "asr", "ocr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns of the input, beside those of contents, that captions are made from."""

    article: str = ARTICLE
    """Column with the text or the HTML of an article; used where it is there."""
    speech: str = SPEECH
    """Column with words spoken, as a recogniser heard them; used where it is there."""
    screen: str = SCREEN
    """Column with words on screen, as a recogniser read them; used where it is there."""
    fields: tuple[str, ...] = ()
    """Columns with properties of a product, such as brand and price; a JSON object is taken apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Longest texts in graphemes. A longer one is trimmed to its most telling sentences."""

    caption: int = 1500
    """The whole caption; a prompt holds about four times as much."""
    article: int = 900
    speech: int = 400
    screen: int = 200
    field: int = 120
    """The value of one property of a product."""
    description: int = 700
    """What a model says of a picture or video."""

    def __post_init__(self) -> None:
        for name in ("caption", "article", "speech", "screen", "field", "description"):
            if getattr(self, name) < 20:
                raise ConfigurationError(f"limits: {name} must be at least 20 graphemes, found {getattr(self, name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameConfig:
    """Which frames of a video are looked at."""

    count: int = 8
    """Most frames of one video."""
    step: float = 0.5
    """Seconds between two looks for a change of scene."""
    cut: float = 0.3
    """Least distance of the colours of two looks, in [0, 1], that parts two scenes."""
    still: float = 10.0
    """A scene gives one more frame for each so many seconds."""
    key_frames_after: float = 180.0
    """Of a video of more seconds only the key frames are looked at, which takes far less time."""
    side: int = 768
    """Longer side of a picture in pixels; a larger one is made smaller."""

    def __post_init__(self) -> None:
        checks = {
            "count": self.count >= 1,
            "step": self.step > 0,
            "cut": 0 < self.cut <= 1,
            "still": self.still > 0,
            "key_frames_after": self.key_frames_after >= 0,
            "side": self.side >= 16,
        }
        for name, good in checks.items():
            if not good:
                raise ConfigurationError(f"frames: {name} is out of range: {getattr(self, name)!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionConfig:
    """How a model is asked for a description."""

    max_tokens: int = 320
    """Tokens that one description may have."""
    batch: int = 4
    """Contents that a local model describes together."""
    repetition_penalty: float = 1.0
    """Of a local model: divides the logits of tokens that are there already; 1 changes nothing."""
    concurrency: int = 4
    """Requests to a server under way at the same time."""
    give_up: int = 8
    """After this many requests in a row without an answer the server is not asked again for the batch."""
    timeout: float = 120.0
    """Seconds that one answer of a server may take."""
    retries: int = 3
    """Further tries after a time-out, a dropped connection, a 429 or a 5xx."""

    def __post_init__(self) -> None:
        checks = {
            "max_tokens": self.max_tokens >= 1,
            "batch": self.batch >= 1,
            "repetition_penalty": self.repetition_penalty > 0,
            "concurrency": self.concurrency >= 1,
            "give_up": self.give_up >= 1,
            "timeout": self.timeout > 0,
            "retries": self.retries >= 0,
        }
        for name, good in checks.items():
            if not good:
                raise ConfigurationError(f"vision: {name} is out of range: {getattr(self, name)!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionConfig:
    """How captions are made."""

    columns: Columns = field(default_factory=Columns)
    limits: Limits = field(default_factory=Limits)
    frames: FrameConfig = field(default_factory=FrameConfig)
    vision: VisionConfig = field(default_factory=VisionConfig)
    max_media_bytes: int = 256 << 20
    """A picture or video of more bytes is not opened."""
