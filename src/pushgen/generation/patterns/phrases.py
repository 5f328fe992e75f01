"""Pushes in pieces, and which pieces are the voice of a log and not a fact of one content.

A piece is the voice where it was written for several contents, holds no number, quotation or certain name, and its
words hardly ever stand in the captions of those contents.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pushgen.generation.corpus import Row
from pushgen.text.facts import facts
from pushgen.text.segment import words

_CUT = re.compile(r"(?<=[.!?…:;,—–][\"”’)])\s+|(?<=[.!?…:;,—–])\s+|(?<=[，。！？：；])(?![”’」）])")
_MARKS = " \t.!?…:;,—–，。！？：；\"“”'’()（）"
_CLAUSE_FOLLOWS = frozenset({"when", "why", "how", "where", "that", "after", "before"})
"""What ends an opening that a whole clause follows: "Here is why", "This is what happens when"."""
MAX_OPENING = 7
_LEAST_LETTERS = 4
"""Shorter words stand in any caption and tell nothing."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a push with the marks that close it."""

    text: str

    @property
    def core(self) -> str:
        return self.text.strip(_MARKS)

    @property
    def key(self) -> str:
        return " ".join(self.core.casefold().replace("’", "'").split())

    @property
    def mark(self) -> str:
        """The marks that close it."""
        return self.text.rstrip()[len(self.text.rstrip(_MARKS)) :]


@dataclass(slots=True)
class _Support:
    contents: set[str] = field(default_factory=set[str])
    from_source: float = 0.0
    times: int = 0
    surfaces: Counter[str] = field(default_factory=Counter[str])


class Phrases:
    """What is known of the pieces and openings of a log."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._found: dict[str, _Support] = {}
        for row in rows:
            source = content_words(row.caption)
            for piece in pieces(row.text):
                self._add(piece.key, piece.core, row, source)
                for opening in openings(piece.text):
                    self._add(_opening_key(opening), opening, row, source)

    def is_voice(self, piece: Piece, least: int, most: float) -> bool:
        return self._is_voice(piece.key, piece.core, least, most)

    def opening_of(self, piece: Piece, least: int, most: float) -> str | None:
        """The longest opening of the piece that is voice and that a clause follows."""
        known = [text for text in openings(piece.text) if self._is_voice(_opening_key(text), text, least, most)]
        return max(known, key=len, default=None)

    def _is_voice(self, key: str, text: str, least: int, most: float) -> bool:
        found = self._found.get(key)
        if found is None or len(found.contents) < least or found.from_source > most * found.times:
            return False
        return not any(sign.isdigit() or sign in "{}@/" for sign in text) and not _holds_fact(text)

    def _add(self, key: str, text: str, row: Row, source: frozenset[str]) -> None:
        if not key:
            return
        found = self._found.setdefault(key, _Support())
        own = content_words(text)
        found.contents.add(row.content_id)
        found.from_source += len(own & source) / len(own) if own else 0.0
        found.times += 1
        found.surfaces[text] += 1


def pieces(text: str) -> list[Piece]:
    """The parts of a push between strong marks and commas, in order."""
    return [Piece(part.strip()) for part in _CUT.split(text) if part and part.strip(_MARKS)]


def openings(text: str) -> list[str]:
    """Openings of two to `MAX_OPENING` words that a whole clause follows, shortest first."""
    tokens = text.split()
    return [
        " ".join(tokens[:size])
        for size in range(2, min(MAX_OPENING, len(tokens) - 3) + 1)
        if tokens[size - 1].casefold() in _CLAUSE_FOLLOWS
    ]


def content_words(text: str) -> frozenset[str]:
    """Lower-case words that tell something: of four letters or more, and all Han characters."""
    found = (word.text.lower() for word in words(text))
    return frozenset(word for word in found if len(word) >= _LEAST_LETTERS or not word.isascii())


def is_title_case(texts: Sequence[str]) -> bool:
    """Whether most longer words within the texts begin with a capital, as in headlines."""
    inner = [word for text in texts for word in text.split()[1:] if len(word) >= _LEAST_LETTERS and word[0].isascii()]
    return bool(inner) and sum(word[0].isupper() for word in inner) > 0.6 * len(inner)


def _opening_key(text: str) -> str:
    return f"{text.casefold().replace('’', chr(39))} …"


def _holds_fact(text: str) -> bool:
    return any(fact.kind != "name" or fact.certain for fact in facts(text.lower() if text.istitle() else text))
