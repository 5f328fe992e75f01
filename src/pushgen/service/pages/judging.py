"""Pairs of candidates for people who are told nothing but their texts, and how far those people agree."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from pushgen.records import AuditEntry, Candidate, Content, Judgement, Selection
from pushgen.service.problems import Problem, missing
from pushgen.statistics.agreement import Agreement, cohen_kappa
from pushgen.statistics.proportions import wilson
from pushgen.store import Transaction

LOOK_AHEAD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two candidates in the order in which one person sees them."""

    content: Content
    first: Candidate
    second: Candidate


def next_pair(tx: Transaction, reviewer: str) -> Pair | None:
    """A pair that this person has not judged: the choice and the rival that the model can least tell from it."""
    for selection in tx.judgements.unseen(reviewer, LOOK_AHEAD):
        rival_id = _closest(selection)
        content = tx.contents.get(selection.content_id)
        candidates = tx.candidates.named([selection.candidate_id, rival_id] if rival_id else [])
        if content is not None and len(candidates) == 2:
            return _in_order(content, list(candidates.values()), reviewer)
    return None


def pair_of(tx: Transaction, reviewer: str, candidate_ids: Sequence[str]) -> Pair:
    """A pair by its candidates. Raises a `Problem` where they are not two of one content."""
    candidates = list(tx.candidates.named(candidate_ids).values())
    content = tx.contents.get(candidates[0].content_id) if candidates else None
    if content is None or len(candidates) != 2 or candidates[0].content_id != candidates[1].content_id:
        raise missing("pair of candidates of one content")
    return _in_order(content, candidates, reviewer)


def judge(tx: Transaction, pair: Pair, reviewer: str, preferred: str | None, now: datetime) -> Judgement:
    """Keeps a judgement. Raises a `Problem` where this person has judged the pair before."""
    candidate_a, candidate_b = sorted((pair.first.candidate_id, pair.second.candidate_id))
    found = Judgement(
        candidate_a=candidate_a,
        candidate_b=candidate_b,
        reviewer=reviewer,
        content_id=pair.content.content_id,
        preferred=preferred,
        shown_first=pair.first.candidate_id,
        judged_at=now,
    )
    if not tx.judgements.add([found]):
        raise Problem(409, "you have judged this pair before; undo that first")
    return found


def take_back(tx: Transaction, pair: Pair, reviewer: str, now: datetime) -> None:
    """Takes back one's own judgement; the trail keeps that there was one. Raises a `Problem` where there is none."""
    candidate_a, candidate_b = sorted((pair.first.candidate_id, pair.second.candidate_id))
    found = tx.judgements.get(candidate_a, candidate_b, reviewer, lock=True)
    if found is None:
        raise missing("judgement of yours")
    tx.judgements.remove(found)
    detail = {"candidate_b": candidate_b, "preferred": found.preferred or "neither"}
    entry = AuditEntry(
        at=now, actor=f"account {reviewer}", action="undo", noun="judgement", noun_id=candidate_a, detail=detail
    )
    tx.audit.note(entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Two people and how far they agree."""

    first: str
    second: str
    agreement: Agreement

    @property
    def words(self) -> str:
        """What can be said of it."""
        found = self.agreement
        if found.kappa != found.kappa:
            return "both said the same of every pair; that tells nothing"
        if found.low > 0:
            return "agree more than by chance"
        if found.high < 0:
            return "agree less than by chance"
        return "not told apart from chance yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How one person judges, and whether the place of a text sways them."""

    reviewer: str
    count: int
    neither: int
    first: float
    """Share of their decided pairs in which they preferred the one that stood first; half where places do not matter.
    NaN where nothing was decided."""
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """All judgements in figures."""

    pairs: int
    judgements: int
    between: Sequence[Between]
    habits: Sequence[Habit]


def judged(judgements: Sequence[Judgement]) -> Judged:
    """Agreement of every two people who judged a common pair, and the habits of each."""
    by_reviewer: dict[str, dict[tuple[str, str], Judgement]] = {}
    for one in judgements:
        by_reviewer.setdefault(one.reviewer, {})[one.candidate_a, one.candidate_b] = one
    between: list[Between] = []
    for first, second in combinations(sorted(by_reviewer), 2):
        common = sorted(by_reviewer[first].keys() & by_reviewer[second].keys())
        if common:
            one, two = ([_verdict(by_reviewer[name][pair]) for pair in common] for name in (first, second))
            between.append(Between(first=first, second=second, agreement=cohen_kappa(one, two)))
    return Judged(
        pairs=len({(one.candidate_a, one.candidate_b) for one in judgements}),
        judgements=len(judgements),
        between=between,
        habits=[_habit(name, list(by_reviewer[name].values())) for name in sorted(by_reviewer)],
    )


def _verdict(one: Judgement) -> str:
    """By place in the name of the pair, which is the same for everybody, unlike the place on the screen."""
    return {one.candidate_a: "a", one.candidate_b: "b"}.get(one.preferred or "", "neither")


def _habit(reviewer: str, found: Sequence[Judgement]) -> Habit:
    decided = [one for one in found if one.preferred is not None]
    first = sum(one.preferred == one.shown_first for one in decided)
    low, high = (float(end) for end in wilson(first, len(decided)))
    share = first / len(decided) if decided else float("nan")
    neither = len(found) - len(decided)
    return Habit(reviewer=reviewer, count=len(found), neither=neither, first=share, low=low, high=high)


def _closest(selection: Selection) -> str | None:
    free = [rival for rival in selection.rivals if rival.barred is None]
    closest = min(free, key=lambda rival: (abs(rival.p_beaten - 0.5), rival.candidate_id), default=None)
    return None if closest is None else closest.candidate_id


def _in_order(content: Content, candidates: Sequence[Candidate], reviewer: str) -> Pair:
    """The order is drawn for each person and pair, and stays when the page is loaded again."""
    one, other = sorted(candidates, key=lambda candidate: candidate.candidate_id)
    drawn = hashlib.sha256("\x1f".join((reviewer, one.candidate_id, other.candidate_id)).encode()).digest()[0] & 1
    first, second = (other, one) if drawn else (one, other)
    return Pair(content=content, first=first, second=second)
