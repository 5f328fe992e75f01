"""A push does not shout."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pushgen.guardrails.finding import Remedy, finding
from pushgen.records import Candidate, Content, Severity, Verdict

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapitalsRule:
    """Finds texts in which more words are in capitals than the budget allows.

    Words of one letter and words that the source writes in capitals too (NASA) do not count.
    """

    severity: Severity = Severity.WARN
    words: int = 3
    """Words in capitals that a text may have."""
    share: float = 0.5
    """Largest share of words in capitals, in [0, 1], in a text of three words or more."""
    remedy: Remedy | None = None
    rule: str = "capitals"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        known = frozenset(word for word in _WORD.findall(content.source_text) if word.isupper())
        found: list[Verdict] = []
        for candidate in candidates:
            words = list(_WORD.finditer(candidate.text))
            loud = [word for word in words if len(word.group()) > 1 and word.group().isupper()]
            loud = [word for word in loud if word.group() not in known]
            if len(loud) > self.words or (len(words) >= 3 and len(loud) >= max(2, self.share * len(words))):
                message = f"{len(loud)} of {len(words)} words in capitals"
                found.append(finding(self, candidate, loud[0].start(), loud[-1].end(), message))
        return found
