"""Texts in pieces: what the guardrails found in a push, and where its source says what the push says.

In the source two things are marked: facts that the push uses (`used`), and, where a number, name or quotation of the
push is not in the source, what the source has of that kind in its place (`instead`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pushgen.guardrails.source import facts_of
from pushgen.records import Verdict
from pushgen.text.fact import Fact, Kind

KINDS: dict[str, frozenset[Kind]] = {
    "numbers": frozenset({"number", "date", "time"}),
    "names": frozenset({"name"}),
    "quotes": frozenset({"quote"}),
}
"""Which facts of the source stand against a finding of a rule."""
_LONGEST = 20_000
"""Characters of a source in which facts are looked for."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is marked the same way throughout."""

    text: str
    kind: str = ""
    """`block`, `warn`, `used`, `instead`, or nothing."""
    title: str = ""
    """Why, in words."""


@dataclass(frozen=True, slots=True)
class Span:
    """A place to mark. Where several lie over each other the one with the highest rank shows."""

    start: int
    end: int
    kind: str
    title: str
    rank: int


def pieces(text: str, spans: Iterable[Span]) -> list[Piece]:
    """The text in order, whole: the pieces put together are the text."""
    spans = [span for span in spans if span.start < span.end]
    edges = sorted({0, len(text), *(min(max(edge, 0), len(text)) for span in spans for edge in (span.start, span.end))})
    found: list[Piece] = []
    for start, end in pairwise(edges):
        over = [span for span in spans if span.start <= start and end <= span.end]
        top = max(over, key=lambda span: span.rank, default=None)
        titles = dict.fromkeys(span.title for span in over if span.title)
        found.append(Piece(text[start:end], top.kind if top else "", "; ".join(titles)))
    return found


def in_push(title: str | None, body: str, verdicts: Sequence[Verdict]) -> tuple[list[Piece], list[Piece]]:
    """Title and body with the findings in them; verdicts count through `title: body`."""
    offset = len(title) + 2 if title else 0
    spans = [
        Span(one.start, one.end, one.severity.value, f"{one.rule}: {one.message}", one.severity.value == "block")
        for one in verdicts
    ]
    moved = [Span(one.start - offset, one.end - offset, one.kind, one.title, one.rank) for one in spans]
    return pieces(title or "", spans) if title else [], pieces(body, moved)


def in_source(source: str, language: str | None, text: str, verdicts: Sequence[Verdict]) -> list[Piece]:
    """The source with the facts that a push uses, and those that stand against its findings."""
    head = source[:_LONGEST]
    facts, own = facts_of(head, language), facts_of(text, language)
    unsupported = {one.rule: text[one.start : one.end] for one in verdicts if one.rule in KINDS}
    spans = [
        Span(fact.start, fact.end, "instead", f"the push says {said!r}", 0)
        for rule, said in unsupported.items()
        for fact in facts
        if fact.kind in KINDS[rule]
    ]
    spans += [
        Span(start, end, "used", "the push says so", 1) for fact in own for start, end in _places(fact, facts, head)
    ]
    return pieces(source, spans)


def _places(wanted: Fact, facts: Sequence[Fact], source: str) -> list[tuple[int, int]]:
    """Where a source states a fact: as the same value, or else word for word."""
    same = [(fact.start, fact.end) for fact in facts if (fact.kind, fact.value) == (wanted.kind, wanted.value)]
    if same or wanted.kind not in ("name", "quote"):
        return same
    found = re.finditer(rf"(?<!\w){re.escape(wanted.text)}(?!\w)", source, re.IGNORECASE)
    return [match.span() for match in found]
