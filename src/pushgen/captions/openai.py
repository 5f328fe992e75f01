"""A captioner behind any OpenAI-compatible server that takes pictures."""

import base64
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

from pushgen.captions.answer import EMPTY, read_description
from pushgen.captions.prompt import write_prompt
from pushgen.captions.settings import VisionConfig
from pushgen.errors import MissingExtraError, ServiceError
from pushgen.protocols import CaptionFailure, CaptionRequest, Pixels
from pushgen.styles.chat import ChatClient, ChatConf
from pushgen.styles.health import Health
from pushgen.styles.usage import Meter, Prices, Usage

LOST = "server not reachable"
_QUALITY = 85


class OpenAICaptioner:
    """Sends the frames as JPEG inside the request: the server needs no access to the media."""

    def __init__(self, chat: ChatConf, config: VisionConfig | None = None, *, limit: int = 700) -> None:
        """`limit` is the longest description in graphemes."""
        import dataclasses

        self._config, self._limit = config or VisionConfig(), limit
        self._client = ChatClient(dataclasses.replace(chat, max_tokens=self._config.max_tokens))
        self._meter = Meter(Prices())
        self.name = f"openai:{self._client.config.model}"

    @property
    def usage(self) -> Usage:
        """What all requests so far consumed."""
        return self._meter.usage

    def describe(self, requests: Sequence[CaptionRequest]) -> list[str | CaptionFailure]:
        """One description or failure per request, in order.

        Failures: `server down`, `server too slow`, `server too busy`, `server error`, `request refused (STATUS)`,
        `garbage from the server` after all tries; `server not reachable` for requests that were not sent any more;
        `empty answer`.
        """
        health = Health(self._config.give_up)
        with ThreadPoolExecutor(self._config.concurrency) as pool:
            return list(pool.map(self._one, requests, repeat(health)))

    def _one(self, request: CaptionRequest, health: Health) -> str | CaptionFailure:
        content_id = request.content.content_id
        if health.is_lost:
            return CaptionFailure(content_id=content_id, reason=LOST)
        parts: list[dict[str, Any]] = [
            {"type": "image_url", "image_url": {"url": data_url(frame.pixels)}} for frame in request.frames
        ]
        parts.append({"type": "text", "text": write_prompt(request, self._limit)})
        try:
            answer = self._client.ask([{"role": "user", "content": parts}], n=1, stream=False)
        except ServiceError as error:
            health.record(answered=error.reason.startswith("request refused"))
            return CaptionFailure(content_id=content_id, reason=error.reason)
        health.record(answered=True)
        self._meter.add(answer.prompt_tokens, answer.completion_tokens)
        text = read_description(answer.text, self._limit)
        return text or CaptionFailure(content_id=content_id, reason=EMPTY)


def data_url(pixels: Pixels) -> str:
    """A picture as a JPEG inside an address."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtraError("pillow", "captions", "sending pictures") from error
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
