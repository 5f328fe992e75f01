"""What is known of a content in words, sentence by sentence, each with its place in the source."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pushgen.captions.salience import salient
from pushgen.captions.settings import Columns, Limits
from pushgen.records import Content, Origin
from pushgen.text.clean import clean_text
from pushgen.text.graphemes import cut
from pushgen.text.paragraphs import paragraphs
from pushgen.text.segment import sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A sentence for a caption."""

    text: str
    origin: Origin
    field: str
    """Column or model."""
    start: int | None = None
    """Place in the column's clean text; null where a model wrote it."""
    end: int | None = None
    label: int = 0
    """Code points at its beginning that are not of the source: `Brand: `."""
    seconds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A content with its further columns as texts."""

    content: Content
    columns: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class SourceText:
    """Running text about a content."""

    origin: Origin
    field: str
    text: str
    """Clean, paragraphs parted by one line break."""
    limit: int
    """Graphemes of it that a caption may hold."""


def texts_of(row: SourceRow, columns: Columns, limits: Limits) -> list[SourceText]:
    """The caption that was there, the article, words on screen, words spoken; without those that are empty."""
    raw = (
        (Origin.CAPTION, "caption", row.content.caption, limits.caption),
        (Origin.ARTICLE, columns.article, row.columns.get(columns.article), limits.article),
        (Origin.SCREEN, columns.screen, row.columns.get(columns.screen), limits.screen),
        (Origin.SPEECH, columns.speech, row.columns.get(columns.speech), limits.speech),
    )
    texts = (SourceText(origin, field, "\n".join(paragraphs(text or "")), limit) for origin, field, text, limit in raw)
    return [text for text in texts if text.text]


def sentences_of(source: SourceText, title: str, language: str) -> list[Piece]:
    """The most telling sentences of a text."""
    origin, field, text = source.origin, source.field, source.text
    chosen = salient(text, source.limit, title=title, language=language)
    if chosen:
        return [Piece(text=s.text, origin=origin, field=field, start=s.start, end=s.end) for s in chosen]
    # One endless sentence, as recognisers write them without marks.
    head = cut(text.split("\n", 1)[0], source.limit - 1, at_clause=True).rstrip()
    return [Piece(text=f"{head}…", origin=origin, field=field, start=0, end=len(head))]


def described(text: str, origin: Origin, model: str, seconds: tuple[float, ...]) -> list[Piece]:
    """What a model said of a picture or video."""
    return [Piece(text=one.text, origin=origin, field=model, seconds=seconds) for one in sentences(text)]


def properties_of(row: SourceRow, columns: Columns, limits: Limits) -> list[Piece]:
    """`Brand: Acme` for each property of a product that has a value."""
    found: list[Piece] = []
    for name in columns.fields:
        value = row.columns.get(name) or ""
        for label, raw in _flat(name, value):
            text = cut(clean_text(raw), limits.field, ellipsis="…")
            if not text:
                continue
            # Inside a JSON object a value has no place of its own.
            start, end = (0, len(text)) if label == _label(name) else (None, None)
            head = f"{label}: "
            found.append(
                Piece(text=head + text, origin=Origin.PRODUCT, field=name, start=start, end=end, label=len(head))
            )
    return found


def _flat(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Label and value of a column, or of each name of a JSON object in it."""
    try:
        found: Any = json.loads(value) if value.lstrip().startswith("{") else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        yield _label(name), value
        return
    for key, one in cast(dict[str, Any], found).items():
        listed = cast(list[Any], one) if isinstance(one, list) else [one]
        plain = [str(part) for part in listed if isinstance(part, str | int | float) and not isinstance(part, bool)]
        yield _label(key), ", ".join(plain)


def _label(name: str) -> str:
    plain = clean_text(name.replace("_", " "))
    return plain[:1].upper() + plain[1:]
