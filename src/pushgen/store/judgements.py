"""What people said of pairs of candidates, and which pairs they have not seen yet."""

from sqlalchemy import Text, case, cast, delete, exists, func, select

from pushgen.records import Judgement, Selection
from pushgen.store import schema
from pushgen.store.candidates import Selections
from pushgen.store.repository import Repository

_j = schema.judgements.c


class Judgements(Repository[Judgement]):
    """One row per pair and person."""

    table = schema.judgements
    record = Judgement

    def all(self) -> list[Judgement]:
        """Every judgement, by pair and person."""
        return self._all(select(self.table).order_by(_j.candidate_a, _j.candidate_b, _j.reviewer))

    def of(self, content_id: str) -> list[Judgement]:
        """Judgements of pairs of one content, by pair and person."""
        mine = select(self.table).where(_j.content_id == content_id)
        return self._all(mine.order_by(_j.candidate_a, _j.candidate_b, _j.reviewer))

    def remove(self, judgement: Judgement) -> None:
        where = [self.table.c[name] == getattr(judgement, name) for name in self._keys]
        self._connection.execute(delete(self.table).where(*where))

    def unseen(self, reviewer: str, limit: int) -> list[Selection]:
        """Choices with rivals about whose content a person has judged no pair.

        Those come first that one other person has judged, so that there is something to agree about; then those that
        nobody has.
        """
        chosen = schema.selections
        mine = exists().where(_j.content_id == chosen.c.content_id, _j.reviewer == reviewer)
        others = select(func.count(_j.reviewer)).where(_j.content_id == chosen.c.content_id).scalar_subquery()
        query = (
            select(chosen)
            .where(~mine, cast(chosen.c.rivals, Text) != "[]")
            .order_by(case((others == 1, 0), (others == 0, 1), else_=2), chosen.c.content_id)
            .limit(limit)
        )
        return Selections(self._connection)._all(query)  # pyright: ignore[reportPrivateUsage]
