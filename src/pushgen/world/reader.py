"""How the people of the world read a text: style from its cues, concrete facts, length, wrong claims, repetition.

Every reading is a deterministic function of the text (and of the content's facts) and is defined for any string.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushgen.world.language import STYLES, Language, words
from pushgen.world.stories import Story

Floats = NDArray[np.float64]

MAX_CHARACTERS = 2000
"""Nobody reads further."""
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_TOKEN = re.compile(r"\.{3}|…|[^\W_]+(?:['’\-][^\W_]+)*")
_PLAIN_FLOOR = 0.5
_MOST_HITS = 2.5
_LONGEST_PHRASE = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What readers take from a text alone."""

    styles: Floats
    """Share of each style, sums to 1, shape (styles,)."""
    words: tuple[str, ...]
    """Lower-case words."""
    names: frozenset[str]
    """Lower-case words that look like names."""
    numbers: frozenset[str]
    repetition: float
    """Share of words beyond what a fluent text would repeat, in [0, 1]."""


class Reader:
    """Reads texts with the cues of the world's language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._cues: dict[str, list[tuple[int, float]]] = {}
        self._extras: list[Mapping[str, Any]] = []
        for index, style in enumerate(STYLES):
            cues = language.cues[style]
            self._extras.append(cues)
            for phrase in cues["phrases"]:
                key = " ".join(words(phrase))
                self._cues.setdefault(key, []).append((index, float(cues.get("weight", 1.0))))
        self._first = {
            word: index for index, style in enumerate(STYLES) for word in language.cues[style].get("first", ())
        }

    def read(self, text: str) -> Reading:
        """The reading of one text, any string."""
        text = text[:MAX_CHARACTERS]
        found = words(text)
        return Reading(
            styles=self._styles(text, found),
            words=tuple(found),
            names=self._names(text, found),
            numbers=frozenset(word for word in found if word.isdigit()),
            repetition=_repetition(found),
        )

    def _styles(self, text: str, found: list[str]) -> Floats:
        hits = np.zeros(len(STYLES))
        position = 0
        while position < len(found):
            for length in range(min(_LONGEST_PHRASE, len(found) - position), 0, -1):
                cues = self._cues.get(" ".join(found[position : position + length]))
                if cues:
                    for index, weight in cues:
                        hits[index] += weight * (1.0 + 0.25 * (length - 1))
                    position += length
                    break
            else:
                position += 1
        if found and found[0] in self._first:
            hits[self._first[found[0]]] += 0.5
        self._add_marks(hits, text, found)
        hits = np.minimum(hits, _MOST_HITS)
        hits[-1] += _PLAIN_FLOOR
        return hits / hits.sum()

    def _add_marks(self, hits: Floats, text: str, found: list[str]) -> None:
        digits = sum(word[0].isdigit() for word in found)
        marks = {
            "ellipsis": float("..." in text or "…" in text),
            "question_mark": float("?" in text or "？" in text),
            "emoji": float(bool(_EMOJI.search(text))),
            "digit": 0.5 * min(digits, 2),
            "first_digit": float(bool(found) and found[0][0].isdigit()),
        }
        for index, cues in enumerate(self._extras):
            hits[index] += sum(float(cues.get(mark, 0.0)) * value for mark, value in marks.items())

    def _names(self, text: str, found: list[str]) -> frozenset[str]:
        """Names of the world anywhere; unknown words with a capital inside a sentence, unless all is in title case."""
        names = {word for word in found if word in self._language.name_words}
        capitals = [match[0] for match in _TOKEN.finditer(text) if match[0][0].isupper()]
        tokens = [match for match in _TOKEN.finditer(text) if match[0][0].isalpha()]
        if len(tokens) > 3 and len(capitals) > 0.6 * len(tokens):
            return frozenset(names)
        for match in tokens[1:]:
            inside = text[: match.start()].rstrip(" \"'“”‘’(")[-1:] not in ".?!:…\n"
            if inside and match[0][0].isupper():
                names |= {w for w in words(match[0]) if len(w) > 2 and w not in self._language.ordinary}
        return frozenset(names)


def _repetition(found: list[str]) -> float:
    if len(found) < 2:
        return 0.0
    pairs = len(found) - 1
    distinct = len(set(pairwise(found)))
    return (pairs - distinct) / pairs


def specificity(reading: Reading, story: Story, function_words: frozenset[str]) -> float:
    """How much of the content the text names, in [0, 1): mostly facts, for the rest other words of the caption."""
    found = frozenset(reading.words)
    facts = sum(fact.named_in(found) for fact in story.facts)
    told = len({w for w in found & story.source if w not in function_words and len(w) > 2})
    return 0.65 * (1.0 - 0.6**facts) + 0.35 * (1.0 - 0.8**told)


def unsupported(reading: Reading, story: Story) -> int:
    """Names and numbers of the text that the content does not have, at most 3."""
    return min(len((reading.names | reading.numbers) - story.source), 3)
