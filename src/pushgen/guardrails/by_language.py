"""A rule that is stricter, milder or off in some languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushgen.guardrails.finding import Remedy
from pushgen.protocols import Guardrail
from pushgen.records import Candidate, Content, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLanguage:
    """Holds each candidate against the rule of its language: the candidate's own, else the content's."""

    rule: str
    default: Guardrail | None
    """For languages that are not named; None lets them pass."""
    languages: Mapping[str, Guardrail | None]
    """By BCP 47 tag; `zh` holds for `zh-TW` too."""

    @property
    def among_survivors(self) -> bool:
        return any(getattr(rule, "among_survivors", False) for rule in (self.default, *self.languages.values()))

    @property
    def remedy(self) -> Remedy | None:
        return next((rule.remedy for rule in (self.default, *self.languages.values()) if hasattr(rule, "remedy")), None)  # type: ignore[union-attr]

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        groups: dict[str, list[Candidate]] = {}
        for candidate in candidates:
            groups.setdefault(self._key(candidate, content), []).append(candidate)
        found: list[Verdict] = []
        for key, group in groups.items():
            rule = self.languages[key] if key else self.default
            found.extend(rule.check(content, group) if rule else [])
        return found

    def _key(self, candidate: Candidate, content: Content) -> str:
        tag = candidate.language or content.language or ""
        return next((known for known in (tag, tag.split("-")[0]) if known in self.languages), "")
