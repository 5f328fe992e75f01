"""Webhooks: told once or again under the same id, signed, and never an address inside our own network."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from tests.delivery.provider import Answer, Provider
from tests.service.conftest import Client, make

from pushgen.service.settings import ServiceConfig
from pushgen.service.webhooks.notifier import Notifier
from pushgen.store import Store

LOCAL = ServiceConfig(webhook_hosts=("127.0.0.1",))


def approve(call: Client) -> str:
    """The id of the review."""
    call("PUT", "/v1/contents/c1", json={"title": "A cat", "caption": "A cat sat on the mat in Berlin."})
    items = [{"content_id": "c1", "candidate_id": "k1", "body": "A cat in Berlin"}]
    call("POST", "/v1/candidates/bulk", json={"items": items})
    done = call("POST", "/v1/candidates/k1/reviews", json={"reviewer": "ann", "decision": "approve"})
    return done.json()["review"]["review_id"]


def tell(call: Client) -> int:
    return anyio.run(Notifier(call.service).step)


def notices(call: Client, webhook_id: str) -> list[dict[str, Any]]:
    return call("GET", f"/v1/webhooks/{webhook_id}/notices").json()["items"]


def test_news_arrive_signed_by_the_secret_that_was_shown_once(store: Store) -> None:
    call = make(store, config=LOCAL)
    with Provider() as receiver:
        body = {"url": f"{receiver.url}/in", "kinds": ["push.approved", "push.withdrawn"]}
        hook = call("POST", "/v1/webhooks", json=body).json()
        call("POST", "/v1/webhooks", json={**body, "kinds": ["job.done"]})
        review_id = approve(call)
        call("DELETE", f"/v1/reviews/{review_id}")
        assert (tell(call), tell(call)) == (2, 0)
    assert {json.loads(one.body)["type"] for one in receiver.requests} == {"push.approved", "push.withdrawn"}
    listed = call("GET", "/v1/webhooks")
    assert (len(listed.json()["items"]), hook["secret"] in listed.text) == (2, False)
    told = {one["notice_id"]: one for one in notices(call, hook["webhook_id"])}
    for request in receiver.requests:
        name, stamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        secret = base64.b64decode(hook["secret"].removeprefix("whsec_"))
        digest = hmac.digest(secret, f"{name}.{stamp}.".encode() + request.body, hashlib.sha256)
        assert request.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
        assert (told[name]["outcome"], told[name]["attempts"]) == ("accepted", 1)
        assert json.loads(request.body)["data"] == told[name]["data"]
        assert told[name]["data"]["content_id"] == "c1"


def test_a_receiver_that_fails_is_told_again_under_the_same_id_and_given_up_after_a_day(store: Store) -> None:
    call = make(store, config=LOCAL)
    with Provider() as receiver:
        receiver.answer = lambda _: Answer(503)
        hook = call("POST", "/v1/webhooks", json={"url": receiver.url, "kinds": ["push.approved"]}).json()
        approve(call)
        waits: list[float] = []
        while (found := notices(call, hook["webhook_id"])[0])["settled_at"] is None:
            due = _moment(found["due_at"])
            waits.append((due - call.clock.now()).total_seconds())
            call.clock.move_to(due)
            assert tell(call) == 1
    assert waits[:4] == [0, 10, 20, 40]
    assert max(waits) == 3 * 3600
    assert 12 < len(receiver.requests) < 25
    assert len({one.headers["webhook-id"] for one in receiver.requests}) == 1
    assert found["outcome"] == "given up: HTTP 503"


def test_a_notifier_that_died_leaves_its_notice_to_others(store: Store) -> None:
    call = make(store, config=LOCAL)
    with Provider() as receiver:
        call("POST", "/v1/webhooks", json={"url": receiver.url, "kinds": ["push.approved"]})
        approve(call)
        # Claimed, and then nothing: as where the process is killed.
        Notifier(call.service)._claim()  # pyright: ignore[reportPrivateUsage]
        assert tell(call) == 0
        call.clock.advance(seconds=61)
        assert tell(call) == 1
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/in",
        "https://127.0.0.1/in",
        "https://localhost/in",
        "https://[::1]/in",
        "https://[::ffff:10.0.0.1]/in",
        "https://169.254.169.254/latest/meta-data",
        "https://user:word@example.com/in",
        "ftp://example.com",
        "https://",
        "https://[",
        "https://0x7f000001/",
        "https://" + "a" * 300 + ".example/",
        "https://exa mple.com:99999/",
    ],
)
def test_a_url_that_leads_to_no_public_address_is_refused(call: Client, url: str) -> None:
    refused = call("POST", "/v1/webhooks", json={"url": url, "kinds": ["job.done"]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/url")
    assert call("GET", "/v1/webhooks").json()["items"] == []


def test_an_address_that_was_allowed_once_is_looked_at_again_whenever_something_is_sent(store: Store) -> None:
    with Provider() as receiver:
        first = make(store, config=LOCAL)
        hook = first("POST", "/v1/webhooks", json={"url": receiver.url, "kinds": ["push.approved"]}).json()
        approve(first)
        second = make(store)
        assert tell(second) == 1
        (found,) = notices(second, hook["webhook_id"])
    assert (receiver.requests, found["settled_at"], found["attempts"]) == ([], None, 1)


def test_a_redirect_is_not_followed(store: Store) -> None:
    call = make(store, config=LOCAL)
    with Provider() as inner, Provider() as receiver:
        receiver.answer = lambda _: Answer(307, headers={"location": inner.url})
        call("POST", "/v1/webhooks", json={"url": receiver.url, "kinds": ["push.approved"]})
        approve(call)
        assert tell(call) == 1
    assert (len(receiver.requests), inner.requests) == (1, [])


def test_who_was_removed_is_told_nothing(build: Callable[..., Client]) -> None:
    call = build(config=LOCAL)
    with Provider() as receiver:
        hook = call("POST", "/v1/webhooks", json={"url": receiver.url, "kinds": ["push.approved"]}).json()
        approve(call)
        assert call("DELETE", f"/v1/webhooks/{hook['webhook_id']}").status_code == 204
        assert call("DELETE", f"/v1/webhooks/{hook['webhook_id']}").status_code == 404
        assert call("GET", f"/v1/webhooks/{hook['webhook_id']}/notices").status_code == 404
        assert (tell(call), tell(call)) == (1, 0)
    assert receiver.requests == []


def _moment(text: str) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(text)
