"""Firebase Cloud Messaging, HTTP v1, over HTTP/2 with one connection for many requests.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages. FCM has no idempotency key; a repeat bears the
same tag and collapse key, so that the phone shows it in place of the first one.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pushgen.delivery.channels.http import ask, httpx, make_client
from pushgen.delivery.channels.tokens import read_key, signed
from pushgen.delivery.clock import SystemClock
from pushgen.delivery.render import fit
from pushgen.errors import ConfigurationError
from pushgen.protocols import Clock, Fate, Message, Outcome
from pushgen.records import Priority

if TYPE_CHECKING:
    import ssl

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
LIMIT = 4_096
"""Bytes of a message; FCM counts the payload without the token, here the whole counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FcmConfig:
    """Who sends."""

    service_account: str
    """File with the JSON of a service account."""
    url: str = "https://fcm.googleapis.com"
    timeout_seconds: float = 10.0


class Fcm:
    """Sends to registration tokens."""

    name = "fcm"
    needs_device = True

    def __init__(self, config: FcmConfig, clock: Clock | None = None, verify: "ssl.SSLContext | bool" = True) -> None:
        account = _account(Path(config.service_account))
        self._email, self._token_url = account["client_email"], account["token_uri"]
        self._key = read_key("fcm: private_key", account["private_key"])
        self._url = f"{config.url}/v1/projects/{account['project_id']}/messages:send"
        self._clock = clock or SystemClock()
        self._client = make_client(http2=True, timeout=config.timeout_seconds, connections=10, verify=verify)
        self._access: tuple[float, str] | None = None
        self._lock = asyncio.Lock()

    async def send(self, message: Message) -> Outcome:
        body = fit(message, lambda shorter: payload(shorter, self._clock.now()), LIMIT)
        if body is None:
            return Outcome(fate=Fate.DROP, code="too large")
        access = await self._access_token()
        if isinstance(access, Outcome):
            return access
        headers = {"authorization": f"Bearer {access}", "content-type": "application/json"}
        outcome = await ask(self._client, "fcm", self._url, body, headers, code_of=error_code, id_of=_name)
        if outcome.code in ("UNAUTHENTICATED", "HTTP 401"):
            self._access = None
        return outcome

    async def close(self) -> None:
        await self._client.aclose()

    async def _access_token(self) -> str | Outcome:
        """OAuth 2.0 for service accounts (RFC 7523); asked for once, not once per message."""
        async with self._lock:
            now = self._clock.now().timestamp()
            if self._access is not None and now < self._access[0]:
                return self._access[1]
            claims = {
                "iss": self._email,
                "scope": SCOPE,
                "aud": self._token_url,
                "iat": int(now),
                "exp": int(now) + 3600,
            }
            form = {
                "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
                "assertion": signed(claims, self._key, "RS256"),
            }
            try:
                answer = await self._client.post(self._token_url, data=form)
            except httpx.HTTPError as error:
                return Outcome(fate=Fate.RETRY, code=f"token: {type(error).__name__}")
            if answer.status_code >= 500 or answer.status_code == 429:
                return Outcome(fate=Fate.RETRY, code=f"token: HTTP {answer.status_code}")
            if not answer.is_success:
                return Outcome(fate=Fate.MISCONFIGURED, code=f"token: HTTP {answer.status_code}")
            granted = cast(dict[str, Any], answer.json())
            # A minute early, so that no request leaves with a token that ends on the way.
            self._access = now + float(granted.get("expires_in", 3600)) - 60.0, str(granted["access_token"])
            return self._access[1]


def payload(message: Message, now: datetime) -> dict[str, Any]:
    """The body of `messages:send`."""
    assert message.device is not None
    notification = {"title": message.title, "body": message.body, "image": message.media}
    android: dict[str, Any] = {
        "collapse_key": message.key,
        "priority": "HIGH" if message.priority is Priority.HIGH else "NORMAL",
        "notification": {"tag": message.key},
    }
    if message.expires_at is not None:
        android["ttl"] = f"{max(0, int((message.expires_at - now).total_seconds()))}s"
    data = {"key": message.key, "push_id": message.push_id, "campaign_id": message.campaign_id, "link": message.link}
    return {
        "message": {
            "token": message.device.address,
            "notification": {name: value for name, value in notification.items() if value is not None},
            "data": {name: value for name, value in data.items() if value is not None},
            "android": android,
        }
    }


def error_code(answer: httpx.Response) -> str | None:
    """FCM's own code where the answer has one, else the canonical one."""
    try:
        error = answer.json()["error"]
        for detail in error.get("details", []):
            if str(detail.get("@type", "")).endswith("google.firebase.fcm.v1.FcmError"):
                return str(detail["errorCode"])
        return str(error["status"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _name(answer: httpx.Response) -> str | None:
    try:
        return str(answer.json()["name"])
    except (ValueError, KeyError, TypeError):
        return None


def _account(path: Path) -> dict[str, str]:
    try:
        account = cast(dict[str, str], json.loads(path.read_text(encoding="utf-8")))
        missing = {"client_email", "private_key", "project_id", "token_uri"} - account.keys()
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigurationError(f"fcm: service_account: no readable JSON in {str(path)!r}") from error
    if missing:
        raise ConfigurationError(f"fcm: service_account: {str(path)!r} has no {sorted(missing)[0]!r}")
    return account
