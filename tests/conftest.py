"""Shared fixtures. Nothing here talks to a network."""

import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest

if TYPE_CHECKING:
    from pushgen.store import Store


@pytest.fixture(scope="session")
def pushgen_data() -> Path:
    """The folder of real data; the test is skipped where there is none."""
    value = os.environ.get("PUSHGEN_DATA")
    if not value or not Path(value).is_dir():
        pytest.skip("set PUSHGEN_DATA to the folder that holds upworthy/, ars_headlines/ ... to run this test")
    return Path(value)


@pytest.fixture(scope="session")
def postgres_server() -> Generator[str]:
    """URL of a database with the tables of PushGen on a PostgreSQL server of the tests' own."""
    from tests.postgres import SPEED, binaries, server

    if binaries() is None:
        pytest.skip("no PostgreSQL binaries here: install the package postgresql to run this test")
    with server(*SPEED) as url:
        _upgrade(url)
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "template.db"
    _upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """URL of an empty database with the tables of PushGen, of both kinds in turn."""
    if request.param == "sqlite":
        file = tmp_path / "pushgen.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    url: str = request.getfixturevalue("postgres_server")
    yield url
    _empty(url)


@pytest.fixture
def store(database: str) -> "Generator[Store]":
    from pushgen.store import open_store

    opened = open_store(database)
    yield opened
    opened.close()


def _empty(url: str) -> None:
    """Faster than a new database for each test."""
    from sqlalchemy import text

    from pushgen.store.engine import make_engine
    from pushgen.store.schema import metadata

    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY"))
    engine.dispose()


def _upgrade(url: str) -> None:
    from pushgen.store.migrate import upgrade

    upgrade(url)
