"""What can be counted on a text and may raise a model's score without raising what people do: one number per measure.

A measure is a plain count or share, so that a person can check it by eye and a bound on it can be explained.
"""

from collections.abc import Callable, Mapping

import regex

from pushgen.text.graphemes import grapheme_count
from pushgen.text.names import find_names

READ = 2000
"""Characters of a text in which names are looked for."""
_DIGITS = regex.compile(r"\p{Nd}+(?:[.,:]\p{Nd}+)*")
_EMOJI = regex.compile(
    r"\p{Regional_Indicator}{2}"
    r"|(?![©®™])\p{Extended_Pictographic}[\p{Emoji_Modifier}\ufe0f]*"
    r"(?:\u200d\p{Extended_Pictographic}[\p{Emoji_Modifier}\ufe0f]*)*"
)
_QUESTION = regex.compile(r"[?？]")
_CASED = regex.compile(r"[\p{Lu}\p{Ll}\p{Lt}]")
_CAPITAL = regex.compile(r"[\p{Lu}\p{Lt}]")


def capital_share(text: str) -> float:
    """Share of the letters that are capitals, in [0, 1]; 0 in a script without case."""
    cased = len(_CASED.findall(text))
    return len(_CAPITAL.findall(text)) / cased if cased else 0.0


def strip_emoji(text: str) -> str:
    """The text without its emoji; where one stood between words, one space is left."""
    return " ".join(_EMOJI.sub(" ", text).split()) if _EMOJI.search(text) else text


MEASURES: Mapping[str, Callable[[str], float]] = {
    "length": lambda text: float(grapheme_count(text)),
    "digits": lambda text: float(len(_DIGITS.findall(text))),
    "capitals": capital_share,
    "emoji": lambda text: float(len(_EMOJI.findall(text))),
    "question marks": lambda text: float(len(_QUESTION.findall(text))),
    "names": lambda text: float(sum(1 for _ in find_names(text[:READ]))),
}
"""`length` in characters as people see them, `digits` as numbers written in digits, `capitals` as a share of the
letters, `emoji`, `question marks` and `names` as how many there are."""
