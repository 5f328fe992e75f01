"""What a choice is held to besides the probabilities: bounds, texts already taken, the incumbent and its margin.

All of it works by barring: a barred candidate is not chosen while another is there, stays among the rivals, and the
selection says why it was barred.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pushgen.protocols import Floats, Selector
from pushgen.records import Candidate, Content, Selection
from pushgen.text.bounds import Bounds
from pushgen.text.near_copies import NearCopyMemory

INCUMBENT = "incumbent"
"""Generator that a selection names where the incumbent is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of one run of choices, of which each may bear on the next."""

    bounds: Bounds | None = None
    """Ranges of the measures that candidates must keep; the incumbent need not."""
    taken: NearCopyMemory | None = None
    """Texts chosen for other contents or sent before; grows with every choice."""
    incumbents: Mapping[str, Candidate] = field(default_factory=dict[str, Candidate])
    """By content id, the push that is sent unless a candidate beats it."""
    margin: float = 0.5
    """Least probability with which the best candidate must beat the incumbent."""

    def rivals(self, content: Content, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates and, where the content has one, its incumbent."""
        incumbent = self.incumbents.get(content.content_id)
        return [*candidates, incumbent] if incumbent else list(candidates)

    def select(self, selector: Selector, content: Content, field: Sequence[Candidate], p_win: Floats) -> Selection:
        """One selection from a `field`, whose text counts as taken from then on."""
        barred = dict(self._barred(field))
        incumbent = self.incumbents.get(content.content_id)
        if incumbent is None:
            selection = selector.select(content, field, p_win, barred)
        else:
            selection = self._against(incumbent, selector, content, field, p_win, barred)
        if self.taken is not None:
            self.taken.add(_text(selection, field))
        return selection

    def remember(self, texts: Iterable[str]) -> None:
        """Texts that an earlier, interrupted run of the same choices took."""
        if self.taken is not None:
            for text in texts:
                self.taken.add(text)

    @staticmethod
    def kept(selections: Iterable[Selection]) -> int:
        """How many selections keep the incumbent."""
        return sum(selection.generator == INCUMBENT for selection in selections)

    def _barred(self, field: Sequence[Candidate]) -> Iterator[tuple[str, str]]:
        """Candidates that break a bound or repeat a text, with the reason."""
        texts = [candidate.text for candidate in field]
        copied = self.taken.find(texts) if self.taken else [None] * len(texts)
        for candidate, text, known in zip(field, texts, copied, strict=True):
            if candidate.generator == INCUMBENT:
                continue
            if self.bounds and (broken := self.bounds.broken(text)):
                yield candidate.candidate_id, broken
            elif known is not None:
                yield candidate.candidate_id, f"near-copy of {known!r}"

    def _against(
        self,
        incumbent: Candidate,
        selector: Selector,
        content: Content,
        field: Sequence[Candidate],
        p_win: Floats,
        barred: Mapping[str, str],
    ) -> Selection:
        """The best free candidate, where it beats the incumbent by the margin; else the incumbent."""
        own = incumbent.candidate_id
        free = [candidate for candidate in field if candidate.candidate_id not in barred and candidate is not incumbent]
        if not free:
            why = "no candidate is free to be chosen" if len(field) > 1 else "there is no candidate"
            return self._kept(incumbent, selector, content, field, p_win, barred, why)
        best = selector.select(content, field, p_win, {**barred, own: INCUMBENT})
        places = {candidate.candidate_id: place for place, candidate in enumerate(field)}
        p = float(np.float64(p_win[places[best.candidate_id], places[own]]))
        finding = f"beats the incumbent with probability {p:.3f}"
        if p < self.margin:
            why = f"the best candidate, {best.candidate_id}, {finding}, less than the margin of {self.margin:g}"
            return self._kept(incumbent, selector, content, field, p_win, barred, why)
        told = "; ".join(part for part in (f"{finding}, margin {self.margin:g}", _others(best, own)) if part)
        rivals = tuple(replace(rival, barred=None) if rival.candidate_id == own else rival for rival in best.rivals)
        return replace(best, rivals=rivals, reason=told)

    def _kept(
        self,
        incumbent: Candidate,
        selector: Selector,
        content: Content,
        field: Sequence[Candidate],
        p_win: Floats,
        barred: Mapping[str, str],
        why: str,
    ) -> Selection:
        below = {candidate.candidate_id: "incumbent kept" for candidate in field if candidate is not incumbent}
        kept = selector.select(content, field, p_win, {**below, **barred})
        return replace(kept, reason=f"incumbent kept: {why}")


def incumbent_of(content_id: str, title: str | None, body: str, style: str | None, language: str | None) -> Candidate:
    """A push that is in use, as a candidate of its content."""
    return Candidate(
        candidate_id=f"{INCUMBENT}:{content_id}",
        content_id=content_id,
        title=title,
        body=body,
        style=style or INCUMBENT,
        language=language,
        generator=INCUMBENT,
        seed=0,
        prompt_hash="",
    )


def _others(best: Selection, incumbent: str) -> str:
    """What the selector said of barred candidates, unless it is about the incumbent alone."""
    return best.reason if best.reason and not best.reason.startswith(f"stronger but barred: {incumbent} ") else ""


def _text(selection: Selection, field: Sequence[Candidate]) -> str:
    return next(candidate.text for candidate in field if candidate.candidate_id == selection.candidate_id)
