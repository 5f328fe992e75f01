"""A push fits on the screen and into the message."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pushgen.guardrails.finding import Remedy, finding
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
    """Bytes of title and body as UTF-8 inside JSON."""


PAYLOAD = 4096
"""Bytes that FCM, APNs and web push carry in all."""
_REST = 1024
"""Bytes of it that are left for keys, deep link, picture address and tracking."""
_ANDROID = Limit(title=65, body=240, bytes=PAYLOAD - _REST)
_IOS = Limit(title=65, body=178, bytes=PAYLOAD - _REST)
_WEB = Limit(title=65, body=150, bytes=2800)
LIMITS: dict[Channel, Limit] = {"any": _ANDROID, "android": _ANDROID, "ios": _IOS, "web": _WEB}
"""What is shown of an opened notification before it is cut. No platform documents a number: a title of one line and a
body of about six lines on Android, four on iOS, three on desktop browsers, on a phone of common width. `any` keeps to
the widest. Encryption of web push takes some of its payload. Chinese signs are twice as wide: set `body_limit` for zh.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthRule:
    """Blocks titles and bodies that a channel would cut or refuse. The span is what lies beyond the limit."""

    limit: Limit = _ANDROID
    severity: Severity = Severity.BLOCK
    remedy: Remedy | None = "shorten"
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
                found.append(finding(self, candidate, start, offset + len(part), message))
        size = payload_bytes(title) + payload_bytes(candidate.body)
        if size > self.limit.bytes and not found:
            start = len(cut_bytes(text, self.limit.bytes))
            message = f"title and body have {size} bytes, at most {self.limit.bytes} fit"
            found.append(finding(self, candidate, min(start, len(text)), len(text), message))
        return found


def payload_bytes(text: str) -> int:
    """Bytes of a text inside JSON in UTF-8: quotation marks, backslashes and line breaks take two, controls six."""
    escaped = sum(1 if sign in '"\\\b\f\n\r\t' else 5 for sign in text if sign < " " or sign in '"\\')
    return byte_length(text) + escaped
