"""Migrations: from whatever tables a database has to those of this version. They lie in the package itself."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pushgen.errors import ConfigurationError
from pushgen.store.engine import make_engine

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, Engine

FOLDER = Path(__file__).parent / "migrations"


def upgrade(url: str) -> tuple[str | None, str]:
    """Brings a database up to date; the revisions before and after. All of it in one transaction, or nothing."""
    from alembic import command

    engine = make_engine(url)
    try:
        before = revision_of(engine)
        with engine.connect().execution_options(pushgen_writes=True) as connection, connection.begin():
            command.upgrade(_config(connection), "head")
        return before, head()
    finally:
        engine.dispose()


@cache
def head() -> str:
    """The newest revision in this package."""
    from alembic.script import ScriptDirectory

    found = ScriptDirectory.from_config(_config(None)).get_current_head()
    assert found is not None, "the package holds no migration"
    return found


def revision_of(engine: "Engine") -> str | None:
    """The revision that a database is at; None where it has no tables yet."""
    from alembic.runtime.migration import MigrationContext

    from pushgen.store.engine import Store

    with Store(engine).read() as transaction:
        return MigrationContext.configure(transaction.connection).get_current_revision()


def require_current(engine: "Engine") -> None:
    """Raises `ConfigurationError` where the tables are not those of this version."""
    found = revision_of(engine)
    if found != head():
        url = engine.url.render_as_string()
        at = f"is at revision {found}" if found else "has no tables of PushGen"
        raise ConfigurationError(
            f"the database {url} {at}, this version needs {head()}. Run: pushgen db upgrade --database {url}"
        )


def _config(connection: "Connection | None") -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
