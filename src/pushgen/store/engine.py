"""Opening the database: SQLite in WAL mode by default, PostgreSQL by URL."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushgen.errors import ConfigurationError, MissingExtraError, ServiceError

try:
    from sqlalchemy import create_engine, event, make_url
    from sqlalchemy.exc import ArgumentError, OperationalError
except ModuleNotFoundError as missing:
    raise MissingExtraError("sqlalchemy", "store", "The database") from missing

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

    from pushgen.store.transaction import Transaction

DEFAULT_URL = "sqlite:///pushgen.db"
"""Where nothing else is said: a file in the current folder."""
_BUSY_SECONDS = 60
_WRITES = "pushgen_writes"


class Store:
    """A database that is open. Safe to share between threads; each process opens its own."""

    def __init__(self, engine: "Engine") -> None:
        self.engine = engine

    @property
    def is_postgres(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def begin(self) -> "Generator[Transaction]":
        """A transaction that writes: everything in the block, or nothing where it raises.

        On SQLite it takes the write lock at once, so that what it reads stays true until it commits; on PostgreSQL
        rows that must stay true are locked where they are read.
        """
        from pushgen.store.transaction import Transaction

        with self._connected() as connection:
            connection = connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield Transaction(connection)

    @contextmanager
    def read(self) -> "Generator[Transaction]":
        """A transaction for reading; nothing is committed."""
        from pushgen.store.transaction import Transaction

        with self._connected() as connection:
            transaction = connection.begin()
            try:
                yield Transaction(connection)
            finally:
                transaction.rollback()

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _connected(self) -> "Generator[Connection]":
        try:
            connection = self.engine.connect()
        except OperationalError as error:
            raise ServiceError(
                f"the database {self.engine.url.render_as_string()} cannot be opened: {str(error.orig).strip()}"
            ) from error
        with connection:
            yield connection


def open_store(url: str = DEFAULT_URL, *, check: bool = True) -> Store:
    """Opens a database and checks that its tables are those of this version of PushGen.

    `url` is `sqlite:///FILE` or `postgresql://USER@HOST/NAME`. Raises `ConfigurationError` for a URL that cannot be
    used or a database that has not been upgraded, and `ServiceError` where the server cannot be reached.
    """
    engine = make_engine(url)
    if check:
        from pushgen.store.migrate import require_current

        require_current(engine)
    return Store(engine)


def make_engine(url: str) -> "Engine":
    """An engine with the settings that correctness needs."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed, pool_pre_ping=True, pool_size=8)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _parse(url: str) -> "URL":
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            f"{url!r} is not the URL of a database; expected sqlite:///FILE or postgresql://USER@HOST/NAME"
        ) from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ConfigurationError(f"expected a database of the kind sqlite or postgresql, found {parsed.drivername!r}")
    return parsed


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Python's driver would open transactions on its own, and too late for BEGIN IMMEDIATE.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL, because a push that was marked as being sent must still be marked after the power failed.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
    cursor.close()


def _begin_sqlite(connection: "Connection") -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
