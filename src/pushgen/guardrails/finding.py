"""One finding of a rule as a verdict."""

from typing import Protocol

from pushgen.records import Candidate, Severity, Verdict


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
