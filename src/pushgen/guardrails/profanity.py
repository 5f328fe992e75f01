"""A push does not swear and does not insult."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pushgen.errors import InputError
from pushgen.guardrails.finding import Remedy, finding
from pushgen.records import Candidate, Content, Severity, Verdict
from pushgen.text.lexicon import read_words

_FOLDER = Path(__file__).parent / "words"
_LOOKALIKES = str.maketrans("013457@$!|áàâäåãéèêëíìîïóòôöúùûüçñ", "oieastasiiaaaaaaeeeeiiiioooouuuucn")
_MASK = "*#_~^·•×"
_GAP = r"[\s.\-_*·]{1,2}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfanityRule:
    """Blocks slurs and vulgar words of short lists (`words/profanity.txt`, own work) and warns of mild ones.

    English words are found whole, in any case, with stretched letters (fuuu...), digits or masks for letters (sh1t,
    s**t) and spaced out; Chinese ones wherever they stand. The lists are meant to be added to: `words` and `allowed`.
    """

    severity: Severity = Severity.BLOCK
    mild: Severity | None = Severity.WARN
    """For words of `words/mild.txt`; None to say nothing."""
    words: tuple[str, ...] = ()
    """More words to find. An ending `*` stands for any ending."""
    allowed: tuple[str, ...] = ()
    """Words that pass, as they stand in a text, such as the name of a film."""
    remedy: Remedy | None = "drop"
    rule: str = "profanity"
    _patterns: tuple[tuple[re.Pattern[str], Severity], ...] = field(init=False, default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        own = (*_listed("profanity"), *self.words)
        patterns = [(_pattern(own), self.severity)]
        if self.mild is not None:
            patterns.append((_pattern(_listed("mild")), self.mild))
        object.__setattr__(self, "_patterns", tuple(patterns))

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        del content
        return [
            finding(self, candidate, start, end, "word of the list", severity)
            for candidate in candidates
            for start, end, severity in self._look(candidate.text)
        ]

    def _look(self, text: str) -> Iterator[tuple[int, int, Severity]]:
        plain = text.lower()
        if len(plain) != len(text):  # places must be those of the text
            plain = "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in text)
        for pattern, severity in self._patterns:
            for view in dict.fromkeys((plain, plain.translate(_LOOKALIKES))):
                hits = [match.span() for match in pattern.finditer(view)]
                hits = [(start, end) for start, end in hits if text[start:end].lower() not in self.allowed]
                if hits:
                    yield from ((start, end, severity) for start, end in hits)
                    break


def words_from(path: Path) -> tuple[str, ...]:
    """A person's own list: words separated by white space, `#` opens a comment. Raises `InputError`."""
    try:
        return tuple(sorted(read_words(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            file=str(path),
            expected="a text file of words in UTF-8",
            found=getattr(error, "strerror", None) or "another encoding",
            remedy="Check the path of the word list in the guardrails file.",
        ) from error


@cache
def _listed(name: str) -> tuple[str, ...]:
    return tuple(sorted(read_words(_FOLDER / f"{name}.txt")))


@cache
def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    latin = [word.lower() for word in words if word.isascii()]
    other = [re.escape(word.lower()) for word in words if not word.isascii()]
    whole = "|".join(_spelled(word) for word in latin) or "(?!)"
    parts = [rf"(?<![a-z])(?:{whole})(?![a-z])", *other]
    return re.compile("|".join(parts))


def _spelled(word: str) -> str:
    """A word with stretched, masked or spaced letters; without `*` a plural may follow."""
    stem, open_end = word.rstrip("*"), word.endswith("*")
    mask = re.escape(_MASK)
    letters = [re.escape(letter) for letter in stem]
    close = (
        letters[0] + "{1,6}" + "".join(f"[{letter}{mask}]{{1,6}}" for letter in letters[1:-1]) + letters[-1] + "{1,6}"
    )
    spaced = _GAP.join(letters)
    return f"(?:{close}|{spaced}){'[a-z]*' if open_end else '(?:e?s)?'}"
