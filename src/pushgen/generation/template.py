"""The generator that needs no model: statements of the source in the frames of a style.

It is grounded by construction. What it says comes from the source word for word (`statements.py`); the words of a frame
point, ask or invite and state nothing. The choice among frames and statements is drawn from a hash of content, style,
and seed, so the same request gives the same text in any batch and any process, and other contents other frames.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pushgen.errors import ConfigurationError
from pushgen.generation.frames import Frame, Frames, StyleFrames, load_frames
from pushgen.generation.prompt import write_prompt
from pushgen.generation.provenance import candidate, failure, language_of
from pushgen.generation.statements import Source, Statement, read_source
from pushgen.protocols import GenerationFailure, GenerationRequest
from pushgen.records import Candidate, Content
from pushgen.styles.taxonomy import Taxonomy, load_taxonomy
from pushgen.text.graphemes import grapheme_count


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateConfig:
    """How the template generator writes."""

    limit: int = 110
    """Longest text in graphemes; a phone shows about this much of a collapsed notification."""
    variety: float = 0.6
    """How far chance may prefer a frame or statement over a more salient one; 0 always takes the best."""
    frames: Path | None = None
    """A TOML file of frames instead of the packaged one."""

    def __post_init__(self) -> None:
        if self.limit < 30:
            raise ConfigurationError(f"template: limit must be at least 30 graphemes, found {self.limit}")
        if self.variety < 0:
            raise ConfigurationError(f"template: variety must not be negative, found {self.variety}")


@dataclass(frozen=True, slots=True)
class _Draft:
    text: str
    frame: Frame
    statement: Statement
    score: float


class TemplateGenerator:
    """Writes candidates from frames."""

    deterministic = True

    def __init__(
        self,
        config: TemplateConfig | None = None,
        taxonomy: Taxonomy | None = None,
        *,
        frames: Frames | None = None,
        name: str = "template",
    ) -> None:
        """`frames` stand in place of those that the configuration names."""
        self.name = name
        self._config = config or TemplateConfig()
        self._taxonomy = taxonomy or load_taxonomy()
        self._frames: Frames = frames if frames is not None else load_frames(self._config.frames)

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Candidate | GenerationFailure]:
        """One outcome per request, in order.

        Failures: `empty caption`, `no frames for the language`, `no number in the source` and the like, `no further
        variant` where `index` asks for more texts than the source gives. Raises `ConfigurationError` for a style that
        the taxonomy does not have.
        """
        for style in {request.style for request in requests}:
            _ = self._taxonomy[style]
        outcomes: list[Candidate | GenerationFailure] = []
        content: Content | None = None
        source: Source | None = None
        for request in requests:
            if source is None or request.content is not content:
                content, source = request.content, read_source(request.content, language_of(request.content))
            outcomes.append(self._one(request, source))
        return outcomes

    def _one(self, request: GenerationRequest, source: Source) -> Candidate | GenerationFailure:
        if not source.statements:
            return failure(request, "empty caption")
        language = language_of(request.content)
        frames = self._frames_for(request.style, language)
        if frames is None:
            return failure(request, "no frames for the language")
        drafts = self._drafts(request, source, frames)
        if not drafts:
            return failure(request, frames.failure)
        chosen = _nth(drafts, request.index)
        if chosen is None:
            return failure(request, "no further variant")
        prompt = write_prompt(request, self._taxonomy, language, limit=self._config.limit)
        return candidate(request, chosen.text, generator=self.name, prompt_hash=prompt.hash, language=language)

    def _frames_for(self, style: str, language: str) -> StyleFrames | None:
        languages = self._frames.get(style, {})
        found = languages.get(language) or languages.get(language.split("-")[0].lower())
        if found is None and style == "plain":
            # A statement of the source as it stands needs no words of any language.
            return StyleFrames((Frame("{fact}", frozenset({"fact"}), frozenset(), 0.0),), frozenset(), "")
        return found

    def _drafts(self, request: GenerationRequest, source: Source, frames: StyleFrames) -> list[_Draft]:
        draw = random.Random(f"{request.content.content_id}\x1f{request.style}\x1f{request.seed}")
        found: dict[str, _Draft] = {}
        for frame in frames.frames:
            for statement in source.statements:
                chance = self._config.variety * draw.random()
                has_cue = _has_cue(statement, frames)
                if not _meets(frame, statement, has_cue):
                    continue
                for text, loss in _fill(frame, statement, source, self._config.limit):
                    score = statement.score + 0.5 * has_cue - frame.penalty - loss + chance
                    if text not in found or found[text].score < score:
                        found[text] = _Draft(text, frame, statement, score)
        return list(found.values())


def _has_cue(statement: Statement, frames: StyleFrames) -> bool:
    if not frames.cues.isdisjoint(statement.words):
        return True
    # Han words are not parted by spaces: their cues are sequences of characters.
    return any(not cue.isascii() and cue in statement.full for cue in frames.cues)


def _meets(frame: Frame, statement: Statement, has_cue: bool) -> bool:
    has = {
        "number": bool(statement.numbers),
        "name": bool(statement.names),
        "cue": has_cue,
        "quote": statement.has_quote,
        "question": statement.is_question,
        "statement": not statement.is_question,
    }
    return all(has[need] for need in frame.needs)


def _fill(frame: Frame, statement: Statement, source: Source, limit: int) -> Iterator[tuple[str, float]]:
    """Texts of a frame with a statement that keep the limit, each with what the shortening costs."""
    # A name introduces only a statement that speaks of it: "On Ada: the bridge opened" would say something new.
    name = source.name if source.name in statement.names else next(iter(statement.names), None)
    if ("name" in frame.slots and not name) or ("title" in frame.slots and not source.title):
        return
    if "title" in frame.slots and (statement.full == source.title or grapheme_count(source.title) * 2 > limit):
        return
    outer = frame.text.format(fact="", said="", teaser="", name=name, title=source.title)
    room = limit - grapheme_count(outer)
    if "teaser" in frame.slots:
        fitting = [text for text in statement.teasers if grapheme_count(text) <= room]
        filling = fitting[0] if fitting else None
    else:
        filling = statement.fitted(room)
        if filling and "said" in frame.slots:
            filling = _inside(filling, statement, source)
    if filling is None or ("name" in frame.slots and name and name not in filling):
        return
    if "number" in frame.needs and not any(number in filling for number in statement.numbers):
        return
    cut_short = filling.endswith("…") and "teaser" not in frame.slots
    text = frame.text.format(fact=filling, said=filling, teaser=filling, name=name, title=source.title)
    yield text, 0.4 * cut_short


def _inside(text: str, statement: Statement, source: Source) -> str | None:
    """The statement as part of a sentence, or None where its first word may be a name."""
    first = text.split(None, 1)[0]
    if any(text.startswith(name) for name in statement.names) or text.endswith(("…", "!", "?", "？", "！")):
        return None
    if first.lower() in source.lowered or first in ("A", "An", "The"):
        return text[:1].lower() + text[1:]
    return None


def _nth(drafts: Sequence[_Draft], index: int) -> _Draft | None:
    """The draft at a place of an order that goes by score but avoids the frames and statements already used."""
    left = sorted(drafts, key=lambda draft: (-draft.score, draft.text))
    frames: set[str] = set()
    statements: set[str] = set()
    for place in range(len(left)):
        best = max(
            left,
            key=lambda draft: (
                draft.score - 0.6 * (draft.frame.text in frames) - 0.3 * (draft.statement.full in statements)
            ),
        )
        if place == index:
            return best
        left.remove(best)
        frames.add(best.frame.text)
        statements.add(best.statement.full)
    return None
