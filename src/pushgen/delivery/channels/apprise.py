"""Apprise: more than a hundred services behind one URL each. Its answer is yes or no, so no means try again later."""

import asyncio
from dataclasses import dataclass

from pushgen.errors import MissingExtraError
from pushgen.protocols import Fate, Message, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseConfig:
    """How services are asked."""

    schemes: tuple[str, ...] = ("ntfys", "tgram", "slack", "discord", "mailtos", "pover", "gotifys")
    """Kinds of URL that a device may have. Others could reach into our own network or run programs."""


class Apprise:
    """Sends to the Apprise URL that is the address of a device."""

    name = "apprise"
    needs_device = True

    def __init__(self, config: AppriseConfig) -> None:
        try:
            import apprise
        except ModuleNotFoundError as missing:
            raise MissingExtraError("apprise", "apprise", "The channel apprise") from missing
        self._library, self._config = apprise, config

    async def send(self, message: Message) -> Outcome:
        assert message.device is not None
        scheme = message.device.address.partition("://")[0].lower()
        if scheme not in self._config.schemes:
            return Outcome(fate=Fate.DEAD_TOKEN, code="kind of URL is not allowed")
        target = self._library.Apprise()
        if not target.add(message.device.address):
            return Outcome(fate=Fate.DEAD_TOKEN, code="no Apprise URL")
        body = message.body if message.link is None else f"{message.body}\n{message.link}"
        # Apprise may block while it connects.
        accepted = await asyncio.to_thread(target.notify, body=body, title=message.title or "")
        if accepted:
            return Outcome(fate=Fate.ACCEPTED)
        return Outcome(fate=Fate.RETRY, code="not delivered", uncertain=True)

    async def close(self) -> None:
        return None
