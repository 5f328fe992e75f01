"""A push keeps to the house style: banned and required words, and a tone kept as budgets. From a file."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pushgen.errors import ConfigurationError
from pushgen.guardrails.finding import Remedy, finding
from pushgen.records import Candidate, Content, Severity, Verdict
from pushgen.text.segment import sentences, words


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandConfig:
    """What a brand asks of its texts. Empty, none and -1 ask for nothing."""

    banned: tuple[str, ...] = ()
    """Words and phrases that no text may hold; whole words where they begin and end with a Latin letter, any case."""
    required: tuple[str, ...] = ()
    """Words and phrases that every text must hold."""
    one_of: tuple[str, ...] = ()
    """Words and phrases of which every text must hold at least one."""
    spelled: tuple[str, ...] = ()
    """Names that are written in one way only: `PushGen` blocks `Pushgen`."""
    exclamations: int = -1
    """Exclamation marks that a text may have."""
    questions: int = -1
    """Question marks that a text may have."""
    words: int = -1
    """Words that a text may have; each Han character is one."""
    sentence_words: int = -1
    """Words that a sentence may have."""

    def __post_init__(self) -> None:
        for name in ("banned", "required", "one_of", "spelled"):
            if any(not str(word).strip() for word in getattr(self, name)):
                raise ConfigurationError(f"brand: {name} holds an empty word; remove it")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandRule:
    """Blocks texts that break the house style."""

    brand: BrandConfig
    severity: Severity = Severity.BLOCK
    remedy: Remedy | None = None
    rule: str = "brand"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        del content
        return [
            finding(self, candidate, start, end, message)
            for candidate in candidates
            for start, end, message in (*self._words(candidate.text), *self._tone(candidate.text))
        ]

    def _words(self, text: str) -> Iterator[tuple[int, int, str]]:
        for word in self.brand.banned:
            for match in _whole(word).finditer(text):
                yield match.start(), match.end(), f"banned: {word!r}"
        for word in self.brand.spelled:
            for match in _whole(word).finditer(text):
                if match.group() != word:
                    yield match.start(), match.end(), f"{match.group()!r} is written {word!r}"
        for word in self.brand.required:
            if not _whole(word).search(text):
                yield 0, len(text), f"lacks {word!r}"
        if self.brand.one_of and not any(_whole(word).search(text) for word in self.brand.one_of):
            yield 0, len(text), f"holds none of {', '.join(self.brand.one_of)}"

    def _tone(self, text: str) -> Iterator[tuple[int, int, str]]:
        sizes = (
            ("exclamation marks", len(re.findall("[!！]", text)), self.brand.exclamations),
            ("question marks", len(re.findall("[?？]", text)), self.brand.questions),
            ("words", len(words(text)) if self.brand.words >= 0 else 0, self.brand.words),
        )
        for name, size, most in sizes:
            if 0 <= most < size:
                yield 0, len(text), f"{size} {name}, at most {most}"
        if self.brand.sentence_words >= 0:
            for sentence in sentences(text):
                if (size := len(words(sentence.text))) > self.brand.sentence_words:
                    yield sentence.start, sentence.end, f"sentence of {size} words, at most {self.brand.sentence_words}"


def _whole(word: str) -> re.Pattern[str]:
    left = r"(?<![A-Za-z0-9])" if word[:1].isascii() and word[:1].isalnum() else ""
    right = r"(?![A-Za-z0-9])" if word[-1:].isascii() and word[-1:].isalnum() else ""
    return re.compile(left + re.escape(word) + right, re.IGNORECASE)
