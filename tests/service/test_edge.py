"""Limits, request ids, logs, metrics, and errors that nobody foresaw."""

import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence

import anyio
import httpx
import pytest
from sqlalchemy import text
from tests.service.conftest import Client

from pushgen.errors import ConfigurationError
from pushgen.fakes import FakeRewardModel
from pushgen.protocols import Comparison
from pushgen.service.settings import ServiceConfig


def test_a_request_that_is_too_large_is_refused_before_it_is_read(build: Callable[..., Client]) -> None:
    call = build(config=ServiceConfig(body_limit=1_000))
    refused = call("PUT", "/v1/contents/c", json={"title": "x" * 2_000})
    assert (refused.status_code, refused.headers["content-type"]) == (413, "application/problem+json")

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100

    streamed = call("PUT", "/v1/contents/c", content=parts(), headers={"Content-Type": "application/json"})
    assert streamed.status_code == 413
    assert call("GET", "/v1/contents").json()["items"] == []


def test_a_request_keeps_an_id_that_can_be_written_down(call: Client) -> None:
    kept = call("GET", "/v1/nothing", headers={"X-Request-ID": "abc-1"})
    assert kept.headers["x-request-id"] == kept.json()["request_id"] == "abc-1"
    forged = call("GET", "/v1/health", headers={"X-Request-ID": 'a"b c'})
    assert forged.headers["x-request-id"] not in ("", 'a"b c')
    assert [json.loads(line)["request_id"] for line in call.log.getvalue().splitlines()] == [
        "abc-1",
        forged.headers["x-request-id"],
    ]


def test_neither_log_nor_metrics_name_users(call: Client) -> None:
    call("PUT", "/v1/users/user-4711", json={"zone": "Mars/Olympus", "fields": {"first_name": "Quirin"}})
    call("PUT", "/v1/users/user-4711", json={"fields": {"first_name": "Quirin"}})
    device = {"user_id": "user-4711", "channel": "fcm", "address": "token-0815"}
    call("PUT", "/v1/devices/device-99", json=device)
    call("PUT", "/v1/devices/device-99", json={**device, "channel": "token-0815"})
    call("GET", "/v1/users/user-4711?x=user-4711")
    call("GET", "/v1/nothing/user-4711")
    written = call.log.getvalue() + call("GET", "/v1/metrics").text
    assert written.count('"event": "request"') == 6
    for word in ("user-4711", "Quirin", "Mars", "token-0815", "device-99"):
        assert word not in written


def test_the_address_of_a_device_never_comes_out(call: Client) -> None:
    kept = call("PUT", "/v1/devices/d", json={"user_id": "u", "channel": "fcm", "address": "token-0815"})
    assert kept.status_code == 201
    assert "0815" not in kept.text + call("GET", "/v1/users/u/devices").text


def test_an_error_that_nobody_foresaw_says_nothing_of_what_was_sent(build: Callable[..., Client]) -> None:
    class Broken(FakeRewardModel):
        def compare(
            self, texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None = None
        ) -> Comparison:
            del texts_b, captions
            raise RuntimeError(f"cannot read {texts_a[0]}")

    call = build(reward=Broken())
    failed = call("POST", "/v1/scores", json={"texts": [{"body": "secret words"}, {"body": "b"}]})
    assert (failed.status_code, failed.headers["content-type"]) == (500, "application/problem+json")
    lines = [json.loads(line) for line in call.log.getvalue().splitlines()]
    assert lines[0]["error"] == "RuntimeError"
    assert lines[0]["request_id"] == failed.json()["request_id"] == lines[1]["request_id"]
    assert any("compare" in place for place in lines[0]["places"])
    assert "secret words" not in failed.text + call.log.getvalue()


def test_a_database_that_is_gone_is_a_matter_of_time(call: Client) -> None:
    with call.store.begin() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert call("GET", "/v1/health", key=None).status_code == 200
    ready = call("GET", "/v1/ready", key=None)
    assert (ready.status_code, ready.headers["retry-after"]) == (503, "1")
    with call.store.begin() as tx:
        tx.connection.execute(text("ALTER TABLE contents RENAME TO elsewhere"))
    failed = call("GET", "/v1/contents")
    assert (failed.status_code, "elsewhere" in failed.text) == (503, False)


class Slow(FakeRewardModel):
    """Waits until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def compare(
        self, texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None = None
    ) -> Comparison:
        assert self.go.wait(20)
        return super().compare(texts_a, texts_b, captions)


def test_overload_is_shed_and_what_was_let_in_is_answered(build: Callable[..., Client]) -> None:
    slow = Slow()
    call = build(reward=slow, config=ServiceConfig(models_at_once=1, models_waiting=2))
    answers: list[httpx.Response] = []

    async def ask(client: httpx.AsyncClient) -> None:
        body = {"texts": [{"body": "a"}, {"body": "b"}]}
        answers.append(await client.post("/v1/scores", json=body, headers={"Authorization": f"Bearer {call.key}"}))
        if len(answers) == 5:
            # All that can be refused were; meanwhile what needs no model is answered.
            assert (await client.get("/v1/health")).status_code == 200
            slow.go.set()

    async def crowd() -> None:
        transport = httpx.ASGITransport(call.app)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
            anyio.create_task_group() as group,
        ):
            for _ in range(8):
                group.start_soon(ask, client)

    anyio.run(crowd)
    assert [answer.status_code for answer in answers] == [503] * 5 + [200] * 3
    assert {answer.headers["retry-after"] for answer in answers[:5]} == {"1"}
    assert 'pushgen_requests_shed_total{where="models"} 5.0' in call("GET", "/v1/metrics").text


def test_too_many_requests_at_once_are_shed_before_anything_else(build: Callable[..., Client]) -> None:
    slow = Slow()
    call = build(reward=slow, config=ServiceConfig(in_flight=2))
    statuses: list[int] = []

    async def ask(client: httpx.AsyncClient) -> None:
        body = {"texts": [{"body": "a"}, {"body": "b"}]}
        answer = await client.post("/v1/scores", json=body, headers={"Authorization": f"Bearer {call.key}"})
        statuses.append(answer.status_code)
        if len(statuses) == 3:
            slow.go.set()

    async def crowd() -> None:
        transport = httpx.ASGITransport(call.app)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
            anyio.create_task_group() as group,
        ):
            for _ in range(5):
                group.start_soon(ask, client)

    anyio.run(crowd)
    assert statuses == [503, 503, 503, 200, 200]


def test_limits_below_one() -> None:
    with pytest.raises(ConfigurationError, match="at least 1"):
        ServiceConfig(threads=0)
