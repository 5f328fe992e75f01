"""A push is in the language that was asked for."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import regex

from pushgen.errors import MissingExtraError
from pushgen.guardrails.finding import Remedy, finding
from pushgen.guardrails.source import fold, source_of
from pushgen.progress import say
from pushgen.records import Candidate, Content, Severity, Verdict

Detect = Callable[[str], dict[str, float]]
"""Text to the probability of each language, by ISO 639-1 code."""
Detector = Literal["auto", "lingua", "script"]

_SCRIPTS = {
    **dict.fromkeys(("zh", "yue"), ("Han",)),
    **dict.fromkeys(("ru", "uk", "bg", "sr", "be", "mk", "kk"), ("Cyrillic",)),
    **dict.fromkeys(("ar", "fa", "ur"), ("Arabic",)),
    **{
        "ja": ("Han", "Kana"),
        "ko": ("Hangul",),
        "he": ("Hebrew",),
        "el": ("Greek",),
        "th": ("Thai",),
        "hi": ("Indic",),
    },
}
_LATIN = (
    "en",
    "es",
    "fr",
    "de",
    "pt",
    "it",
    "nl",
    "sv",
    "da",
    "nb",
    "no",
    "fi",
    "pl",
    "cs",
    "tr",
    "id",
    "ms",
    "vi",
    "ro",
    "hu",
)
_WORD = regex.compile(
    r"(?P<Latin>\p{Latin}[\p{Latin}\p{M}'’]*)|(?P<Han>\p{Han})|(?P<Kana>[\p{Hiragana}\p{Katakana}])|(?P<Hangul>\p{Hangul}+)"
    r"|(?P<Cyrillic>\p{Cyrillic}+)|(?P<Arabic>\p{Arabic}+)|(?P<Hebrew>\p{Hebrew}+)|(?P<Greek>\p{Greek}+)|(?P<Thai>\p{Thai})"
    r"|(?P<Indic>[\p{Devanagari}\p{Tamil}\p{Telugu}\p{Bengali}]+)"
)
_ADDRESS = re.compile(r"\S+[@:/]\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageRule:
    """Blocks texts in another script or, with lingua installed, in another language than the candidate's or content's.

    Words that the source holds do not count, so that a brand name or a title passes. Where neither candidate nor
    content names a language the script of the source is expected. Statistics are asked only for texts of some length:
    on three words they err.
    """

    severity: Severity = Severity.BLOCK
    detector: Detector = "auto"
    """`lingua` tells languages of one script apart (extra `guard`), `script` needs nothing; `auto` takes lingua where
    it is installed and says so where it is not."""
    least_words: int = 4
    """Words that lingua must see, where two Han characters count as one."""
    certainty: float = 0.9
    """Probability of another language from which on a text is blocked, in (0.5, 1]."""
    share: float = 0.4
    """Least share of words in the script of the language, in [0, 1]."""
    remedy: Remedy | None = None
    rule: str = "language"
    _detect: "Detect | None" = field(init=False, default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.detector != "script":
            object.__setattr__(self, "_detect", open_detector(self.detector))

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        found: list[Verdict] = []
        for candidate in candidates:
            asked = (candidate.language or content.language or "").split("-")[0].lower()
            message = self._judge(candidate.text, asked, content)
            if message:
                found.append(finding(self, candidate, 0, len(candidate.text), message))
        return found

    def _judge(self, text: str, asked: str, content: Content) -> str:
        expected = _expected(asked, content.source_text)
        scripts = [match.lastgroup or "" for match in _WORD.finditer(text)]
        if not scripts or not expected:
            return ""
        fitting = sum(script in expected for script in scripts)
        if fitting < self.share * len(scripts):
            known = source_of(content.source_text, content.language).places
            own = [match for match in _WORD.finditer(_ADDRESS.sub(" ", text)) if match.lastgroup not in expected]
            foreign = sum(
                fold(match.group()) not in known and match.group() not in content.source_text for match in own
            )
            if fitting < self.share * (fitting + foreign):
                return f"{foreign} words are not in {' or '.join(expected)} script"
        size = sum(0.5 if script in ("Han", "Kana", "Thai") else 1 for script in scripts)
        if self._detect is None or not asked or size < self.least_words or _is_taken(text, content, asked):
            return ""
        odds = self._detect(text)
        best = max(odds, key=lambda language: odds[language], default=asked)
        if best == asked or asked not in odds or odds[best] < self.certainty:
            return ""
        return f"reads as {best} ({odds[best]:.0%}), not as {asked}"


def _is_taken(text: str, content: Content, asked: str) -> bool:
    """Whether most words are the source's, whose language is then the text's: lingua is the slowest of all checks."""
    if (content.language or asked).split("-")[0].lower() != asked:
        return False
    places = source_of(content.source_text, content.language).places
    words = [fold(match.group()) for match in _WORD.finditer(text) if match.lastgroup == "Latin"]
    return sum(word in places for word in words) > 0.5 * len(words)


def _expected(asked: str, source: str) -> tuple[str, ...]:
    if asked in _SCRIPTS:
        return _SCRIPTS[asked]
    if asked in _LATIN:
        return ("Latin",)
    if asked:
        return ()
    counts: dict[str, int] = {}
    for match in _WORD.finditer(source[:2000]):
        counts[match.lastgroup or ""] = counts.get(match.lastgroup or "", 0) + 1
    return (max(counts, key=lambda script: counts[script]),) if counts else ()


@cache
def open_detector(kind: Detector) -> Detect | None:
    """Lingua over the languages that pushes are commonly written in; None where `auto` does not find it.

    Raises `MissingExtraError` where `lingua` is asked for and not installed.
    """
    try:
        from lingua import IsoCode639_1, LanguageDetectorBuilder
    except ImportError as error:
        missing = MissingExtraError("lingua-language-detector", "guard", "telling languages of one script apart")
        if kind == "lingua":
            raise missing from error
        say(f"{missing} Until then only the script of a text is checked.")
        return None
    codes = ("en", "zh", "ja", "ko", "es", "fr", "de", "pt", "it", "nl", "ru", "tr", "pl", "id", "vi", "ar", "sv")
    builder = LanguageDetectorBuilder.from_iso_codes_639_1(*(getattr(IsoCode639_1, code.upper()) for code in codes))
    # Three times as fast; the certainty asked for hides what it costs in accuracy.
    built = builder.with_low_accuracy_mode().build()

    def detect(text: str) -> dict[str, float]:
        values = built.compute_language_confidence_values(text)
        return {value.language.iso_code_639_1.name.lower(): value.value for value in values}

    return detect
