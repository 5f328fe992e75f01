"""Candidates in: written on demand or handed in, held against the guardrails and kept with what they found."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pushgen.guardrails import check
from pushgen.protocols import GenerationFailure, GenerationRequest, Generator
from pushgen.records import Candidate, Content, Severity, Verdict
from pushgen.service.candidates.schemas import (
    CandidateRow,
    Checked,
    HandedIn,
    NotWritten,
    Writing,
    Written,
)
from pushgen.service.fields import RejectedRow
from pushgen.service.problems import FieldError, Problem, missing
from pushgen.service.selections.service import prepare
from pushgen.service.state import Service
from pushgen.store import Transaction
from pushgen.styles import load_taxonomy

REPEATED = "text already there for this content"


@dataclass(frozen=True, slots=True)
class Held:
    """New candidates of one content, repaired ones among them, with all findings in them."""

    candidates: Sequence[Candidate] = ()
    verdicts: Sequence[Verdict] = ()

    def keep(self, tx: Transaction) -> None:
        tx.candidates.add(self.candidates)
        tx.verdicts.put(self.verdicts)

    def checked(self) -> list[Checked]:
        return checked(self.candidates, self.verdicts)


def checked(candidates: Sequence[Candidate], verdicts: Sequence[Verdict]) -> list[Checked]:
    """Each candidate with its own findings."""
    found: dict[str, list[Verdict]] = {one.candidate_id: [] for one in candidates}
    for verdict in verdicts:
        found[verdict.candidate_id].append(verdict)
    return [
        Checked(
            candidate=one,
            passes=all(verdict.severity is not Severity.BLOCK for verdict in found[one.candidate_id]),
            verdicts=found[one.candidate_id],
        )
        for one in candidates
    ]


def generate(service: Service, content_id: str, asked: Writing) -> Written:
    """Writes candidates for one content now and keeps them.

    The choice among them is prepared. Raises a `Problem` where there is no content or no generator. A candidate whose
    words are there already is not kept again.
    """
    held, not_written = write(service, content_id, asked)
    with service.store.begin() as tx:
        held.keep(tx)
    prepare(service, content_id)
    return Written(candidates=held.checked(), not_written=not_written)


def write(service: Service, content_id: str, asked: Writing) -> tuple[Held, list[NotWritten]]:
    """What `generate` keeps, not yet kept."""
    generator = _generator(service)
    with service.store.read() as tx:
        content = tx.contents.get(content_id)
        if content is None:
            raise missing("content")
        known = _passing(tx, content_id)
        texts = {one.text for one in tx.candidates.of(content_id)}
    requests = [
        GenerationRequest(content=content, style=style, index=index, seed=asked.seed)
        for style in asked.styles or load_taxonomy().ids
        for index in range(asked.per_style)
    ]
    fresh: list[Candidate] = []
    not_written: list[NotWritten] = []
    for request, outcome in zip(requests, generator.generate(requests), strict=True):
        if isinstance(outcome, GenerationFailure):
            not_written.append(NotWritten(style=request.style, reason=outcome.reason))
        elif outcome.text in texts:
            not_written.append(NotWritten(style=request.style, reason=REPEATED))
        else:
            texts.add(outcome.text)
            fresh.append(outcome)
    return _hold(service, content, known, fresh), not_written


@dataclass(slots=True)
class _Sorted:
    """Rows of a request, each in one place."""

    fresh: dict[str, dict[str, Candidate]] = field(default_factory=dict[str, dict[str, Candidate]])
    """New candidates by content and id."""
    known: int = 0
    rejected: list[RejectedRow] = field(default_factory=list[RejectedRow])

    def reject(self, place: int, pointer: str, detail: str) -> None:
        self.rejected.append(RejectedRow(index=place, errors=[FieldError(pointer=pointer, detail=detail)]))


def hand_in(service: Service, rows: Mapping[int, CandidateRow]) -> HandedIn:
    """Checks and keeps candidates that somebody else wrote.

    Rows about a content that is not there, or with the id of another candidate, are rejected.
    """
    with service.store.read() as tx:
        contents = tx.contents.named({row.content_id for row in rows.values()})
        given = {place: _candidate(row, contents.get(row.content_id)) for place, row in rows.items()}
        stored = tx.candidates.named({one.candidate_id for one in given.values()})
        passing = {content_id: _passing(tx, content_id) for content_id in contents}
    found = _Sorted()
    seen = dict(stored)
    for place, candidate in given.items():
        before = seen.setdefault(candidate.candidate_id, candidate)
        if candidate.content_id not in contents:
            found.reject(place, "/content_id", "there is no content with this id")
        elif before is candidate:
            found.fresh.setdefault(candidate.content_id, {})[candidate.candidate_id] = candidate
        elif before == candidate:
            found.known += 1
        else:
            found.reject(place, "/candidate_id", "another candidate has this id")
    held = [
        _hold(service, contents[content_id], passing[content_id], list(fresh.values()))
        for content_id, fresh in found.fresh.items()
    ]
    with service.store.begin() as tx:
        for one in held:
            one.keep(tx)
    for content_id in found.fresh:
        prepare(service, content_id)
    return HandedIn(
        new=sum(map(len, found.fresh.values())),
        known=found.known,
        rejected=found.rejected,
        candidates=[row for one in held for row in one.checked()],
    )


def _hold(service: Service, content: Content, known: Sequence[Candidate], fresh: Sequence[Candidate]) -> Held:
    """Holds new candidates against the guardrails, those that compare candidates with what is there as well."""
    found = check(content, [*known, *fresh], service.rules)
    old = {one.candidate_id for one in known}
    repaired = [one for one in found.repaired if one.repaired_from not in old]
    return Held([*fresh, *repaired], [one for one in found.verdicts if one.candidate_id not in old])


def _passing(tx: Transaction, content_id: str) -> list[Candidate]:
    blocked = {one.candidate_id for one in tx.verdicts.of(content_id) if one.severity is Severity.BLOCK}
    return [one for one in tx.candidates.of(content_id) if one.candidate_id not in blocked]


def _candidate(row: CandidateRow, content: Content | None) -> Candidate:
    values = row.model_dump(exclude={"candidate_id"})
    if row.language is None and content is not None:
        values["language"] = content.language
    identity = "\x1f".join((row.content_id, row.generator, row.style, str(row.seed), row.title or "", row.body))
    return Candidate(
        candidate_id=row.candidate_id or hashlib.sha256(identity.encode()).hexdigest()[:16],
        **values,
    )


def _generator(service: Service) -> Generator:
    if service.generator is None:
        raise Problem(409, "the service has no generator; start it with --generator")
    return service.generator
