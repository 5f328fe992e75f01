"""People who sign in to the pages, and the browsers in which they are signed in."""

from datetime import datetime

from sqlalchemy import delete, update

from pushgen.records import Account, Session
from pushgen.store import schema
from pushgen.store.repository import Repository


class Accounts(Repository[Account]):
    """Names, roles and hashes; an account that was ended stays, since reviews hold its name."""

    table = schema.accounts
    record = Account

    def rehash(self, name: str, password_hash: str) -> None:
        self._connection.execute(
            update(self.table).where(self.table.c.name == name).values(password_hash=password_hash)
        )

    def end(self, name: str, at: datetime) -> None:
        """It opens nothing from now on; one that was ended before stays ended since then."""
        where = (self.table.c.name == name, self.table.c.ended_at.is_(None))
        self._connection.execute(update(self.table).where(*where).values(ended_at=at))


class Sessions(Repository[Session]):
    """Who is signed in where."""

    table = schema.sessions
    record = Session

    def end(self, secret_sha256: str) -> None:
        self._connection.execute(delete(self.table).where(self.table.c.secret_sha256 == secret_sha256))

    def end_all(self, name: str) -> None:
        self._connection.execute(delete(self.table).where(self.table.c.name == name))

    def forget(self, before: datetime) -> None:
        """Deletes sessions that expired before a moment."""
        self._connection.execute(delete(self.table).where(self.table.c.expires_at <= before))
