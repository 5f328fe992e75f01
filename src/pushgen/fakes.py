"""Deterministic stand-ins for the exchangeable parts, so that users can test their own code offline and fast."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from pushgen.protocols import (
    CaptionFailure,
    CaptionRequest,
    Comparison,
    Fate,
    Floats,
    GenerationFailure,
    GenerationRequest,
    Message,
    Outcome,
)
from pushgen.records import Candidate


def _unit(text: str) -> float:
    """A fixed number in [0, 1) for a text."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big") / 2**64


class FakeGenerator:
    """Writes `[style] first words of the source`; grounded, deterministic, fails on contents without a source."""

    name = "fake"
    deterministic = True

    def __init__(self, words: int = 12) -> None:
        self._words = words

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Candidate | GenerationFailure]:
        return [self._one(request) for request in requests]

    def _one(self, request: GenerationRequest) -> Candidate | GenerationFailure:
        content = request.content
        words = content.source_text.split()[: self._words]
        if not words:
            return GenerationFailure(content_id=content.content_id, style=request.style, reason="empty caption")
        identity = f"{content.content_id}\x1f{self.name}\x1f{request.style}\x1f{request.index}\x1f{request.seed}"
        return Candidate(
            candidate_id=hashlib.sha256(identity.encode()).hexdigest()[:16],
            content_id=content.content_id,
            body=f"[{request.style}] {' '.join(words)}",
            style=request.style,
            language=content.language,
            generator=self.name,
            seed=request.seed,
            prompt_hash=hashlib.sha256(content.source_text.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        )


class FakeCaptioner:
    """Says how many pictures there are, how large the first is and which colour it mostly has."""

    name = "fake"

    def describe(self, requests: Sequence[CaptionRequest]) -> list[str | CaptionFailure]:
        return [self._one(request) for request in requests]

    def _one(self, request: CaptionRequest) -> str | CaptionFailure:
        if not request.frames:
            return CaptionFailure(content_id=request.content.content_id, reason="no pictures")
        first = request.frames[0].pixels
        colour = ("red", "green", "blue")[int(first.reshape(-1, 3).mean(0).argmax())]
        height, width = first.shape[:2]
        return f"There are {len(request.frames)} pictures. The first is {width} by {height} and mostly {colour}."


class FakeRewardModel:
    """Prefers texts by a fixed hash: a total order without meaning, antisymmetric."""

    name = "fake"
    kind = "score"

    def compare(
        self, texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None = None
    ) -> Comparison:
        del captions
        mean = np.array([_unit(a) - _unit(b) for a, b in zip(texts_a, texts_b, strict=True)], dtype=np.float32)
        p_a: Floats = (1.0 / (1.0 + np.exp(-4.0 * mean))).astype(np.float32)
        return Comparison(mean=mean, p_a=p_a)


class FakeEncoder:
    """Unit vectors drawn from the hash of each text: equal texts agree, different ones are unrelated."""

    name = "fake"

    def __init__(self, dimension: int = 32) -> None:
        self.dimension = dimension

    def encode(self, texts: Sequence[str]) -> Floats:
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        for index, text in enumerate(texts):
            seed = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")
            rows[index] = np.random.default_rng(seed).standard_normal(self.dimension)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class FakeClock:
    """Stands still until it is told to move."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, **span: float) -> None:
        """Moves on by a `timedelta` of these arguments, such as `hours=3`."""
        self._now += timedelta(**span)

    def move_to(self, moment: datetime) -> None:
        self._now = moment


class FakeChannel:
    """Accepts every message, or answers what `answer` says; remembers what it was asked to send."""

    def __init__(
        self,
        answer: Callable[[Message], Outcome] | None = None,
        *,
        name: str = "fake",
        needs_device: bool = False,
    ) -> None:
        self.name = name
        self.needs_device = needs_device
        self.messages: list[Message] = []
        self._answer = answer

    async def send(self, message: Message) -> Outcome:
        self.messages.append(message)
        return self._answer(message) if self._answer else Outcome(fate=Fate.ACCEPTED)

    async def close(self) -> None:
        return None
