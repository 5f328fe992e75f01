"""A push earns its click: patterns of withheld information, false urgency and false prizes."""

from collections.abc import Sequence
from dataclasses import dataclass

from pushgen.guardrails.finding import Remedy, scan
from pushgen.guardrails.patterns import find
from pushgen.records import Candidate, Content, Severity, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickbaitRule:
    """Finds English and Chinese patterns of clickbait and manipulation. They warn by default: voices differ."""

    severity: Severity = Severity.WARN
    remedy: Remedy | None = None
    rule: str = "clickbait"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        del content
        return scan(
            self,
            candidates,
            lambda text: (
                (match.start(), match.end(), f"{kind}: {match.group()!r}") for kind, match in find("clickbait", text)
            ),
        )
