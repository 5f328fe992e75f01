"""Requests to URLs that others chose: never to an address inside our own network (server-side request forgery).

A name is resolved once, every address it has is checked, and the connection goes to the address that was checked:
a name that answers differently the second time (DNS rebinding) gains nothing.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Collection

from pushgen.delivery.channels.http import httpx

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_REMEMBER_SECONDS = 30.0


class RefusedAddressError(httpx.UnsupportedProtocol):
    """The URL leads to an address that is not public."""


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet, also where it wraps an IPv4 address."""
    address: Address = ipaddress.ip_address(text.split("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends only to public addresses, and to the hosts that are named as allowed."""

    def __init__(self, inner: httpx.AsyncBaseTransport, *, allowed: Collection[str] = ()) -> None:
        self._inner, self._allowed = inner, frozenset(allowed)
        self._known: dict[tuple[str, int], tuple[float, str]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises `RefusedAddressError`, before anything is sent."""
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        address = await self._resolve(host, port)
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _resolve(self, host: str, port: int) -> str:
        known = self._known.get((host, port))
        if known and time.monotonic() - known[0] < _REMEMBER_SECONDS:
            return known[1]
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpx.ConnectError(f"{host} cannot be resolved") from error
        addresses = [str(entry[4][0]) for entry in found]
        if host not in self._allowed and not all(map(is_public, addresses)):
            raise RefusedAddressError(f"{host} is not a public address")
        self._known[host, port] = time.monotonic(), addresses[0]
        return addresses[0]
