"""A push keeps to a budget of emoji."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from pushgen.guardrails.finding import Remedy, scan
from pushgen.records import Candidate, Content, Severity, Verdict

_EMOJI = regex.compile(
    r"\p{Regional_Indicator}{2}|[\p{Extended_Pictographic}--[©®™‼⁉↔-↪〰〽]](?:\ufe0f|[\U0001f3fb-\U0001f3ff])*"
    r"(?:\u200d\p{Extended_Pictographic}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])*)*|[0-9#*]\ufe0f?\u20e3",
    regex.V1,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmojiRule:
    """Finds texts with more emoji than the budget allows. A sequence with joiners or skin tones is one emoji."""

    severity: Severity = Severity.WARN
    emoji: int = 3
    """Emoji that a text may have."""
    remedy: Remedy | None = None
    rule: str = "emoji"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        del content
        return scan(self, candidates, self._look)

    def _look(self, text: str) -> Iterator[tuple[int, int, str]]:
        if text.isascii():
            return
        found = list(_EMOJI.finditer(text))
        if len(found) > self.emoji:
            message = f"{len(found)} emoji, at most {self.emoji}"
            yield found[self.emoji].start(), found[-1].end(), message
