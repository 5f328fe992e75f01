"""The signed webhook against a server on this machine, and what it refuses to talk to."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from tests.delivery.provider import Answer, Provider

from pushgen.delivery.channels.addresses import GuardedTransport, RefusedAddressError, is_public
from pushgen.delivery.channels.http import httpx, make_client, retry_after
from pushgen.delivery.channels.webhook import Webhook, WebhookConfig
from pushgen.errors import ConfigurationError
from pushgen.fakes import FakeClock
from pushgen.protocols import Fate, Message, Outcome

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
MESSAGE = Message(key="k" * 32, user_id="u1", device=None, title="Hé", body="Body 🦄", campaign_id="news", push_id="p1")


def send(
    url: str, *messages: Message, allowed: tuple[str, ...] = ("127.0.0.1",), timeout: float = 10.0
) -> list[Outcome]:
    async def all_of_them() -> list[Outcome]:
        config = WebhookConfig(url=url, secret=SECRET, allowed_hosts=allowed, timeout_seconds=timeout)
        channel = Webhook(config, FakeClock(datetime(2026, 1, 1, tzinfo=UTC)))
        found = [await channel.send(message) for message in messages or (MESSAGE,)]
        await channel.close()
        return found

    return asyncio.run(all_of_them())


def test_a_message_arrives_signed_under_its_key() -> None:
    with Provider() as provider:
        assert send(provider.url + "/in") == [Outcome(fate=Fate.ACCEPTED)]
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/in")
    assert json.loads(request.body) == {
        "key": MESSAGE.key, "user_id": "u1", "campaign_id": "news", "push_id": "p1", "title": "Hé", "body": "Body 🦄",
        "link": None, "media": None, "priority": "normal", "expires_at": None,
    }  # fmt: skip
    assert request.headers["webhook-id"] == request.headers["idempotency-key"] == MESSAGE.key
    assert request.headers["webhook-timestamp"] == "1767225600"
    signed = f"{MESSAGE.key}.1767225600.".encode() + request.body
    digest = base64.b64encode(hmac.digest(bytes(range(32)), signed, hashlib.sha256)).decode()
    assert request.headers["webhook-signature"] == f"v1,{digest}"


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (200, Fate.ACCEPTED), (202, Fate.ACCEPTED), (409, Fate.ACCEPTED), (410, Fate.DEAD_TOKEN), (422, Fate.DROP),
        (418, Fate.DROP), (401, Fate.MISCONFIGURED), (404, Fate.MISCONFIGURED), (429, Fate.RETRY), (500, Fate.RETRY),
        (599, Fate.RETRY),
    ],
)  # fmt: skip
def test_what_an_answer_means(status: int, fate: Fate) -> None:
    with Provider(lambda _: Answer(status, {"retry-after": "7"})) as provider:
        (outcome,) = send(provider.url)
    assert outcome.fate is fate
    assert outcome.retry_after == (None if status < 400 else 7.0)
    assert not outcome.uncertain


def test_no_answer_is_uncertain_and_no_connection_is_not() -> None:
    with Provider(lambda _: Answer(delay=2.0)) as provider:
        (late,) = send(provider.url, timeout=0.2)
    assert (late.fate, late.uncertain, late.code) == (Fate.RETRY, True, "ReadTimeout")
    (gone,) = send(provider.url)
    assert (gone.fate, gone.uncertain, gone.code) == (Fate.RETRY, False, "ConnectError")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.9.9", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
     "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
     "2002:7f00:1::", "ff02::1"],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"])
def test_a_private_address_is_refused_before_anything_is_sent(host: str) -> None:
    with Provider() as provider:
        port = provider.url.rsplit(":", 1)[1]
        (outcome,) = send(f"https://{host}:{port}/", allowed=())
    assert provider.requests == []
    assert outcome.fate is Fate.MISCONFIGURED
    assert outcome.code == "url leads to an address that is not public"


def test_a_redirect_is_not_followed() -> None:
    with Provider() as inside, Provider(lambda _: Answer(307, {"location": inside.url})) as outside:
        (outcome,) = send(outside.url)
    assert inside.requests == []
    assert (outcome.fate, outcome.code) == (Fate.MISCONFIGURED, "HTTP 307")


def test_a_client_that_follows_redirects_is_stopped_at_the_private_one() -> None:
    async def go() -> None:
        transport = GuardedTransport(httpx.AsyncHTTPTransport(), allowed=["127.0.0.1"])
        async with make_client(http2=False, timeout=5.0, transport=transport) as client:
            with pytest.raises(RefusedAddressError):
                await client.post(outside.url, follow_redirects=True)

    with Provider() as inside:
        hidden = inside.url.replace("127.0.0.1", "localhost")
        with Provider(lambda _: Answer(307, {"location": hidden})) as outside:
            asyncio.run(go())
    assert inside.requests == []


@pytest.mark.parametrize(
    ("url", "secret", "says"),
    [
        ("http://example.com/", SECRET, "https"),
        ("ftp://example.com/", SECRET, "https"),
        ("https://user:pass@example.com/", SECRET, "without a user"),
        ("https://example.com/", "whsec_x", "base64"),
        ("https://example.com/", "whsec_" + base64.b64encode(b"short").decode(), "24 bytes"),
    ],
)
def test_settings_that_cannot_be(url: str, secret: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        Webhook(WebhookConfig(url=url, secret=secret))
    assert secret not in str(caught.value)


def test_waits_in_seconds_and_as_a_date() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    found = [retry_after(value, now) for value in ("30", "Thu, 01 Jan 2026 00:01:00 GMT", "soon", None)]
    assert found == [30.0, 60.0, None, None]
