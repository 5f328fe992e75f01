"""Every number, date and time of a push stands in its source."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pushgen.guardrails.finding import Remedy, finding
from pushgen.guardrails.source import Source, facts_of, is_plain, scale_of, source_of
from pushgen.records import Candidate, Content, Severity, Verdict
from pushgen.text.facts import Fact, date_parts
from pushgen.text.units import Measure, is_metres, measure_after

_CHECKED = frozenset({"number", "date", "time"})
_CONVERTED = Decimal("0.05")
_DECIMALS = re.compile(r"\d\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersRule:
    """Blocks numbers that the source does not support.

    Values are compared, not spellings: "1.5 million" and "1,500,000" agree, and "1.5 million" is a fair rounding of
    1,523,000. A percent sign, a currency or a unit must agree as well: "5 km" is supported by "5,000 metres" and by
    "3.1 miles", not by "5 miles". A number that the source gives without a unit supports it with any.
    """

    severity: Severity = Severity.BLOCK
    remedy: Remedy | None = "drop"
    rule: str = "numbers"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        source = source_of(content.source_text, content.language)
        return [
            finding(self, candidate, fact.start, end, f"{candidate.text[fact.start : end]!r} is not in the source")
            for candidate in candidates
            for fact in facts_of(candidate.text, content.language)
            if fact.kind in _CHECKED and (end := _unsupported(fact, candidate.text, source))
        ]


def _unsupported(fact: Fact, text: str, source: Source) -> int:
    """Where the fact ends with its unit, if the source does not support it; 0 if it does."""
    unit = measure_after(text, fact.end) if is_plain(fact) else None
    if unit is None:
        as_metres = is_metres(fact.text) and Decimal(fact.text[:-1]) in source.measures.get("length", ())
        return 0 if as_metres or is_supported(fact, source) else fact.end
    return 0 if _measure_supported(fact, unit, source) else unit.end


def _measure_supported(fact: Fact, unit: Measure, source: Source) -> bool:
    """The amount stands in the source in this unit or, up to 5%, in another one of its dimension, or without a unit."""
    amount = Decimal(fact.value) * unit.factor
    for other in source.measures.get(unit.dimension, ()):
        if other == amount or (other % unit.factor and abs(other - amount) <= amount * _CONVERTED):
            return True
    return fact.value in source.unmeasured or (fact.value not in source.numbers and is_supported(fact, source))


def is_supported(fact: Fact, source: Source) -> bool:
    """Whether the source holds the same number, date or time, whatever is counted or measured."""
    if fact.kind == "time":
        value = fact.value.replace(":00", "")
        return value in source.times or any(time.startswith(value) for time in source.times)
    if fact.kind == "date":
        return _date_supported(fact, source)
    units = source.numbers.get(fact.value)
    if fact.unit == "vague":
        value = Decimal(fact.value)
        return source.vague >= value or any(other >= value for other in source.magnitudes)
    if units is not None:
        return fact.unit in ("", "ordinal", "decade") or fact.unit in units
    return _is_rounding(fact, source)


def _date_supported(fact: Fact, source: Source) -> bool:
    wanted = date_parts(fact.value)
    for other in source.dates:
        if all(not part or part == given for part, given in zip(wanted, date_parts(other), strict=True)):
            return True
    year, month, day = wanted
    return bool(year) and not month and not day and year in source.numbers


def _is_rounding(fact: Fact, source: Source) -> bool:
    scale = scale_of(fact)
    if scale is None:
        return False
    decimals = _DECIMALS.search(fact.text)
    step = scale / 10 ** (len(decimals.group(1)) if decimals else 0)
    value = Decimal(fact.value)
    return any(abs(other - value) <= step / 2 and other >= scale for other in source.magnitudes)
