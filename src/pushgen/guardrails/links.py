"""A push leads where its deep link leads; an address in its text is the mark of a leak or of phishing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pushgen.guardrails.finding import Remedy, finding
from pushgen.records import Candidate, Content, Severity, Verdict

_LINK = re.compile(
    r"(?P<scheme>(?<![A-Za-z])[a-z][a-z0-9+]{1,14}://)?"
    r"(?P<host>(?<![A-Za-z0-9_@.])(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.)+(?P<top>[A-Za-z]{2,18}|xn--[a-z0-9-]{2,59})(?![A-Za-z0-9]))"
    r"(?P<rest>(?::\d{2,5})?(?:/[^\s\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”\"'<>)\]]*)?)"
    r"|(?<![A-Za-z])(?:https?|ftp)://\S+|(?<![A-Za-z0-9_@.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+|/\S*)"
)
_TOPS = frozenset(
    [
        *("com", "org", "net", "edu", "gov", "info", "biz", "io", "co", "app", "dev", "ai", "tv", "ly", "gl", "gg"),
        *("top", "site", "shop", "store", "online", "club", "vip", "win", "live", "link", "click", "page", "me", "cc"),
        *("cn", "uk", "us", "de", "fr", "jp", "kr", "ru", "in", "br", "au", "ca", "hk", "tw", "eu", "es", "it", "nl"),
        *("xyz", "to", "ch"),
    ]
)  # fmt: skip
_WORDY = frozenset(
    {"me", "in", "it", "to", "us", "at", "is", "so", "be", "no", "my", "am", "do", "as", "page", "live", "win"}
)
"""Endings that are words too: after a missing space ("wait.it") they are no address unless a path follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksRule:
    """Blocks web addresses, with or without `https://`.

    A bare host that the source names as well ("Change.org") is a name and passes; one with a path never does.
    """

    severity: Severity = Severity.BLOCK
    domains: tuple[str, ...] = ()
    """Domains that are allowed with everything below them: `example.com` allows `m.example.com/x`."""
    remedy: Remedy | None = "drop"
    rule: str = "links"

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        source = content.source_text.lower()
        return [
            finding(self, candidate, match.start(), match.end(), f"address {match.group()!r}")
            for candidate in candidates
            if "." in candidate.text or "://" in candidate.text
            for match in _LINK.finditer(candidate.text)
            if self._is_link(match, source)
        ]

    def _is_link(self, match: re.Match[str], source: str) -> bool:
        host = (match["host"] or "").lower()
        if not host:
            return True
        if any(host == domain or host.endswith(f".{domain}") for domain in map(str.lower, self.domains)):
            return False
        plain = not match["scheme"] and not match["rest"].strip("/")
        if match["scheme"] or host.startswith("www."):
            return True
        top = match["top"].lower()
        if top not in _TOPS or (plain and top in _WORDY):
            return False
        return not (plain and host in source)
