"""A push repeats neither another candidate of its content nor a push of the past."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pushgen.guardrails.finding import Remedy, finding
from pushgen.records import Candidate, Content, Severity, Verdict
from pushgen.text.near_copies import NearCopyIndex, Shingles, jaccard, shingles


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRule:
    """Blocks near-copies: of those within one content the smallest candidate id stays, as written before repaired.

    It is held against candidates that passed the other rules, so that a good text is never lost to a blocked one.
    """

    threshold: float = 0.9
    """Least Jaccard similarity of character shingles, in (0, 1]. Two styles may state the same fact in two frames."""
    past: NearCopyIndex | None = field(default=None, repr=False)
    """Pushes that were sent before, or None."""
    severity: Severity = Severity.BLOCK
    remedy: Remedy | None = None
    rule: str = "duplicate"
    among_survivors: bool = True

    def check(self, content: Content, candidates: Sequence[Candidate]) -> list[Verdict]:
        del content
        ordered = sorted(
            candidates, key=lambda candidate: (candidate.repaired_from is not None, candidate.candidate_id)
        )
        repeated = self.past.contains([candidate.text for candidate in ordered]) if self.past and ordered else None
        kept: list[tuple[str, Shingles]] = []
        found: list[Verdict] = []
        for index, candidate in enumerate(ordered):
            own = shingles(candidate.text)
            message = "near-copy of a past push" if repeated is not None and repeated[index] else None
            for other, known in kept if message is None else ():
                # The sizes alone bound the similarity.
                small, large = sorted((len(own), len(known)))
                if small >= self.threshold * large and jaccard(own, known) >= self.threshold:
                    message = f"near-copy of candidate {other}"
                    break
            if message is None:
                kept.append((candidate.candidate_id, own))
                continue
            found.append(finding(self, candidate, 0, len(candidate.text), message))
        return found
