"""A service on an empty database, and keys to it."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI

from pushgen.fakes import FakeClock, FakeGenerator, FakeRewardModel
from pushgen.pipeline.guarding import open_rules
from pushgen.selection import SelectionConfig, open_selector
from pushgen.service.app import create_app
from pushgen.service.keys import add_key
from pushgen.service.logs import open_log
from pushgen.service.scopes import Scope
from pushgen.service.settings import ServiceConfig
from pushgen.service.state import Service
from pushgen.store import Store, open_store


@dataclass(eq=False)
class Client:
    """Calls the application in this process, each call in a loop of its own."""

    app: FastAPI
    service: Service
    key: str
    log: io.StringIO
    clock: FakeClock
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = self.service.store

    def __call__(self, method: str, path: str, *, key: str | None = "", **arguments: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, **arguments)

        presented = self.key if key == "" else key
        if presented is not None:
            arguments["headers"] = {"Authorization": f"Bearer {presented}", **arguments.get("headers", {})}
        return anyio.run(call)

    def key_for(self, *scopes: Scope) -> str:
        return add_key(self.store, self.clock, "test", [scope.value for scope in scopes])[1]


def make(store: Store, **changes: Any) -> Client:
    """A service with the fakes for models and the default guardrails."""
    log, clock = io.StringIO(), FakeClock()
    parts: dict[str, Any] = {
        "rules": open_rules(),
        "selector": open_selector(SelectionConfig()),
        "reward": FakeRewardModel(),
        "generator": FakeGenerator(),
        "config": ServiceConfig(),
        **changes,
    }
    service = Service(store=store, clock=clock, log=open_log(log), **parts)
    key = add_key(store, clock, "all", [scope.value for scope in Scope])[1]
    return Client(create_app(service), service, key, log, clock)


@contextmanager
def opened(template: Path, folder: Path) -> Iterator[Store]:
    """An empty database on SQLite."""
    (folder / "pushgen.db").write_bytes(template.read_bytes())
    store = open_store(f"sqlite:///{folder}/pushgen.db")
    yield store
    store.close()


@pytest.fixture
def lone_store(tmp_path: Path, sqlite_template: Path) -> Iterator[Store]:
    """An empty database on SQLite alone, for what does not depend on the database."""
    with opened(sqlite_template, tmp_path) as store:
        yield store


@pytest.fixture
def call(lone_store: Store) -> Client:
    return make(lone_store)


@pytest.fixture
def call_both(store: Store) -> Client:
    """On SQLite and on PostgreSQL in turn."""
    return make(store)


@pytest.fixture
def build(lone_store: Store) -> Callable[..., Client]:
    """A client with parts of its own."""
    return lambda **changes: make(lone_store, **changes)
