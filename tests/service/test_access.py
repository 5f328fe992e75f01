"""Who may call what: keys, scopes, rates, and a rule for every route."""

import re
import sqlite3
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import APIRouter
from tests.service.conftest import Client

from pushgen.errors import ConfigurationError, InputError
from pushgen.service.access import needs
from pushgen.service.app import ROUTERS
from pushgen.service.keys import add_key, revoke_key
from pushgen.service.rates import Rates
from pushgen.service.rules import rules_of
from pushgen.service.scopes import Scope
from pushgen.service.settings import ServiceConfig

OPEN = {"/v1/health", "/v1/ready", "/v1/openapi.json"}
RULES = rules_of(route for router in ROUTERS for route in router.routes)


def concrete(path: str) -> str:
    return re.sub(r"\{\w+\}", "x", path)


class TestRules:
    def test_only_what_watches_and_describes_is_open(self) -> None:
        assert {rule.path for rule in RULES if rule.scope is None} == OPEN

    def test_every_scope_opens_something(self) -> None:
        assert {rule.scope for rule in RULES} - {None} == set(Scope)

    def test_what_only_reads_needs_no_scope_that_writes(self) -> None:
        for rule in RULES:
            if rule.method == "GET" and rule.scope is not None:
                assert rule.scope.value.endswith(":read"), rule
            if rule.method in ("PUT", "DELETE"):
                assert rule.scope is not None
                assert rule.scope.value.endswith((":write", ":erase")), rule

    def test_a_route_without_a_rule_or_with_two_is_refused(self) -> None:
        for dependencies in ([], [*needs(Scope.CONTENTS_READ), *needs(Scope.USERS_READ)]):
            router = APIRouter()
            router.add_api_route("/v1/new", lambda: None, dependencies=dependencies)
            with pytest.raises(ConfigurationError, match="/v1/new"):
                rules_of(router.routes)

    def test_openapi_holds_every_route(self, call: Client) -> None:
        paths = call("GET", "/v1/openapi.json", key=None).json()["paths"]
        found = {(method.upper(), path) for path, methods in paths.items() for method in methods}
        assert found == {(rule.method, rule.path) for rule in RULES}
        for methods in paths.values():
            for route in methods.values():
                assert list(route["responses"]["422"]["content"]) == ["application/problem+json"]

    def test_every_route_holds_to_its_rule(self, build: Callable[..., Client]) -> None:
        call = build(config=ServiceConfig(burst=10_000))
        keys = {scope: call.key_for(scope) for scope in Scope}
        lacking = {scope: call.key_for(*(other for other in Scope if other is not scope)) for scope in Scope}
        for rule in RULES:
            path = concrete(rule.path)
            if rule.scope is None:
                assert call(rule.method, path, key=None).status_code == 200
                continue
            assert call(rule.method, path, key=None).status_code == 401, rule
            refused = call(rule.method, path, key=lacking[rule.scope])
            assert (refused.status_code, rule.scope.value in refused.json()["detail"]) == (403, True), rule
            assert call(rule.method, path, key=keys[rule.scope]).status_code not in (401, 403, 405, 500), rule


class TestKeys:
    def test_neither_the_database_nor_the_log_holds_a_secret(self, call: Client) -> None:
        assert call("GET", "/v1/contents").status_code == 200
        secret = call.key.split("_", 2)[2]
        connection = sqlite3.connect(str(call.store.engine.url.database))
        dump = "\n".join(connection.iterdump())
        connection.close()
        assert "secret_sha256" in dump
        assert secret not in dump + call.log.getvalue()

    @pytest.mark.parametrize(
        "wrong", ["", "x", "pushgen_", "pushgen__", "pushgen_é_x", "{id}x", "{start}A", "pushgen_%_{secret}"]
    )
    def test_a_wrong_key(self, call: Client, wrong: str) -> None:
        _, key_id, secret = call.key.split("_", 2)
        key = wrong.format(id=f"pushgen_{key_id}_", start=call.key[:-1], secret=secret)
        if key == call.key:
            key += "B"
        refused = call("GET", "/v1/contents", key=None, headers={"Authorization": f"Bearer {key}".encode()})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"

    def test_revoked_at_once(self, call: Client) -> None:
        key = call.key_for(Scope.CONTENTS_READ)
        assert call("GET", "/v1/contents", key=key).status_code == 200
        revoke_key(call.store, call.clock, key.split("_")[1])
        assert call("GET", "/v1/contents", key=key).status_code == 401

    def test_rotated_with_a_grace(self, call: Client) -> None:
        old = call.key_for(Scope.CONTENTS_READ)
        new_key, new = add_key(call.store, call.clock, "new", [], replaces=old.split("_")[1], grace=timedelta(hours=1))
        assert list(new_key.scopes) == ["contents:read"]
        assert [call("GET", "/v1/contents", key=key).status_code for key in (old, new)] == [200, 200]
        call.clock.advance(hours=1)
        assert [call("GET", "/v1/contents", key=key).status_code for key in (old, new)] == [401, 200]

    def test_it_ends(self, call: Client) -> None:
        _, key = add_key(call.store, call.clock, "short", ["contents:read"], lasts=timedelta(days=1))
        assert call("GET", "/v1/contents", key=key).status_code == 200
        call.clock.advance(days=1)
        assert call("GET", "/v1/contents", key=key).status_code == 401

    @pytest.mark.parametrize("scopes", [[], ["contents:delete"]])
    def test_a_scope_that_does_not_exist(self, call: Client, scopes: list[str]) -> None:
        with pytest.raises(InputError, match="contents:write"):
            add_key(call.store, call.clock, "x", scopes)

    def test_a_key_that_does_not_exist(self, call: Client) -> None:
        with pytest.raises(InputError, match="pushgen key list"):
            revoke_key(call.store, call.clock, "nothing")


class TestRates:
    def test_a_bucket_per_key(self) -> None:
        now = 0.0
        rates = Rates(2.0, 3, now=lambda: now)
        assert [rates.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
        assert rates.take("b") == 0.0
        now = 0.5
        assert [rates.take("a") for _ in range(2)] == [0.0, 0.5]

    def test_the_caller_is_told_when_to_come_back(self, build: Callable[..., Client]) -> None:
        call = build(config=ServiceConfig(rate=0.1, burst=2))
        other = call.key_for(Scope.CONTENTS_READ)
        assert [call("GET", "/v1/contents").status_code for _ in range(3)] == [200, 200, 429]
        assert 1 <= int(call("GET", "/v1/contents").headers["retry-after"]) <= 10
        assert call("GET", "/v1/contents", key=other).status_code == 200
