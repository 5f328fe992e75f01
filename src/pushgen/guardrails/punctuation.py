"""A push keeps to a budget of marks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pushgen.guardrails.finding import Remedy, scan
from pushgen.records import Candidate, Content, Severity, Verdict

_RUN = re.compile(r"[!?！？]{2,}|\.{4,}|…{3,}|。{2,}|[~～]{3,}|[-—_=+*#]{4,}|[,，、]{3,}|([$¥￥€])\1{1,}")
_LOUD = re.compile(r"[!！]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PunctuationRule:
    """Finds runs of marks (`!!`, `?!`, `.....`, `～～～`) and more exclamation marks than the budget allows."""

    severity: Severity = Severity.WARN
    run: int = 2
    """Longest run of exclamation and question marks."""
    exclamations: int = 2
    """Exclamation marks in all."""
    remedy: Remedy | None = None
    rule: str = "punctuation"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        del content
        return scan(self, candidates, self._look)

    def _look(self, text: str) -> Iterator[tuple[int, int, str]]:
        runs = 0
        for match in _RUN.finditer(text):
            if match.group()[0] in "!?！？" and len(match.group()) <= self.run:
                continue
            runs += 1
            yield match.start(), match.end(), f"run of marks {match.group()[:8]!r}"
        loud = list(_LOUD.finditer(text))
        if not runs and len(loud) > self.exclamations:
            yield loud[0].start(), loud[-1].end(), f"{len(loud)} exclamation marks, at most {self.exclamations}"
