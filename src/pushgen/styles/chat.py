"""A small client for servers that speak the OpenAI chat protocol: vLLM, SGLang, llama.cpp, transformers serve, hosted.

`POST {url}/chat/completions` with model, messages, temperature; the answer is `choices[0].message.content`.
"""

import os
import random
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pushgen.errors import ConfigurationError, MissingExtraError, ServiceError

KEY_VARIABLE = "OPENAI_API_KEY"
URL_VARIABLE = "OPENAI_BASE_URL"
MODEL_VARIABLE = "PUSHGEN_CHAT_MODEL"
Message = Mapping[str, str]


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
    """Seconds that one answer may take."""
    retries: int = 4
    """Further tries after a time-out, a dropped connection, a 429 or a 5xx."""
    backoff: float = 0.5
    """Seconds before the first further try; doubles each time, with jitter, at most 30."""
    temperature: float = 0.0
    max_tokens: int = 1024
    """Tokens that one answer may have."""

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
        self._client = httpx.Client(headers=headers, timeout=self.config.timeout)
        # Whoever drops the client closes its connections, with or without `close`.
        self.close = weakref.finalize(self, self._client.close)
        self._jitter = random.Random(0)

    def complete(self, messages: Sequence[Message]) -> str:
        """The text of the answer.

        Raises `ServiceError` where the server refuses, or does not answer usefully after all tries.
        """
        trouble = ""
        for attempt in range(self.config.retries + 1):
            if attempt:
                time.sleep(min(30.0, self.config.backoff * 2 ** (attempt - 1)) * (0.5 + self._jitter.random()))
            try:
                response = self._client.post(f"{self.config.url}/chat/completions", json=self._body(messages))
            except self._httpx.TransportError as error:
                trouble = f"{type(error).__name__}: {error}"
                continue
            if response.status_code == 429 or response.status_code >= 500:
                trouble = f"status {response.status_code}"
                self._wait(response.headers.get("Retry-After"))
                continue
            if response.status_code >= 400:
                raise ServiceError(
                    f"{self.config.url} refused the request with status {response.status_code}: "
                    f"{response.text[:200]!r}. Check the URL, the model {self.config.model!r} and {KEY_VARIABLE}."
                )
            content = _content(response)
            if content is not None:
                return content
            trouble = f"an answer that is no chat completion: {response.text[:100]!r}"
        raise ServiceError(
            f"{self.config.url} gave no usable answer in {self.config.retries + 1} tries; the last: {trouble}. "
            "Check that the server runs and is not overloaded."
        )

    def _body(self, messages: Sequence[Message]) -> dict[str, Any]:
        return {
            "model": self.config.model,
            "messages": [{name: _valid(text) for name, text in message.items()} for message in messages],
            "temperature": self.config.temperature,
            "max_tokens": self.config.max_tokens,
        }

    def _wait(self, retry_after: str | None) -> None:
        if retry_after and retry_after.isdigit():
            time.sleep(min(30.0, float(retry_after)))


def _valid(text: str) -> str:
    """Without lone surrogates, which no UTF-8 body can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _content(response: Any) -> str | None:
    try:
        value: Any = response.json()
        content = value["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return cast(str, content) if isinstance(content, str) else None
