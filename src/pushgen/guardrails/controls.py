"""A push holds no character that is not seen, or that turns the order of others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from pushgen.guardrails.finding import Remedy, scan
from pushgen.records import Candidate, Content, Severity, Verdict

_UNSEEN = regex.compile(
    r"(?P<control>[\p{Cc}--[\n]]+)|(?P<bidi>[\u202a-\u202e\u2066-\u2069]+)|(?P<broken>[\p{Cs}\ufffd\ufffe\uffff]+)"
    r"|(?P<zero>[\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb]+|(?<=\p{Latin})[\u200c\u200d]+(?=\p{Latin}))"
    r"|(?P<mark>[\u061c\u200e\u200f]+)|(?<!\U0001f3f4[\U000e0000-\U000e007f]*)(?P<tag>[\U000e0000-\U000e007f]+)"
    r"|(?P<private>\p{Co}+)",
    regex.V1,
)
_RIGHT_TO_LEFT = regex.compile(r"[\p{Arabic}\p{Hebrew}\p{Syriac}\p{Thaana}]")
_WORDS = {
    "control": "control character",
    "bidi": "bidirectional override",
    "broken": "broken character",
    "zero": "invisible character",
    "mark": "direction mark in a text without right-to-left letters",
    "tag": "invisible tag character",
    "private": "private-use character",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlsRule:
    """Blocks control characters, bidirectional overrides and isolates, zero-width and broken characters.

    Line breaks, joiners inside emoji and in scripts that need them, and direction marks beside right-to-left letters
    pass. Unicode annex 9 and technical report 36.
    """

    severity: Severity = Severity.BLOCK
    remedy: Remedy | None = "strip"
    rule: str = "controls"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        del content
        return scan(self, candidates, _look)


def _look(text: str) -> Iterator[tuple[int, int, str]]:
    if text.isascii() and text.isprintable():
        return
    for match in _UNSEEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "mark" and _RIGHT_TO_LEFT.search(text):
            continue
        signs = " ".join(f"U+{ord(sign):04X}" for sign in match.group()[:3])
        yield match.start(), match.end(), f"{_WORDS[kind]} {signs}"
