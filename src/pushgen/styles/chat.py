"""A small client for servers that speak the OpenAI chat protocol: vLLM, SGLang, llama.cpp, transformers serve, hosted.

`POST {url}/chat/completions` with model, messages, temperature; the answer is `choices[0].message.content`.
"""

import json
import os
import random
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pushgen.errors import ConfigurationError, MissingExtraError, ServiceError
from pushgen.styles.rate_limit import RateLimit

KEY_VARIABLE = "OPENAI_API_KEY"
URL_VARIABLE = "OPENAI_BASE_URL"
MODEL_VARIABLE = "PUSHGEN_CHAT_MODEL"
MAX_ANSWER = 4 << 20
"""Bytes after which an answer is garbage."""
IMAGE_TOKENS = 800
"""What a picture is taken to cost a token limit before the server has counted it."""
Message = Mapping[str, Any]
"""`role` and `content`: a text, or parts of the types `text` and `image_url`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatConf:
    """How a chat server is asked."""

    url: str = ""
    """Base URL, up to and with `/v1`; by default from the variable OPENAI_BASE_URL."""
    model: str = ""
    """Name of the model on the server; by default from the variable PUSHGEN_CHAT_MODEL."""
    key: str = field(default="", repr=False)
    """API key; by default from the variable OPENAI_API_KEY. Never written anywhere."""
    timeout: float = 60.0
    """Seconds that one answer may take, from the first byte sent to the last received."""
    retries: int = 4
    """Further tries after a time-out, a dropped connection, a 429 or a 5xx."""
    backoff: float = 0.5
    """Seconds before the first further try; doubles each time, with jitter, at most 30."""
    temperature: float = 0.0
    max_tokens: int = 1024
    """Tokens that one answer may have."""
    requests_per_minute: float | None = None
    """Most requests a minute, further tries among them; none sets no limit."""
    tokens_per_minute: float | None = None
    """Most tokens a minute, prompts and answers; none sets no limit."""

    @classmethod
    def from_spec(cls, spec: str) -> "ChatConf":
        """From `URL#MODEL`, either part optional; what is missing comes from the environment."""
        url, _, model = spec.partition("#")
        return cls(url=url, model=model)

    def resolved(self) -> "ChatConf":
        """With the environment's values filled in. Raises `ConfigurationError` where url or model is missing."""
        import dataclasses

        url = self.url or os.environ.get(URL_VARIABLE, "")
        model = self.model or os.environ.get(MODEL_VARIABLE, "")
        if not url.startswith(("http://", "https://")):
            raise ConfigurationError(f"a chat server needs a URL such as http://host:8000/v1, found {url!r}")
        if not model:
            raise ConfigurationError(f"name the model: URL#MODEL, or set {MODEL_VARIABLE}")
        return dataclasses.replace(
            self, url=url.rstrip("/"), model=model, key=self.key or os.environ.get(KEY_VARIABLE, "")
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    text: str
    cut_off: bool
    """Whether it ended at the limit of tokens."""
    prompt_tokens: int | None
    """As the server counts them; none where it does not say."""
    completion_tokens: int | None


class ChatClient:
    """Asks one model on one server. Safe to use from several threads."""

    def __init__(self, config: ChatConf) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingExtraError("httpx", "llm", "a language model behind a server") from error
        self.config = config.resolved()
        headers = {"Authorization": f"Bearer {self.config.key}"} if self.config.key else {}
        self._httpx = httpx
        # The pool bounds nothing: how many requests are under way is the caller's affair.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
        self._client = httpx.Client(headers=headers, timeout=self.config.timeout, limits=limits)
        # Whoever drops the client closes its connections, with or without `close`.
        self.close = weakref.finalize(self, self._client.close)
        self._jitter = random.Random()
        requests, tokens = self.config.requests_per_minute, self.config.tokens_per_minute
        self._requests = RateLimit(requests or 60e9)
        self._tokens = RateLimit(tokens) if tokens else None

    def complete(self, messages: Sequence[Message]) -> str:
        """The text of the answer; raises as `ask`."""
        return self.ask(messages).text

    def ask(self, messages: Sequence[Message], **parameters: Any) -> Answer:
        """The answer to a conversation; `parameters` are further fields of the request.

        Raises `ServiceError` where the server refuses, or does not answer usefully after all tries; its `reason` is
        short and countable.
        """
        body = self._body(messages) | parameters
        guess = sum(_size(message["content"]) for message in messages) + self.config.max_tokens
        trouble, reason = "", ""
        for attempt in range(self.config.retries + 1):
            if attempt:
                time.sleep(min(30.0, self.config.backoff * 2 ** (attempt - 1)) * (0.5 + self._jitter.random()))
            self._requests.take()
            if self._tokens:
                self._tokens.take(guess)
            try:
                status, headers, text = self._post(body)
            except self._httpx.TransportError as error:
                slow = isinstance(error, self._httpx.TimeoutException)
                trouble, reason = f"{type(error).__name__}: {error}", "server too slow" if slow else "server down"
                continue
            if status == 429 or status >= 500:
                trouble, reason = f"status {status}", "server too busy" if status == 429 else "server error"
                wait = headers.get("Retry-After", "")
                self._requests.pause(min(30.0, float(wait)) if wait.isdigit() else 0.0)
                continue
            if status >= 400:
                raise ServiceError(
                    f"{self.config.url} refused the request with status {status}: {text[:200]!r}. Check the URL, the "
                    f"model {self.config.model!r} and {KEY_VARIABLE}.",
                    reason=f"request refused ({status})",
                )
            answer = _answer(text)
            if answer is not None:
                if self._tokens and answer.prompt_tokens is not None:
                    self._tokens.correct(answer.prompt_tokens + (answer.completion_tokens or 0) - guess)
                return answer
            trouble, reason = f"an answer that is no chat completion: {text[:100]!r}", "garbage from the server"
        raise ServiceError(
            f"{self.config.url} gave no usable answer in {self.config.retries + 1} tries; the last: {trouble}. "
            "Check that the server runs and is not overloaded.",
            reason=reason,
        )

    def _post(self, body: Mapping[str, Any]) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and text. The client's own time-out starts anew with every byte that drips in."""
        deadline = time.monotonic() + self.config.timeout
        pieces, size = list[bytes](), 0
        with self._client.stream("POST", f"{self.config.url}/chat/completions", json=body) as response:
            for piece in response.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if time.monotonic() > deadline:
                    raise self._httpx.ReadTimeout(f"no whole answer in {self.config.timeout:g} s")
                if size > MAX_ANSWER:
                    break
        return response.status_code, response.headers, b"".join(pieces).decode("utf-8", "replace")

    def _body(self, messages: Sequence[Message]) -> dict[str, Any]:
        return {
            "model": self.config.model,
            "messages": [_valid(message) for message in messages],
            "temperature": self.config.temperature,
            "max_tokens": self.config.max_tokens,
        }


def _valid(value: Any) -> Any:
    """Without lone surrogates, which no UTF-8 body can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {name: _valid(part) for name, part in cast(Mapping[str, Any], value).items()}
    if isinstance(value, Sequence):
        return [_valid(part) for part in cast(Sequence[Any], value)]
    return value


def _size(content: str | Sequence[Mapping[str, Any]]) -> float:
    """Tokens of a message, guessed."""
    if isinstance(content, str):
        return len(content) / 4
    return sum(len(part["text"]) / 4 if part["type"] == "text" else IMAGE_TOKENS for part in content)


def _answer(text: str) -> Answer | None:
    try:
        value: Any = json.loads(text)
        choice = value["choices"][0]
        content = choice["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    if not isinstance(content, str):
        return None
    usage = value.get("usage")
    counts = cast(dict[str, Any], usage) if isinstance(usage, dict) else {}
    prompt, completion = (_count(counts.get(name)) for name in ("prompt_tokens", "completion_tokens"))
    return Answer(content, choice.get("finish_reason") == "length", prompt, completion)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
