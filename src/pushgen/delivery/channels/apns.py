"""Apple Push Notification service over HTTP/2 with token authentication.

https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns. `apns-id` is the key
as a UUID; `apns-collapse-id` makes a repeat take the place of the first one on the phone.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pushgen.delivery.channels.http import ask, httpx, make_client
from pushgen.delivery.channels.tokens import Kept, read_curve_key, signed
from pushgen.delivery.clock import SystemClock
from pushgen.delivery.render import fit
from pushgen.delivery.senders import uuid_of
from pushgen.protocols import Clock, Fate, Message, Outcome
from pushgen.records import Priority

if TYPE_CHECKING:
    import ssl

LIMIT = 4_096
RENEW_SECONDS = 40 * 60.0
"""Apple wants a new token at least every 60 minutes and at most every 20."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApnsConfig:
    """Who sends, for which app."""

    key: str
    """The .p8 file of a signing key, or its text."""
    key_id: str
    team_id: str
    topic: str
    """Bundle id of the app."""
    url: str = "https://api.push.apple.com"
    """`https://api.sandbox.push.apple.com` for development builds."""
    timeout_seconds: float = 10.0


class Apns:
    """Sends to device tokens of one app."""

    name = "apns"
    needs_device = True

    def __init__(self, config: ApnsConfig, clock: Clock | None = None, verify: "ssl.SSLContext | bool" = True) -> None:
        key = read_curve_key("apns: key", config.key)
        head = {"kid": config.key_id}
        self._config = config
        self._token = Kept(
            lambda now: signed({"iss": config.team_id, "iat": int(now.timestamp())}, key, "ES256", head),
            clock or SystemClock(),
            RENEW_SECONDS,
        )
        self._client = make_client(http2=True, timeout=config.timeout_seconds, connections=10, verify=verify)

    async def send(self, message: Message) -> Outcome:
        assert message.device is not None
        body = fit(message, payload, LIMIT)
        if body is None:
            return Outcome(fate=Fate.DROP, code="too large")
        headers = {
            "authorization": f"bearer {self._token.get()}",
            "apns-topic": self._config.topic,
            "apns-push-type": "alert",
            "apns-priority": "10" if message.priority is Priority.HIGH else "5",
            "apns-id": uuid_of(message.key),
            "apns-collapse-id": message.key,
            "apns-expiration": str(int(message.expires_at.timestamp())) if message.expires_at else "0",
        }
        url = f"{self._config.url}/3/device/{message.device.address}"
        outcome = await ask(
            self._client,
            "apns",
            url,
            body,
            headers,
            code_of=_reason,
            id_of=lambda answer: answer.headers.get("apns-id"),
        )
        if outcome.code == "ExpiredProviderToken":
            self._token.forget()
        return outcome

    async def close(self) -> None:
        await self._client.aclose()


def payload(message: Message) -> dict[str, Any]:
    """The notification: `aps` as Apple reads it, the rest for the app."""
    alert = {"title": message.title, "body": message.body}
    data = {"key": message.key, "push_id": message.push_id, "campaign_id": message.campaign_id, "link": message.link}
    return {
        "aps": {"alert": {name: value for name, value in alert.items() if value is not None}, "sound": "default"},
        **{name: value for name, value in data.items() if value is not None},
    }


def _reason(answer: httpx.Response) -> str | None:
    try:
        return str(answer.json()["reason"])
    except (ValueError, KeyError, TypeError):
        return None
