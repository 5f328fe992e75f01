"""Contents, and the pushes that can be sent about them."""

from collections.abc import Collection

from sqlalchemy import select

from pushgen.records import Content, Push
from pushgen.store import schema
from pushgen.store.repository import Repository


class Contents(Repository[Content]):
    """What pushes are about."""

    table = schema.contents
    record = Content

    def named(self, content_ids: Collection[str]) -> dict[str, Content]:
        """The contents with these ids that there are."""
        found = self._all(select(self.table).where(self.table.c.content_id.in_(content_ids)))
        return {content.content_id: content for content in found}


class Pushes(Repository[Push]):
    """Copy that was or can be sent. A push is never changed: deliveries and counts refer to its words."""

    table = schema.pushes
    record = Push

    def of(self, content_id: str) -> list[Push]:
        return self._all(select(self.table).where(self.table.c.content_id == content_id).order_by("push_id"))

    def named(self, push_ids: Collection[str]) -> dict[str, Push]:
        """The pushes with these ids that there are."""
        found = self._all(select(self.table).where(self.table.c.push_id.in_(push_ids)))
        return {push.push_id: push for push in found}
