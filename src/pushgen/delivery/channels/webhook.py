"""A signed webhook: each message as one POST to a sender that is already there.

Signed as Standard Webhooks 1.0 has it: `webhook-id` is the key of the delivery, `webhook-signature` is `v1,` and the
base64 of HMAC-SHA256 over `ID.TIMESTAMP.BODY`. The receiver should take each `webhook-id` once and answer 409, or
again 2xx, to one that it has: then a push is sent exactly once even when a worker died in between.
"""

import base64
import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pushgen.delivery.channels.addresses import GuardedTransport, RefusedAddressError
from pushgen.delivery.channels.http import ask, httpx, make_client
from pushgen.delivery.clock import SystemClock
from pushgen.delivery.render import encode
from pushgen.errors import ConfigurationError
from pushgen.protocols import Clock, Fate, Message, Outcome

PREFIX = "whsec_"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """Where messages go."""

    url: str
    """https; http only for an allowed host."""
    secret: str
    """Shared with the receiver: `whsec_` and the base64 of at least 24 bytes."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts that may lie inside our own network. Every other private, local or reserved address is refused."""
    timeout_seconds: float = 10.0
    connections: int = 100


class Webhook:
    """Sends messages of users as they are; the receiver knows where the user can be reached."""

    name = "webhook"
    needs_device = False

    def __init__(self, config: WebhookConfig, clock: Clock | None = None) -> None:
        check_url(config.url, config.allowed_hosts)
        self._config, self._secret, self._clock = config, read_secret(config.secret), clock or SystemClock()
        self._client = guarded_client(
            config.allowed_hosts, timeout=config.timeout_seconds, connections=config.connections
        )

    async def send(self, message: Message) -> Outcome:
        body = encode(payload(message))
        return await post_signed(self._client, self._config.url, self._secret, message.key, body, self._clock.now())

    async def close(self) -> None:
        await self._client.aclose()


def check_url(url: str, allowed_hosts: Collection[str]) -> None:
    """Raises `ConfigurationError` for anything but https, or http to an allowed host, without credentials in it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise ConfigurationError("webhook: url cannot be read") from None
    if parts.scheme not in ("https", "http") or not host or parts.username or parts.password:
        raise ConfigurationError("webhook: url must be https://HOST/PATH without a user or password in it")
    if parts.scheme == "http" and host not in allowed_hosts:
        raise ConfigurationError(f"webhook: url must be https, or its host {host!r} one of allowed_hosts")


def guarded_client(allowed_hosts: Collection[str], *, timeout: float, connections: int) -> httpx.AsyncClient:
    """A client that reaches public addresses and the allowed hosts, and follows no redirect."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    transport = GuardedTransport(httpx.AsyncHTTPTransport(limits=limits), allowed=allowed_hosts)
    return make_client(http2=False, timeout=timeout, transport=transport)


async def post_signed(
    client: httpx.AsyncClient, url: str, secret: bytes, key: str, body: bytes, now: datetime
) -> Outcome:
    """One signed POST of JSON. `key` is the same for every attempt, so that the receiver can take each once."""
    stamp = str(int(now.timestamp()))
    headers = {
        "content-type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": stamp,
        "webhook-signature": sign(secret, key, stamp, body),
        "idempotency-key": key,
    }
    outcome = await ask(client, "webhook", url, body, headers)
    if outcome.code == RefusedAddressError.__name__:
        return Outcome(fate=Fate.MISCONFIGURED, code="url leads to an address that is not public")
    return outcome


def payload(message: Message) -> dict[str, Any]:
    """The body of the request."""
    return {
        "key": message.key,
        "user_id": message.user_id,
        "campaign_id": message.campaign_id,
        "push_id": message.push_id,
        "title": message.title,
        "body": message.body,
        "link": message.link,
        "media": message.media,
        "priority": message.priority.name.lower(),
        "expires_at": message.expires_at.isoformat() if message.expires_at else None,
    }


def sign(secret: bytes, key: str, stamp: str, body: bytes) -> str:
    """The value of `webhook-signature`."""
    digest = hmac.new(secret, f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def read_secret(secret: str) -> bytes:
    """Raises `ConfigurationError` for a secret that is none, without repeating it."""
    try:
        found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError as error:
        raise ConfigurationError("webhook: secret must be whsec_ and base64") from error
    if len(found) < 24:
        raise ConfigurationError(f"webhook: secret must be base64 of at least 24 bytes, found {len(found)}")
    return found
