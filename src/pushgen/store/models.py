"""Which model serves: versions, promotions, and the way back."""

from datetime import datetime

from sqlalchemy import insert, select, update

from pushgen.errors import InputError
from pushgen.records import ModelVersion
from pushgen.store import schema
from pushgen.store.repository import Repository

_p = schema.promotions.c


class Models(Repository[ModelVersion]):
    """Versions of generators and reward models. At most one of each kind serves."""

    table = schema.models
    record = ModelVersion

    def promote(self, version_id: str, *, actor: str, at: datetime) -> ModelVersion:
        """From now on this version serves for its kind. Raises `InputError` where there is none such."""
        version = self.get(version_id)
        if version is None:
            raise InputError(
                field="version_id",
                expected="a version that was added",
                found=repr(version_id),
                remedy="List the versions and name one of them.",
            )
        row = {"kind": version.kind, "version_id": version_id, "promoted_at": at, "actor": actor}
        self._connection.execute(insert(schema.promotions), [row])
        return version

    def roll_back(self, kind: str, *, at: datetime) -> ModelVersion:
        """The version that served before serves again. Raises `InputError` where none did."""
        promotions = self._promotions(kind)
        if len(promotions) < 2:
            raise InputError(
                field="kind",
                expected="a kind of model that was promoted at least twice",
                found=f"{kind!r}, promoted {len(promotions)} times",
                remedy="Promote the version that shall serve instead.",
            )
        last = _p.promotion_id == promotions[0][0]
        self._connection.execute(update(schema.promotions).where(last).values(rolled_back_at=at))
        version = self.get(promotions[1][1])
        assert version is not None
        return version

    def serving(self, kind: str) -> ModelVersion | None:
        """The version that serves; None where none was promoted."""
        promotions = self._promotions(kind)
        return self.get(promotions[0][1]) if promotions else None

    def _promotions(self, kind: str) -> list[tuple[int, str]]:
        query = select(_p.promotion_id, _p.version_id).where(_p.kind == kind, _p.rolled_back_at.is_(None))
        return [tuple(row) for row in self._connection.execute(query.order_by(_p.promotion_id.desc()).limit(2))]
