"""From sentences to a caption that keeps where each of them, and each fact in them, comes from."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from pushgen.captions.pieces import Piece, SourceText
from pushgen.records import Origin, Provenance
from pushgen.text.fact import Fact
from pushgen.text.facts import facts
from pushgen.text.graphemes import grapheme_count

SENTENCE = "sentence"
READ = 20_000
"""Code points of a source that are searched for the facts of a caption."""
_SHOWN = (
    *(Origin.CAPTION, Origin.ARTICLE, Origin.IMAGE, Origin.VIDEO),
    *(Origin.PRODUCT, Origin.SCREEN, Origin.SPEECH),
)
"""Order in a caption: generators look at its beginning first."""
_KEPT = (Origin.PRODUCT, *(origin for origin in _SHOWN if origin is not Origin.PRODUCT))
"""Who stays where the limit does not hold all: properties are short and certain, words spoken long and misheard."""
_ENDED = regex.compile(r"[.!?…。！？]['\"”’»)\]}」』）】》]*\Z")
_EAST = ("。", "！", "？")
_KEY = regex.compile(r"[^\p{L}\p{N}]+")


@dataclass(frozen=True, slots=True)
class Assembled:
    """A caption."""

    text: str
    provenance: Sequence[Provenance]
    """By place; a sentence before the facts in it."""


def assemble(
    content_id: str, pieces: Sequence[Piece], texts: Sequence[SourceText], limit: int, language: str
) -> Assembled:
    """The pieces as one line of at most `limit` graphemes, whole pieces only, equal ones once.

    A fact is also looked for in `texts`, so that a source that confirms what another says is named beside it.
    """
    kept = _kept(pieces, limit)
    places: list[tuple[int, int]] = []
    caption = ""
    for group in kept:
        text = group[0].text
        if caption:
            caption += "" if caption.endswith(_EAST) else " "
        places.append((len(caption), len(caption) + len(text)))
        caption += text + _stop(text, language)
    rows = [
        _row(content_id, SENTENCE, start + piece.label, end, caption, piece)
        for group, (start, end) in zip(kept, places, strict=True)
        for piece in group
    ]
    rows += _fact_rows(content_id, caption, kept, places, texts, language)
    return Assembled(caption, sorted(rows, key=lambda row: (row.start, row.kind != SENTENCE, -row.end)))


def _kept(pieces: Sequence[Piece], limit: int) -> list[list[Piece]]:
    """Pieces that fit, in the order of a caption, those with the same words together."""
    groups: dict[str, list[Piece]] = {}
    for piece in sorted(pieces, key=lambda piece: _SHOWN.index(piece.origin)):
        groups.setdefault(_KEY.sub(" ", piece.text.casefold()).strip() or piece.text, []).append(piece)
    ranked = sorted(groups.values(), key=lambda group: min(_KEPT.index(piece.origin) for piece in group))
    chosen: set[str] = set()
    left = limit + 1
    for group in ranked:
        cost = grapheme_count(group[0].text) + 2  # a full stop and a space
        if cost <= left:
            left -= cost
            chosen.add(group[0].text)
    return [group for group in groups.values() if group[0].text in chosen]


def _stop(text: str, language: str) -> str:
    """What ends a sentence that has no end: two would run into each other."""
    return "" if _ENDED.search(text) else "。" if language.split("-")[0].lower() == "zh" else "."


def _row(content_id: str, kind: str, start: int, end: int, caption: str, piece: Piece) -> Provenance:
    return Provenance(
        content_id=content_id,
        start=start,
        end=end,
        kind=kind,
        text=caption[start:end],
        origin=piece.origin,
        field=piece.field,
        source_start=piece.start,
        source_end=piece.end,
        seconds=piece.seconds,
    )


def _fact_rows(
    content_id: str,
    caption: str,
    kept: Sequence[Sequence[Piece]],
    places: Sequence[tuple[int, int]],
    texts: Sequence[SourceText],
    language: str,
) -> Iterator[Provenance]:
    starts = [start for start, _ in places]
    known = [(text, _first_places(text.text[:READ], language)) for text in texts]
    for fact in facts(caption, language):
        number = bisect_right(starts, fact.start) - 1
        start, end = places[number]
        if fact.end > end or fact.start < start + kept[number][0].label:
            continue
        own = kept[number]
        for piece in own:
            offset = None if piece.start is None else piece.start - start - piece.label
            place = None if offset is None else (fact.start + offset, fact.end + offset)
            yield _fact_row(content_id, fact, piece.origin, piece.field, place, piece.seconds)
        named = {(piece.origin, piece.field) for piece in own}
        for text, found in known:
            place = found.get((fact.kind, fact.value, fact.unit))
            if place is not None and (text.origin, text.field) not in named:
                yield _fact_row(content_id, fact, text.origin, text.field, place, ())


def _fact_row(
    content_id: str,
    fact: Fact,
    origin: Origin,
    field: str,
    place: tuple[int, int] | None,
    seconds: tuple[float, ...],
) -> Provenance:
    return Provenance(
        content_id=content_id,
        start=fact.start,
        end=fact.end,
        kind=fact.kind,
        text=fact.text,
        origin=origin,
        field=field,
        source_start=place[0] if place else None,
        source_end=place[1] if place else None,
        seconds=seconds,
    )


def _first_places(text: str, language: str) -> dict[tuple[str, str, str], tuple[int, int]]:
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for fact in facts(text, language):
        found.setdefault((fact.kind, fact.value, fact.unit), (fact.start, fact.end))
    return found
