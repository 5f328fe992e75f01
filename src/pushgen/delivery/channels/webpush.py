"""Web Push (RFC 8030) with encrypted payloads (RFC 8291, aes128gcm of RFC 8188) and VAPID (RFC 8292).

The address of a device is the URL of its subscription, which users choose: private addresses are refused. A repeat
has the same `Topic`, so that a push service replaces the first one if it still waits, and the same tag for the page.
"""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pushgen.delivery.channels.addresses import GuardedTransport, RefusedAddressError
from pushgen.delivery.channels.http import ask, httpx, make_client
from pushgen.delivery.channels.tokens import Kept, ec, read_curve_key, signed
from pushgen.delivery.clock import SystemClock
from pushgen.delivery.render import fit
from pushgen.errors import ConfigurationError
from pushgen.protocols import Clock, Fate, Message, Outcome
from pushgen.records import Priority

LIMIT = 3_993
"""Bytes of plain text that fit into the 4,096 that every push service takes (RFC 8291, section 4)."""
RECORD = 4_096
WEEK = 7 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPushConfig:
    """Who sends."""

    key: str
    """VAPID private key: a PEM file or its text."""
    contact: str
    """`mailto:` or https URL under which push services reach the sender."""
    allowed_hosts: tuple[str, ...] = ()
    """Hosts of push services inside our own network."""
    timeout_seconds: float = 10.0


class WebPush:
    """Sends to subscriptions of browsers."""

    name = "webpush"
    needs_device = True

    def __init__(self, config: WebPushConfig, clock: Clock | None = None) -> None:
        if not config.contact.startswith(("mailto:", "https://")):
            raise ConfigurationError(f"webpush: contact must start with mailto: or https://, found {config.contact!r}")
        self._config, self._clock = config, clock or SystemClock()
        self._key = read_curve_key("webpush: key", config.key)
        self._public = encode64(point(self._key.public_key()))
        self._tokens: dict[str, Kept] = {}
        transport = GuardedTransport(httpx.AsyncHTTPTransport(http2=True), allowed=config.allowed_hosts)
        self._client = make_client(http2=True, timeout=config.timeout_seconds, transport=transport)

    async def send(self, message: Message) -> Outcome:
        assert message.device is not None
        text = fit(message, payload, LIMIT)
        if text is None:
            return Outcome(fate=Fate.DROP, code="too large")
        parts = urlsplit(message.device.address)
        if parts.scheme != "https" and parts.hostname not in self._config.allowed_hosts:
            return Outcome(fate=Fate.DEAD_TOKEN, code="subscription is not https")
        try:
            body = encrypt(text, message.device.keys)
        except (KeyError, ValueError):
            return Outcome(fate=Fate.DEAD_TOKEN, code="subscription without usable keys")
        origin = f"{parts.scheme}://{parts.netloc}"
        headers = {
            "authorization": f"vapid t={self._vapid(origin)}, k={self._public}",
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(seconds_left(message, self._clock.now())),
            "urgency": {Priority.LOW: "low", Priority.NORMAL: "normal", Priority.HIGH: "high"}[message.priority],
            "topic": message.key[:32],
        }
        outcome = await ask(
            self._client, "webpush", message.device.address, body, headers,
            id_of=lambda answer: answer.headers.get("location"),
        )  # fmt: skip
        if outcome.code == RefusedAddressError.__name__:
            return Outcome(fate=Fate.DEAD_TOKEN, code="subscription leads to an address that is not public")
        return outcome

    async def close(self) -> None:
        await self._client.aclose()

    def _vapid(self, origin: str) -> str:
        """One token per push service, good for twelve hours."""

        def make(now: datetime) -> str:
            claims = {"aud": origin, "exp": int(now.timestamp()) + 12 * 3600, "sub": self._config.contact}
            return signed(claims, self._key, "ES256")

        if origin not in self._tokens:
            self._tokens[origin] = Kept(make, self._clock, 11 * 3600.0)
        return self._tokens[origin].get()


def payload(message: Message) -> dict[str, Any]:
    """What the page's service worker gets."""
    data = {
        "title": message.title, "body": message.body, "link": message.link, "image": message.media,
        "tag": message.key, "push_id": message.push_id, "campaign_id": message.campaign_id,
    }  # fmt: skip
    return {name: value for name, value in data.items() if value is not None}


def seconds_left(message: Message, now: datetime) -> int:
    """How long a push service may keep the message."""
    return WEEK if message.expires_at is None else max(0, min(WEEK, int((message.expires_at - now).total_seconds())))


def encrypt(
    text: bytes,
    keys: Mapping[str, str],
    *,
    salt: bytes | None = None,
    sender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body of a push message (RFC 8291, section 3.4): one record, encrypted for one subscription.

    Raises `KeyError` or `ValueError` for keys that are none. `salt` and `sender` are drawn at random but in tests.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    receiver = decode64(keys["p256dh"])
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), receiver)
    salt, sender = salt or os.urandom(16), sender or ec.generate_private_key(ec.SECP256R1())
    own = point(sender.public_key())
    shared = sender.exchange(ec.ECDH(), public)
    secret = derive(shared, decode64(keys["auth"]), b"WebPush: info\x00" + receiver + own, 32)
    key = derive(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = derive(secret, salt, b"Content-Encoding: nonce\x00", 12)
    # The byte 2 ends the last record.
    sealed = AESGCM(key).encrypt(nonce, text + b"\x02", None)
    return salt + RECORD.to_bytes(4, "big") + bytes([len(own)]) + own + sealed


def derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """HKDF with SHA-256 (RFC 5869)."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length, salt, info).derive(secret)


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """The uncompressed point, 65 bytes."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encode64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def decode64(value: str) -> bytes:
    """Raises `ValueError`."""
    return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
