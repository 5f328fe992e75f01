"""What a content's title and caption support, indexed once per content for all grounding rules."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import pairwise

from pushgen.text.facts import Fact, facts
from pushgen.text.numbers import canonical
from pushgen.text.units import articles, is_metres, measure_after

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$", re.IGNORECASE)
_DIGITS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_RANGE = re.compile(r"\s?(?:-|–|—|to|and|or|/|至|到|~)\s?")
_COUNT_WORDS = {
    **{"one": "1", "first": "1", "single": "1", "once": "1", "一": "1", "second": "2", "both": "2", "twice": "2"},
    **{"pair": "2", "couple": "2", "duo": "2", "double": "2", "twins": "2", "two": "2", "dual": "2", "trio": "3"},
    **{"triple": "3", "triplets": "3", "quartet": "4", "half": "0.5", "decade": "10", "century": "100"},
}
_SMALL_WORDS = frozenset({"of", "the", "and", "for", "in", "on", "a", "an", "to", "de", "la"})


def fold(text: str) -> str:
    """Case-folded, without accents, with straight apostrophes."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold().replace("’", "'")


def squeeze(text: str) -> str:
    """Letters and digits alone."""
    return "".join(sign for sign in fold(text) if sign.isalnum())


def name_tokens(text: str) -> Iterator[str]:
    """Folded words without possessive endings."""
    for match in _TOKEN.finditer(fold(text)):
        yield _POSSESSIVE.sub("", match.group())


