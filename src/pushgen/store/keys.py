"""Keys of the service."""

from datetime import datetime

from sqlalchemy import update

from pushgen.records import ApiKey
from pushgen.store import schema
from pushgen.store.repository import Repository


class ApiKeys(Repository[ApiKey]):
    """Names, scopes and hashes; a key that was revoked stays, so that the audit trail can name it."""

    table = schema.api_keys
    record = ApiKey

    def revoke(self, key_id: str, at: datetime) -> None:
        """From now on it opens nothing; one that was revoked before stays revoked since then."""
        where = (self.table.c.key_id == key_id, self.table.c.revoked_at.is_(None))
        self._connection.execute(update(self.table).where(*where).values(revoked_at=at))

    def expire(self, key_id: str, at: datetime) -> None:
        """It opens nothing from a moment on, unless it ends before."""
        expires = self.table.c.expires_at
        where = (self.table.c.key_id == key_id, expires.is_(None) | (expires > at))
        self._connection.execute(update(self.table).where(*where).values(expires_at=at))
