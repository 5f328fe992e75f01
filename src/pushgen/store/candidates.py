"""Candidates, what the guardrails found in them, which one was chosen, and what people made of them."""

from collections.abc import Collection

from sqlalchemy import delete, exists, select

from pushgen.records import Approved, Candidate, Review, Selection, Verdict
from pushgen.store import schema
from pushgen.store.repository import Repository


class Candidates(Repository[Candidate]):
    """Generated pushes with their provenance."""

    table = schema.candidates
    record = Candidate

    def of(self, content_id: str) -> list[Candidate]:
        return self._all(select(self.table).where(self.table.c.content_id == content_id).order_by("candidate_id"))

    def named(self, candidate_ids: Collection[str]) -> dict[str, Candidate]:
        """The candidates with these ids that there are."""
        found = self._all(select(self.table).where(self.table.c.candidate_id.in_(candidate_ids)))
        return {candidate.candidate_id: candidate for candidate in found}


class Verdicts(Repository[Verdict]):
    """Findings of guardrails."""

    table = schema.verdicts
    record = Verdict

    def of(self, content_id: str) -> list[Verdict]:
        order = ("candidate_id", "start", "rule")
        return self._all(select(self.table).where(self.table.c.content_id == content_id).order_by(*order))


class Selections(Repository[Selection]):
    """The candidate chosen for each content; a new choice takes the place of the old one."""

    table = schema.selections
    record = Selection


class Reviews(Repository[Review]):
    """What people decided, in the order of time."""

    table = schema.reviews
    record = Review

    def of(self, content_id: str) -> list[Review]:
        order = ("reviewed_at", "review_id")
        return self._all(select(self.table).where(self.table.c.content_id == content_id).order_by(*order))

    def remove(self, review_id: str) -> None:
        self._connection.execute(delete(self.table).where(self.table.c.review_id == review_id))

    def waiting(self, limit: int = 100, *, after: str | None = None) -> list[Selection]:
        """Choices that nobody has reviewed: no review speaks of the candidate that is chosen now.

        A page by content id; `after` is the last one of the page before.
        """
        chosen = schema.selections
        seen = exists().where(self.table.c.candidate_id == chosen.c.candidate_id)
        query = select(chosen).where(~seen).order_by(chosen.c.content_id).limit(limit)
        if after is not None:
            query = query.where(chosen.c.content_id > after)
        return Selections(self._connection)._all(query)  # pyright: ignore[reportPrivateUsage]


class ApprovedPushes(Repository[Approved]):
    """The push that may go out for each content."""

    table = schema.approved
    record = Approved

    def remove(self, content_id: str) -> None:
        self._connection.execute(delete(self.table).where(self.table.c.content_id == content_id))

    def push_of(self, content_ids: Collection[str]) -> dict[str, str]:
        """Id of the approved push of each of these contents that has one."""
        rows = self.table.c
        query = select(rows.content_id, rows.push_id).where(rows.content_id.in_(content_ids))
        return {row.content_id: row.push_id for row in self._connection.execute(query)}
