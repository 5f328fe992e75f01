"""Every number, date and time of a push stands in its source."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pushgen.guardrails.source import Source, scale_of, source_of
from pushgen.records import Candidate, Content, Severity, Verdict
from pushgen.text.facts import Fact, date_parts, facts

_CHECKED = frozenset({"number", "date", "time"})
_DECIMALS = re.compile(r"\d\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersRule:
    """Blocks numbers that the source does not support.

    Values are compared, not spellings: "1.5 million" and "1,500,000" agree, and "1.5 million" is a fair rounding of
    1,523,000. A percent sign or a currency must stand in the source as well.
    """

    severity: Severity = Severity.BLOCK
    rule: str = "numbers"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        source = source_of(content.source_text, content.language)
        return [
            Verdict(
                candidate_id=candidate.candidate_id,
                content_id=candidate.content_id,
                rule=self.rule,
                severity=self.severity,
                start=fact.start,
                end=fact.end,
                message=f"{fact.text!r} is not in the source",
            )
            for candidate in candidates
            for fact in facts(candidate.text, content.language)
            if fact.kind in _CHECKED and not is_supported(fact, source)
        ]


def is_supported(fact: Fact, source: Source) -> bool:
    """Whether the source holds the same number, date or time."""
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
