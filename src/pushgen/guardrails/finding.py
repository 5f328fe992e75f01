"""One finding of a rule as a verdict."""

from collections.abc import Callable, Iterable
from typing import Literal, Protocol

from pushgen.records import Candidate, Severity, Verdict

Remedy = Literal["strip", "shorten", "drop"]
"""How a candidate may be repaired (`repair.py`): delete the span, cut what is too long, leave out the clause."""


class Finder(Protocol):
    """What of a rule a verdict names."""

    @property
    def rule(self) -> str: ...

    @property
    def severity(self) -> Severity: ...


def finding(
    rule: Finder, candidate: Candidate, start: int, end: int, message: str, severity: Severity | None = None
) -> Verdict:
    """A verdict on `candidate.text[start:end]`, of the rule's severity where no other is given."""
    return Verdict(
        candidate_id=candidate.candidate_id,
        content_id=candidate.content_id,
        rule=rule.rule,
        severity=severity or rule.severity,
        start=start,
        end=end,
        message=message,
    )


def scan(
    rule: Finder, candidates: Iterable[Candidate], look: Callable[[str], Iterable[tuple[int, int, str]]]
) -> list[Verdict]:
    """Verdicts for what `look` finds in each text: start, end and message."""
    return [
        finding(rule, candidate, start, end, message)
        for candidate in candidates
        for start, end, message in look(candidate.text)
    ]
