"""Webhooks in: the address is looked at when it is given, and again whenever something is sent."""

import asyncio
import base64
import secrets
import socket
from urllib.parse import urlsplit

from pushgen.delivery.channels.addresses import is_public
from pushgen.delivery.channels.webhook import PREFIX, check_url
from pushgen.errors import ConfigurationError
from pushgen.records import Webhook
from pushgen.service.problems import FieldError, Problem
from pushgen.service.state import Service
from pushgen.service.webhooks.schemas import WebhookIn, WebhookMade, shown


async def make(service: Service, body: WebhookIn) -> tuple[Webhook, WebhookMade]:
    """A webhook with a secret of its own. Raises a `Problem` for a URL that leads to no public address."""
    await _require_public(body.url, service.config.webhook_hosts)
    webhook = Webhook(
        webhook_id=secrets.token_hex(8),
        url=body.url,
        secret=PREFIX + base64.b64encode(secrets.token_bytes(32)).decode(),
        kinds=sorted({kind.value for kind in body.kinds}),
        created_at=service.clock.now(),
    )
    return webhook, WebhookMade(**shown(webhook).model_dump(), secret=webhook.secret)


async def _require_public(url: str, allowed: tuple[str, ...]) -> None:
    try:
        check_url(url, allowed)
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except (ConfigurationError, ValueError):
        raise _refused("must be https://HOST/PATH without a user or password in it") from None
    if host in allowed:
        return
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _refused("its host cannot be resolved") from None
    if not all(is_public(str(entry[4][0])) for entry in found):
        raise _refused("leads to an address that is not public")


def _refused(detail: str) -> Problem:
    return Problem(422, "the webhook cannot be used", errors=[FieldError(pointer="/url", detail=detail)])
