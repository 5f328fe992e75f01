"""A push says something."""

from collections.abc import Sequence
from dataclasses import dataclass

from pushgen.records import Candidate, Content, Severity, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyRule:
    """Blocks bodies without a letter or a digit of any script."""

    severity: Severity = Severity.BLOCK
    rule: str = "empty"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        del content
        return [
            Verdict(
                candidate_id=candidate.candidate_id,
                content_id=candidate.content_id,
                rule=self.rule,
                severity=self.severity,
                start=0,
                end=len(candidate.text),
                message="the body has no letter or digit",
            )
            for candidate in candidates
            if not any(sign.isalnum() for sign in candidate.body)
        ]
