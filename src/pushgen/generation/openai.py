"""A generator behind any OpenAI-compatible server: vLLM, SGLang, llama.cpp, transformers serve, hosted."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pushgen.errors import ConfigurationError, ServiceError
from pushgen.generation.prompt import write_prompt
from pushgen.generation.provenance import candidate, failure, language_of
from pushgen.generation.reply import read_reply
from pushgen.protocols import GenerationFailure, GenerationRequest
from pushgen.records import Candidate
from pushgen.styles.chat import ChatClient, ChatConf
from pushgen.styles.taxonomy import Taxonomy, load_taxonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIConfig:
    """How a served model is asked."""

    concurrency: int = 8
    """Requests under way at the same time."""
    limit: int = 110
    """Longest text in graphemes that the prompt asks for."""
    temperature: float = 0.8
    max_tokens: int = 120
    """Tokens that one answer may have."""
    give_up: int = 8
    """After this many requests without an answer and none with one, the rest of the batch is not asked."""

    def __post_init__(self) -> None:
        if self.concurrency < 1 or self.give_up < 1:
            raise ConfigurationError("openai: concurrency and give_up must be at least 1")


class OpenAIGenerator:
    """Asks a server for one text per request. Two answers to one request may differ."""

    deterministic = False

    def __init__(self, chat: ChatConf, config: OpenAIConfig | None = None, taxonomy: Taxonomy | None = None) -> None:
        import dataclasses

        self._config = config or OpenAIConfig()
        decoding = {"temperature": self._config.temperature, "max_tokens": self._config.max_tokens}
        self._client = ChatClient(dataclasses.replace(chat, **decoding))
        self._taxonomy = taxonomy or load_taxonomy()
        self.name = f"openai:{self._client.config.model}"

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Candidate | GenerationFailure]:
        """One outcome per request, in order.

        Failures: `empty caption`, `no usable answer from the server`, `server not reachable`, `empty answer`, `answer
        too long`. Raises `ConfigurationError` for a style that the taxonomy does not have.
        """
        for style in {request.style for request in requests}:
            _ = self._taxonomy[style]
        health = _Health(self._config.give_up)
        with ThreadPoolExecutor(self._config.concurrency) as pool:
            return list(pool.map(lambda request: self._one(request, health), requests))

    def _one(self, request: GenerationRequest, health: "_Health") -> Candidate | GenerationFailure:
        if not request.content.source_text.strip():
            return failure(request, "empty caption")
        if health.is_lost:
            return failure(request, "server not reachable")
        language = language_of(request.content)
        prompt = write_prompt(request, self._taxonomy, language, limit=self._config.limit)
        try:
            answer = self._client.complete(
                [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]
            )
        except ServiceError:
            health.record(answered=False)
            return failure(request, "no usable answer from the server")
        health.record(answered=True)
        body, reason = read_reply(answer, self._config.limit)
        if body is None:
            return failure(request, reason)
        return candidate(request, body, generator=self.name, prompt_hash=prompt.hash, language=language)


class _Health:
    """Whether the server of a batch has ever answered."""

    def __init__(self, give_up: int) -> None:
        self._give_up, self._lost, self._answered, self._lock = give_up, 0, False, threading.Lock()

    def record(self, *, answered: bool) -> None:
        with self._lock:
            self._answered = self._answered or answered
            self._lost += not answered

    @property
    def is_lost(self) -> bool:
        with self._lock:
            return not self._answered and self._lost >= self._give_up
