"""Captions of many contents: from texts and properties, and from what a model sees in their pictures and videos."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pushgen.captions.assemble import SENTENCE, assemble
from pushgen.captions.journal import Description, Journal
from pushgen.captions.media import MediaError, frames_of, state_of
from pushgen.captions.pieces import SourceRow, SourceText, described, properties_of, sentences_of, texts_of
from pushgen.captions.prompt import MOST
from pushgen.captions.settings import CaptionConfig
from pushgen.manifest import fingerprint
from pushgen.progress import bar
from pushgen.protocols import Captioner, CaptionFailure, CaptionRequest
from pushgen.records import Content, Origin, Provenance
from pushgen.text.script import likely_language

NOTHING = "nothing to caption"
CONTENTS_AT_ONCE = 32
"""Bounds the pictures that are in memory together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captioned:
    """Contents with their captions."""

    contents: Sequence[Content]
    """All that were given, in order; one of which nothing is known has no caption."""
    provenance: Sequence[Provenance]
    origins: Mapping[str, int]
    """Contents by origin of at least one sentence of their caption."""
    failures: Mapping[str, int]
    """Contents whose media gave no description, and those without any caption, by reason."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one content before a model is asked."""

    row: SourceRow
    texts: Sequence[SourceText]
    language: str

    def text(self, origin: Origin) -> str:
        return next((text.text for text in self.texts if text.origin is origin), "")


def caption_contents(
    rows: Sequence[SourceRow],
    config: CaptionConfig,
    captioner: Captioner | None = None,
    *,
    root: Path = Path(),
    journal: Journal | None = None,
) -> Captioned:
    """Captions in the language of each content; one without a language gets that of its texts.

    Args:
        rows: Contents with their further columns.
        config: What a caption is made of.
        captioner: What describes media; None leaves them unseen.
        root: Folder that relative paths of media start from.
        journal: Descriptions made before, and where new ones are kept.
    """
    contents: list[Content] = []
    provenance: list[Provenance] = []
    origins: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    with bar("captions", len(rows)) as shown:
        for start in range(0, len(rows), CONTENTS_AT_ONCE):
            chunk = [_known(row, config) for row in rows[start : start + CONTENTS_AT_ONCE]]
            seen = _descriptions(chunk, config, captioner, root, journal, failures)
            for known in chunk:
                content, found = _one(known, seen.get(known.row.content.content_id), config, captioner)
                failures[NOTHING] += content.caption is None
                origins.update({row.origin.value for row in found if row.kind == SENTENCE})
                contents.append(content)
                provenance += found
            shown.advance(len(chunk))
    return Captioned(
        contents=contents,
        provenance=provenance,
        origins=dict(origins.most_common()),
        failures={reason: count for reason, count in failures.most_common() if count},
    )


def _known(row: SourceRow, config: CaptionConfig) -> _Known:
    texts = texts_of(row, config.columns, config.limits)
    language = row.content.language or likely_language(
        "\n".join([row.content.title or "", *(text.text for text in texts)])
    )
    return _Known(row, texts, language)


def _one(
    known: _Known, seen: Description | None, config: CaptionConfig, captioner: Captioner | None
) -> tuple[Content, Sequence[Provenance]]:
    content = known.row.content
    pieces = properties_of(known.row, config.columns, config.limits)
    for text in known.texts:
        pieces += sentences_of(text, content.title or "", known.language)
    if seen is not None and captioner is not None:
        origin = Origin.VIDEO if seen.is_video else Origin.IMAGE
        pieces += described(seen.text, origin, captioner.name, seen.seconds)
    made = assemble(content.content_id, pieces, known.texts, config.limits.caption, known.language)
    language = content.language or (known.language if made.text else None)
    return replace(content, caption=made.text or None, language=language), made.provenance


def _descriptions(
    chunk: Sequence[_Known],
    config: CaptionConfig,
    captioner: Captioner | None,
    root: Path,
    journal: Journal | None,
    failures: Counter[str],
) -> dict[str, Description]:
    """What the captioner says of the media of a chunk, by content id."""
    found: dict[str, Description] = {}
    if captioner is None:
        return found
    requests: list[CaptionRequest] = []
    keys: dict[str, str] = {}
    for known in chunk:
        content = known.row.content
        if content.media is None:
            continue
        key = keys[content.content_id] = _key(known, content.media, config, captioner, root)
        if journal and (made := journal.get(key)):
            found[content.content_id] = made
            continue
        try:
            frames = frames_of(content.media, root, config.frames, config.max_media_bytes)
        except MediaError as error:
            failures[error.reason] += 1
            continue
        requests.append(
            CaptionRequest(
                content=content,
                frames=frames,
                language=known.language,
                speech=known.text(Origin.SPEECH),
                screen=known.text(Origin.SCREEN),
            )
        )
    new: dict[str, Description] = {}
    for request, outcome in zip(requests, captioner.describe(requests), strict=True):
        if isinstance(outcome, CaptionFailure):
            failures[outcome.reason] += 1
            continue
        seconds = tuple(frame.seconds for frame in request.frames if frame.seconds is not None)
        new[request.content.content_id] = Description(outcome, bool(seconds), seconds)
    if journal and new:
        journal.add({keys[content_id]: made for content_id, made in new.items()})
    return found | new


def _key(known: _Known, media: str, config: CaptionConfig, captioner: Captioner, root: Path) -> str:
    """Identity of one description: model, settings, media and all that the prompt holds."""
    state = state_of(media, root)
    told = [known.text(origin)[:MOST] for origin in (Origin.SCREEN, Origin.SPEECH)]
    return fingerprint(
        {
            "captioner": captioner.name,
            "settings": [
                *(config.vision.max_tokens, config.vision.repetition_penalty),
                *(asdict(config.frames), config.limits.description),
            ],
            "media": [media, state and state.st_size, state and state.st_mtime_ns],
            "prompt": [known.language, known.row.content.title, *told],
        }
    )
