"""What every channel promises. A new one adds a line to `CHANNELS`."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.delivery.provider import Answer, Provider
from tests.delivery.test_push_providers import TestWebPush as Push

from pushgen.delivery.channels.sink import Sink
from pushgen.delivery.channels.webhook import Webhook, WebhookConfig
from pushgen.fakes import FakeChannel
from pushgen.protocols import Channel, Fate, Message

SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()


def _webhook(provider: Provider, _: Path) -> Channel:
    return Webhook(WebhookConfig(url=provider.url, secret=SECRET, allowed_hosts=("127.0.0.1",)))


CHANNELS: dict[str, Callable[[Provider, Path], Channel]] = {
    "sink": lambda _, __: Sink(),
    "fake": lambda _, __: FakeChannel(),
    "webhook": _webhook,
    "webpush": lambda _, __: Push().make("127.0.0.1")(),
}
"""FCM and APNs speak HTTP/2 only; their tests make the same promises hold against a server that does."""
OVER_HTTP = ("webhook", "webpush")


def run(name: str, provider: Provider, folder: Path, count: int) -> list[Fate]:
    async def go() -> list[Fate]:
        channel = CHANNELS[name](provider, folder)
        assert isinstance(channel, Channel)
        one = Push().subscription(f"{provider.url}/sub")
        messages: list[Message] = [replace(one, key=f"{number:032x}") for number in range(count)]
        before = [repr(entry) for entry in messages]
        found = await asyncio.gather(*map(channel.send, messages))
        assert [repr(entry) for entry in messages] == before, "a channel changed a message"
        await channel.close()
        return [outcome.fate for outcome in found]

    return asyncio.run(go())


@pytest.mark.parametrize("name", CHANNELS)
class TestChannel:
    def test_many_at_once_are_all_answered(self, name: str, tmp_path: Path) -> None:
        with Provider(lambda _: Answer(201)) as provider:
            assert run(name, provider, tmp_path, 50) == [Fate.ACCEPTED] * 50
        assert len(provider.requests) == (50 if name in OVER_HTTP else 0)

    def test_nothing_that_a_provider_does_raises(self, name: str, tmp_path: Path) -> None:
        if name not in OVER_HTTP:
            return
        with Provider(lambda _: Answer(503, {"retry-after": "nonsense"}, b"\xff not JSON")) as provider:
            assert run(name, provider, tmp_path, 1) == [Fate.RETRY]
        assert run(name, provider, tmp_path, 1) == [Fate.RETRY], "the provider is gone by now"
