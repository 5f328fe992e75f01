"""What can be seen of a style on the surface of a text: cue wordings and a few marks, as numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
import regex
from numpy.typing import NDArray

from pushgen.protocols import Floats
from pushgen.styles.taxonomy import Taxonomy

Cues = Mapping[str, tuple[str, ...]]
"""Cue wordings by style id."""

MARKS: Mapping[str, str] = {
    "ends in a question": r"[?？][\s\p{P}]*$",
    "asks before the end": r"[?？].*\p{L}",
    "opens with a question word": r"^\W*(?:what|why|how|who|where|when|which|can|could|would|do|does|is|are|have)\b",
    "exclamation": r"[!！]",
    "digits": r"\d",
    "year or age": r"\b(?:1[89]|20)\d\d\b|\b\d+[- ](?:year|month|week|day)s?[- ]old",
    "share or sum": r"\d\s?[%％]|[$€£¥]\s?\d|\b(?:percent|million|billion|thousand|half|twice|times)\b",
    "counted things": r"^\W*(?:the\W+)?\d+\s+\p{L}+",
    "first person": r"\b(?:i|i'm|i've|i'd|me|my|mine|we|our|us)\b",
    "you": r"\b(?:you|your|you're|you'll|you've|yourself)\b",
    "pointing": r"\b(?:this|these|that|those|it|here's|something|someone|one thing)\b",
    "unnamed person": r"\b(?:he|she|they|his|her|their|(?:an?|this) (?:guy|man|woman|girl|boy|kid|dad|mom|teen))\b",
    "quotation": r"[\"“”«»「」]|(?:^|\s)['‘]\p{L}.*['’](?:\s|$|\p{P})",
    "emphasis": r"\*\p{L}|\b\p{Lu}{3,}\b",
    "dots": r"\.\.\.|…|——",
    "several sentences": r"[.!?。！？]\W*\s+\p{Lu}|[。！？].*\p{L}",
    "then and why": r"\b(?:then|until|next|why|reason|because|turns out|happens?|happened)\b",
}
"""Marks that are looked for in every text, beside the cues of the taxonomy: name and pattern."""

_CASED = {"emphasis", "several sentences"}
_MARKS = [regex.compile(pattern, 0 if name in _CASED else regex.IGNORECASE) for name, pattern in MARKS.items()]


def cues_of(taxonomy: Taxonomy, languages: Sequence[str] | None = None) -> dict[str, tuple[str, ...]]:
    """The cues of each style in the given languages, by default in all."""
    return {
        style.id: tuple(cue for language in languages or style.cues for cue in style.cues.get(language, ()))
        for style in taxonomy
    }


class CueFeatures:
    """Counts of cues and marks."""

    def __init__(self, cues: Cues) -> None:
        self.cues = {style: tuple(texts) for style, texts in cues.items()}
        self._patterns = [_pattern(texts) for texts in self.cues.values()]
        self.names = (*(f"cues of {style}" for style in self.cues), *MARKS, "length")

    def counts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """How many cues of each style a text holds, at most 3, shape (len(texts), styles)."""
        rows = [[0 if pattern is None else _count(pattern, text) for pattern in self._patterns] for text in texts]
        return np.array(rows, np.float32).reshape(len(texts), len(self._patterns))

    def matrix(self, texts: Sequence[str]) -> Floats:
        """Cue counts, marks (0 or 1) and the length (log of 1 + characters / 10); shape (len(texts), len(names))."""
        marks = [[float(mark.search(text[:_READ]) is not None) for mark in _MARKS] for text in texts]
        lengths = np.log1p(np.array([len(text) for text in texts], np.float32) / 10.0)
        return np.column_stack(
            [self.counts(texts), np.array(marks, np.float32).reshape(len(texts), len(_MARKS)), lengths]
        ).astype(np.float32)


_READ = 2000
"""Characters of a text in which cues and marks are looked for."""


def _count(pattern: "regex.Pattern[str]", text: str) -> int:
    return min(3, sum(1 for _ in pattern.finditer(text[:_READ])))


def _pattern(cues: Sequence[str]) -> "regex.Pattern[str] | None":
    if not cues:
        return None
    return regex.compile("|".join(_one(cue) for cue in sorted(cues, key=len, reverse=True)), regex.IGNORECASE)


def _one(cue: str) -> str:
    """A cue as a pattern: whole words in scripts with spaces, any number for a number, punctuation at the end only."""
    pattern = regex.sub(r"\d+", r"\\d[\\d.,]*", regex.escape(cue, special_only=True))
    if not regex.search(r"[\p{L}\p{N}]", cue):
        return rf"{pattern}[\s\p{{P}}]*$"
    # \b does not stand between two Chinese characters, so word borders are asked for around Latin words only.
    before = r"(?<![\p{Latin}\d])" if regex.match(r"[\p{Latin}\d]", cue) else ""
    after = r"(?!\p{Latin})" if regex.search(r"[\p{Latin}]$", cue) else ""
    return f"{before}{pattern}{after}"
