"""What channels over HTTP share: one client, the errors of a network, the wait that a provider asks for."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pushgen.delivery.channels.answers import fate_of
from pushgen.errors import MissingExtraError
from pushgen.protocols import Fate, Outcome

try:
    import httpx
except ModuleNotFoundError as missing:
    raise MissingExtraError("httpx", "deliver", "Sending over HTTP") from missing

if TYPE_CHECKING:
    import ssl

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""Errors after which it is certain that the provider has nothing."""


def make_client(
    *,
    http2: bool,
    timeout: float,
    connections: int = 100,
    verify: "ssl.SSLContext | bool" = True,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """A client that follows no redirect and takes no proxy or credential from the environment."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.AsyncClient(
        http2=http2, timeout=timeout, limits=limits, verify=verify, transport=transport, trust_env=False
    )


async def ask(
    client: httpx.AsyncClient,
    provider: str,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    code_of: Callable[[httpx.Response], str | None] = lambda _: None,
    id_of: Callable[[httpx.Response], str | None] = lambda _: None,
) -> Outcome:
    """One POST and what its answer means."""
    try:
        answer = await client.post(url, content=content, headers=headers)
    except NOT_SENT as error:
        return Outcome(fate=Fate.RETRY, code=type(error).__name__)
    except httpx.HTTPError as error:
        return Outcome(fate=Fate.RETRY, code=type(error).__name__, uncertain=True)
    if answer.is_success:
        return Outcome(fate=Fate.ACCEPTED, provider_id=id_of(answer))
    code = code_of(answer)
    return Outcome(
        fate=fate_of(provider, answer.status_code, code),
        code=code or f"HTTP {answer.status_code}",
        retry_after=retry_after(answer.headers.get("retry-after")),
    )


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds of a Retry-After header, which holds seconds or a date; None where it says nothing usable."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, ((until.replace(tzinfo=until.tzinfo or UTC)) - (now or datetime.now(UTC))).total_seconds())
