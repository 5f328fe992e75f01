"""A push fits on the screen and into the message."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pushgen.records import Candidate, Content, Severity, Verdict
from pushgen.text.graphemes import byte_length, cut_bytes, grapheme_count, grapheme_position

Channel = Literal["any", "android", "ios", "web"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Largest sizes on one channel."""

    title: int
    """Graphemes of the title."""
    body: int
    """Graphemes of the body."""
    bytes: int
    """Bytes of title and body in UTF-8. FCM, APNs and web push carry 4096 in all; a kilobyte is left for the rest."""


_ANDROID = Limit(title=65, body=240, bytes=3072)
_IOS = Limit(title=65, body=178, bytes=3072)
_WEB = Limit(title=65, body=150, bytes=2800)
LIMITS: dict[Channel, Limit] = {"any": _ANDROID, "android": _ANDROID, "ios": _IOS, "web": _WEB}
"""What is shown of an opened notification before it is cut; `any` keeps to the widest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthRule:
    """Blocks titles and bodies that a channel would cut or refuse. The span is what lies beyond the limit."""

    limit: Limit = _ANDROID
    severity: Severity = Severity.BLOCK
    rule: str = "length"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        del content
        return [verdict for candidate in candidates for verdict in self._one(candidate)]

    def _one(self, candidate: Candidate) -> list[Verdict]:
        text, body_start = candidate.text, len(candidate.text) - len(candidate.body)
        found: list[Verdict] = []
        title = candidate.title or ""
        parts = (("title", title, 0, self.limit.title), ("body", candidate.body, body_start, self.limit.body))
        for name, part, offset, limit in parts:
            # A text of few code points cannot have more graphemes than these.
            if len(part) > limit and (count := grapheme_count(part)) > limit:
                start = offset + grapheme_position(part, limit)
                message = f"{name} has {count} graphemes, at most {limit} are shown"
                found.append(self._verdict(candidate, start, offset + len(part), message))
        size = byte_length(title) + byte_length(candidate.body)
        if size > self.limit.bytes and not found:
            start = len(cut_bytes(text, self.limit.bytes))
            message = f"title and body have {size} bytes, at most {self.limit.bytes} fit"
            found.append(self._verdict(candidate, min(start, len(text)), len(text), message))
        return found

    def _verdict(self, candidate: Candidate, start: int, end: int, message: str) -> Verdict:
        return Verdict(
            candidate_id=candidate.candidate_id,
            content_id=candidate.content_id,
            rule=self.rule,
            severity=self.severity,
            start=start,
            end=end,
            message=message,
        )