@dataclass(frozen=True)
class Source:
    """The support that one source text gives. Made by `source_of`; lazily indexed."""

    text: str
    language: str | None = None

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        return facts(self.text, self.language)

    @cached_property
    def numbers(self) -> dict[str, frozenset[str]]:
        """Value of each number and the units it stands with."""
        found: dict[str, set[str]] = {}
        plain = [fact for fact in self.facts if fact.kind in ("number", "date") and fact.value[:1].isdigit()]
        for fact in plain:
            found.setdefault(fact.value, set()).add(fact.unit)
        for left, right in pairwise(plain):
            # The unit and the scale of a range stand with its second number alone: "10-20%", "2 to 3 million".
            if left.unit or not self._is_range(left, right):
                continue
            found[left.value].add(right.unit)
            scale = scale_of(right)
            if scale and left.kind == "number":
                found.setdefault(canonical(Decimal(left.value) * scale), set()).add(right.unit)
        for token in self.tokens:
            if token in _COUNT_WORDS:
                found.setdefault(_COUNT_WORDS[token], set()).add("")
        for match in _DIGITS.finditer(self.text):
            found.setdefault(canonical(Decimal(match.group().replace(",", ""))), set()).add("")
        return {value: frozenset(units) for value, units in found.items()}

    @cached_property
    def measures(self) -> dict[str, tuple[Decimal, ...]]:
        """Amounts in base units by dimension (`text.units`)."""
        found: dict[str, set[Decimal]] = {}
        for dimension, amount in (*self._measured, *articles(self.text)):
            found.setdefault(dimension, set()).add(amount)
        return {dimension: tuple(sorted(amounts)) for dimension, amounts in found.items()}

    @property
    def _measured(self) -> Iterator[tuple[str, Decimal]]:
        plain = [fact for fact in self.facts if is_plain(fact)]
        for index, fact in enumerate(plain):
            unit = measure_after(self.text, fact.end)
            if unit is None and index + 1 < len(plain) and self._is_range(fact, plain[index + 1]):
                unit = measure_after(self.text, plain[index + 1].end)
            if unit is not None:
                yield unit.dimension, Decimal(fact.value) * unit.factor
            if is_metres(fact.text):
                yield "length", Decimal(fact.text[:-1])

    @cached_property
    def unmeasured(self) -> frozenset[str]:
        """Values that stand somewhere without a unit, or only inside another word or number."""
        plain = [fact for fact in self.facts if is_plain(fact)]
        measured = {fact.value for fact in plain if fact.unit or measure_after(self.text, fact.end)}
        bare = {fact.value for fact in plain if not fact.unit and not measure_after(self.text, fact.end)}
        return frozenset(bare | (self.numbers.keys() - measured))

    def _is_range(self, left: Fact, right: Fact) -> bool:
        return _RANGE.fullmatch(self.text[left.end : right.start]) is not None

    @cached_property
    def magnitudes(self) -> tuple[Decimal, ...]:
        """The numbers as such, for roundings."""
        return tuple(Decimal(value) for value in self.numbers if value.replace(".", "", 1).isdigit())

    @cached_property
    def vague(self) -> Decimal:
        """The largest of "dozens", "thousands", ...; 0 where there is none."""
        return max((Decimal(fact.value) for fact in self.facts if fact.unit == "vague"), default=Decimal(0))

    @cached_property
    def dates(self) -> tuple[str, ...]:
        return tuple({fact.value: None for fact in self.facts if fact.kind == "date"})

    @cached_property
    def times(self) -> frozenset[str]:
        return frozenset(fact.value.replace(":00", "") for fact in self.facts if fact.kind == "time")

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        return tuple(name_tokens(self.text))

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Positions of each token among the tokens."""
        found: dict[str, list[int]] = {}
        for index, token in enumerate(self.tokens):
            found.setdefault(token, []).append(index)
        return found

    @cached_property
    def followers(self) -> dict[str, set[str]]:
        """Folded words with a capital that stand right behind a word with a capital."""
        found: dict[str, set[str]] = {}
        for left, right in pairwise(_TOKEN.finditer(self.text)):
            if left.group()[0].isupper() and right.group()[0].isupper() and right.start() - left.end() == 1:
                found.setdefault(fold(left.group()), set()).add(fold(right.group()))
        return found

    def stands(self, name: str) -> bool:
        """Whether the text holds a name between signs that are no Latin letters or digits, whatever the case."""
        wanted = fold(name)
        start = self.folded.find(wanted)
        while start >= 0:
            around = self.folded[max(0, start - 1) : start] + self.folded[start + len(wanted) :][:1]
            if not any(sign.isascii() and sign.isalnum() for sign in around):
                return True
            start = self.folded.find(wanted, start + 1)
        return False

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @cached_property
    def squeezed(self) -> str:
        return squeeze(self.text)

    @cached_property
    def acronyms(self) -> frozenset[str]:
        """Folded acronyms of the text, without a plural s."""
        return frozenset(match.casefold() for match in re.findall(r"\b[a-z]?[A-Z][A-Z&]+(?=s?\b)", self.text))

    @cached_property
    def initials(self) -> tuple[str, str]:
        """First letters of all words, with and without small words; capitals stay capitals."""
        words = [match.group() for match in _TOKEN.finditer(self.text)]
        return "".join(word[0] for word in words), "".join(
            word[0] for word in words if word.casefold() not in _SMALL_WORDS
        )


def is_plain(fact: Fact) -> bool:
    """Whether a fact is one number, a year among them, that a unit may follow."""
    return fact.kind in ("number", "date") and fact.value.replace(".", "", 1).isdigit()


def scale_of(number: Fact) -> Decimal | None:
    """What a written number is multiplied by: 1000000 in "1.5 million"; None where it is written in full."""
    match = _DIGITS.match(number.text.lstrip("$€£¥￥₹USACHK \t"))
    if match is None or number.kind != "number":
        return None
    written = Decimal(match.group().replace(",", ""))
    if not written or "." in number.value:
        return None
    scale = Decimal(number.value) / written
    return scale if scale > 1 else None


@lru_cache(maxsize=32)
def source_of(text: str, language: str | None) -> Source:
    """The index of a source text; rules that check the same content share it."""
    return Source(text, language)


@lru_cache(maxsize=256)
def facts_of(text: str, language: str | None) -> tuple[Fact, ...]:
    """The facts of a candidate's text; rules that check the same candidates share them."""
    return facts(text, language)
