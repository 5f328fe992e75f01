"""A push says something."""

from collections.abc import Sequence
from dataclasses import dataclass

from pushgen.guardrails.finding import Remedy, finding
from pushgen.records import Candidate, Content, Severity, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyRule:
    """Blocks bodies without a letter or a digit of any script."""

    severity: Severity = Severity.BLOCK
    remedy: Remedy | None = None
    rule: str = "empty"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        del content
        return [
            finding(self, candidate, 0, len(candidate.text), "the body has no letter or digit")
            for candidate in candidates
            if not any(sign.isalnum() for sign in candidate.body)
        ]
