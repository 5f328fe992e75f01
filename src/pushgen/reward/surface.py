"""What can be counted on a text, and how much of the caption it names: length, marks, numbers, capitals, overlap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import regex
from numpy.typing import NDArray

Array = NDArray[np.float64]

MEASURES = (
    "words",
    "characters",
    "words of the caption named",
    "share of words from the caption",
    "capitalised words",
    "numbers",
    "numbers of the caption named",
    "repeated words",
)
"""Measures whose effect may bend: more of them is not always better."""
MARKS = ("question mark", "exclamation mark", "ellipsis", "quotation", "emoji", "colon", "capitals throughout")
"""Marks that a text has or has not."""
QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Quantiles of the training texts at which the effect of a measure may change its slope."""
READ = 2000
_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*")
_MARKS = tuple(
    regex.compile(pattern)
    for pattern in (r"[?？]", r"[!！]", r"\.\.\.|…|——", r"[\"“”«»「」]", r"\p{Extended_Pictographic}", r"[:：]")
)


@dataclass(frozen=True, slots=True)
class Surface:
    """The measures as piecewise linear functions, then the marks; columns vary by 1 over the training texts."""

    knots: Array
    """Where each measure may bend, shape (measures, knots)."""
    scale: Array
    """Factor of each column, shape (H,); 0 for a column that never varied."""

    @classmethod
    def fit(cls, texts: Sequence[str], captions: Sequence[str | None]) -> "Surface":
        """Knots and scales from the training texts and their captions; at least one text."""
        measures, marks = _read(texts, captions)
        knots = np.quantile(measures, QUANTILES, axis=0).T
        spread = np.hstack([_bent(measures, knots), marks]).std(axis=0)
        return cls(knots, np.where(spread > 1e-9, 1.0 / np.maximum(spread, 1e-9), 0.0))

    @property
    def columns(self) -> int:
        return len(self.scale)

    def matrix(self, texts: Sequence[str], captions: Sequence[str | None]) -> Array:
        """Shape (N, H)."""
        measures, marks = _read(texts, captions)
        return np.hstack([_bent(measures, self.knots), marks]) * self.scale


def _bent(measures_NM: Array, knots_MQ: Array) -> Array:
    """Each measure and its excess over each of its knots, shape (N, M * (1 + Q))."""
    excess = np.maximum(measures_NM[:, :, None] - knots_MQ[None, :, :], 0.0)
    return np.concatenate([measures_NM[:, :, None], excess], axis=2).reshape(len(measures_NM), -1)


def _read(texts: Sequence[str], captions: Sequence[str | None]) -> tuple[Array, Array]:
    known: dict[str | None, frozenset[str]] = {
        caption: frozenset(word.lower() for word in _words(caption or "")) for caption in dict.fromkeys(captions)
    }
    measures = np.zeros((len(texts), len(MEASURES)))
    marks = np.zeros((len(texts), len(MARKS)))
    for row, (text, caption) in enumerate(zip(texts, captions, strict=True)):
        text = text[:READ]
        words = _words(text)
        lower = [word.lower() for word in words]
        distinct = set(lower)
        # Short words of alphabetic scripts are mostly grammar; a caption that holds them is not thereby named.
        named = [word for word in distinct if word in known[caption] and (len(word) > 2 or not word.isascii())]
        numbers = [word for word in distinct if word[0].isdigit()]
        measures[row] = (
            np.log1p(len(words)),
            np.log1p(len(text)),
            np.sqrt(len(named)),
            len(named) / max(len(distinct), 1),
            np.sqrt(sum(word[0].isupper() for word in words)),
            np.sqrt(len(numbers)),
            np.sqrt(sum(word in known[caption] for word in numbers)),
            np.log1p(len(words) - len(distinct)),
        )
        marks[row] = (*(mark.search(text) is not None for mark in _MARKS), text.isupper())
    return measures, marks


def _words(text: str) -> list[str]:
    return [match[0] for match in _WORD.finditer(text[:READ])]
