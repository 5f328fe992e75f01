"""The checkable facts of a text: numbers, dates, times, names and quotations, English and Chinese.

Rules only: thousands of short texts a second, the same answer everywhere, time linear in the length.
"""

import re
from collections.abc import Iterator

from pushgen.text.fact import Fact, Kind
from pushgen.text.names import find_names
from pushgen.text.numbers import date_parts, find_numbers

__all__ = ["Fact", "Kind", "date_parts", "facts", "find_quotes"]

_QUOTE = re.compile(
    r"“(?P<a>[^“”\n]{1,400})”|「(?P<b>[^「」\n]{1,400})」|『(?P<c>[^『』\n]{1,400})』"
    r"|(?<![A-Za-z0-9_\"])\"(?P<d>[^\"\n]{1,400})\"(?![A-Za-z0-9_])|(?<![\w‘'])['‘](?P<e>[^'‘’\n]{1,100}(?:['’]\w[^'‘’\n]{0,100}){0,3})['’](?!\w)"
)


def facts(text: str, language: str | None = "en") -> tuple[Fact, ...]:
    """All facts of a text, ordered by start; a name that lies in a number or a date is left out.

    Args:
        text: Any text; mixed English and Chinese is fine.
        language: BCP 47 tag, or None where unknown. Names are looked for by capital letters in every language but
            German, where each noun has one; numbers, dates and quotations by the rules of both languages always.
    """
    numbers = list(find_numbers(text))
    names = [] if (language or "").lower().startswith("de") else list(find_names(text))
    found = _without_overlap(numbers, names)
    found.extend(find_quotes(text))
    return tuple(sorted(found, key=lambda fact: (fact.start, fact.end, fact.kind)))


def _without_overlap(numbers: list[Fact], names: list[Fact]) -> list[Fact]:
    """Where a code such as `CIFAR-100` holds a number the name wins; where a date holds a name, the date does."""
    kept: list[Fact] = []
    names = sorted(names, key=lambda fact: fact.start)
    first = 0
    dropped: set[int] = set()
    for number in numbers:
        while first < len(names) and names[first].end <= number.start:
            first += 1
        index, inside = first, False
        while index < len(names) and names[index].start < number.end:
            name = names[index]
            if name.start <= number.start and number.end <= name.end and name.text != number.text:
                inside = inside or any(sign.isdigit() for sign in number.text)
            else:
                dropped.add(index)
            index += 1
        if not inside:
            kept.append(number)
    kept.extend(name for index, name in enumerate(names) if index not in dropped)
    return kept


def find_quotes(text: str) -> Iterator[Fact]:
    """Quotations between paired marks on one line; the value has no closing punctuation."""
    for match in _QUOTE.finditer(text):
        inner = match.lastgroup
        if inner is None:
            continue
        value = " ".join(match.group(inner).casefold().replace("’", "'").split()).strip(" .,;:!?。，；：！？…")
        if value:
            start, end = match.span(inner)
            yield Fact(kind="quote", text=text[start:end], value=value, start=start, end=end)
