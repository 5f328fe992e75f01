"""A channel that sends nothing: it keeps messages in memory or writes them to a file. For tests and trials."""

import json
from dataclasses import asdict
from pathlib import Path

from pushgen.protocols import Fate, Message, Outcome


class Sink:
    """Accepts everything. A file gets one JSON object per line and is only ever added to."""

    name = "sink"
    needs_device = False

    def __init__(self, path: Path | None = None, *, keep: bool = True) -> None:
        self.messages: list[Message] = []
        self._keep = keep and path is None
        self._file = path.open("a", encoding="utf-8") if path else None

    async def send(self, message: Message) -> Outcome:
        if self._keep:
            self.messages.append(message)
        if self._file:
            self._file.write(json.dumps(asdict(message), ensure_ascii=False, default=str) + "\n")
            self._file.flush()
        return Outcome(fate=Fate.ACCEPTED)

    async def close(self) -> None:
        if self._file:
            self._file.close()
