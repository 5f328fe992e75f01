"""Every quotation of a push stands in its source, word for word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from pushgen.guardrails.finding import Remedy, finding
from pushgen.guardrails.source import Source, facts_of, name_tokens, source_of, squeeze
from pushgen.records import Candidate, Content, Severity, Verdict

_GAP = re.compile(r"\s*(?:\.{3,}|…+|\[[^\]]*\]|（略）)\s*")
_HAN = regex.compile(r"\p{Han}")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotesRule:
    """Blocks text between quotation marks that the source does not hold letter by letter.

    Case, punctuation, spaces and accents do not count; where a quotation leaves words out (… or [...]) each part
    must be there. A single word between marks is emphasis or irony more often than speech.
    """

    severity: Severity = Severity.BLOCK
    single: Severity | None = Severity.WARN
    """For a quotation of one word (of at most three Han characters); None to say nothing."""
    remedy: Remedy | None = "drop"
    rule: str = "quotes"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        source = source_of(content.source_text, content.language)
        found: list[Verdict] = []
        for candidate in candidates:
            for fact in facts_of(candidate.text, content.language):
                if fact.kind != "quote" or is_quoted(fact.text, source):
                    continue
                severity = self.single if _size(fact.text) < 2 else self.severity
                if severity is not None:
                    message = f"“{fact.text}” is not in the source"
                    found.append(finding(self, candidate, fact.start, fact.end, message, severity))
        return found


def is_quoted(quote: str, source: Source) -> bool:
    """Whether the source holds every part of a quotation."""
    return all(squeeze(part) in source.squeezed for part in _GAP.split(quote))


def _size(quote: str) -> float:
    """Words, where two Han characters count as one word and up to three as a single one."""
    han = len(_HAN.findall(quote))
    return (han // 4) * 2 + sum(1 for _ in name_tokens(_HAN.sub(" ", quote)))
