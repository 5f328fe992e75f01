"""A generator behind any OpenAI-compatible server: vLLM, SGLang, llama.cpp, transformers serve, hosted."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from pushgen.errors import ConfigurationError, ServiceError
from pushgen.generation.prompt import write_prompt
from pushgen.generation.provenance import candidate, failure, language_of, seed_of
from pushgen.generation.reply import HALF, KEY, read_json_reply
from pushgen.protocols import GenerationFailure, GenerationRequest
from pushgen.records import Candidate
from pushgen.styles.chat import Answer, ChatClient, ChatConf, Message
from pushgen.styles.health import Health
from pushgen.styles.taxonomy import Taxonomy, load_taxonomy
from pushgen.styles.usage import Meter, Prices, Usage

AS_JSON = f'Put that text into a JSON object of the form {{"{KEY}": "the text"}} and answer with the object alone.'
SCHEMA: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "push_notification",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {KEY: {"type": "string"}},
            "required": [KEY],
            "additionalProperties": False,
        },
    },
}
_NO_SCHEMA = frozenset({400, 404, 415, 422, 501})
"""What servers say to a field that they do not know."""
LOST = "server not reachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIConfig:
    """How a served model is asked. Every parameter of decoding is sent; the server's own defaults are not relied on."""

    concurrency: int = 8
    """Requests under way at the same time."""
    limit: int = 110
    """Longest text in graphemes that the prompt asks for."""
    temperature: float = 0.8
    top_p: float = 0.95
    """Smallest share of the probability that a draw chooses from."""
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    max_tokens: int = 120
    """Tokens that one answer may have."""
    schema: Literal["auto", "yes", "no"] = "auto"
    """Ask for an object of a JSON schema; `auto` until the server refuses it, then for plain text."""
    repairs: int = 1
    """Further questions after an answer without a usable push, each saying what was wrong."""
    give_up: int = 8
    """After this many requests in a row without an answer the rest of the batch is not asked."""
    timeout: float = 60.0
    """Seconds that one answer may take."""
    retries: int = 4
    """Further tries after a time-out, a dropped connection, a 429 or a 5xx, with growing, jittered pauses."""
    requests_per_minute: float | None = None
    """Most requests a minute; none sets no limit."""
    tokens_per_minute: float | None = None
    """Most tokens a minute, prompts and answers; none sets no limit."""
    prices: Prices = field(default_factory=Prices)

    def __post_init__(self) -> None:
        checks = {
            "concurrency": self.concurrency >= 1,
            "limit": self.limit >= 1,
            "temperature": self.temperature >= 0,
            "top_p": 0 < self.top_p <= 1,
            "max_tokens": self.max_tokens >= 1,
            "repairs": self.repairs >= 0,
            "give_up": self.give_up >= 1,
            "timeout": self.timeout > 0,
            "retries": self.retries >= 0,
        }
        for name, good in checks.items():
            if not good:
                raise ConfigurationError(f"openai: {name} is out of range: {getattr(self, name)!r}")

    def chat(self, spec: str) -> ChatConf:
        """The client's part of this, for the server of `URL#MODEL`."""
        url, _, model = spec.partition("#")
        return ChatConf(
            url=url,
            model=model,
            timeout=self.timeout,
            retries=self.retries,
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
        )


class OpenAIGenerator:
    """Asks a server for one text per request. Two answers to one request may differ, whatever seed is sent."""

    deterministic = False

    def __init__(self, chat: ChatConf, config: OpenAIConfig | None = None, taxonomy: Taxonomy | None = None) -> None:
        import dataclasses

        self._config = config or OpenAIConfig()
        decoding = {"temperature": self._config.temperature, "max_tokens": self._config.max_tokens}
        self._client = ChatClient(dataclasses.replace(chat, **decoding))
        self._taxonomy = taxonomy or load_taxonomy()
        self._meter = Meter(self._config.prices)
        self._has_schema = self._config.schema != "no"
        self.name = f"openai:{self._client.config.model}"

    @property
    def usage(self) -> Usage:
        """What all requests so far consumed."""
        return self._meter.usage

    def generate(self, requests: Sequence[GenerationRequest]) -> list[Candidate | GenerationFailure]:
        """One outcome per request, in order.

        Failures: `empty caption`; `server down`, `server too slow`, `server too busy`, `server error`, `request refused
        (STATUS)`, `garbage from the server` after all tries; `server not reachable` for requests that were not sent any
        more; `empty answer`, `answer too long`, `half-written answer`, `answer without a push`. Raises
        `ConfigurationError` for a style that the taxonomy does not have.
        """
        for style in {request.style for request in requests}:
            _ = self._taxonomy[style]
        health = Health(self._config.give_up)
        with ThreadPoolExecutor(self._config.concurrency) as pool:
            return list(pool.map(lambda request: self._one(request, health), requests))

    def _one(self, request: GenerationRequest, health: Health) -> Candidate | GenerationFailure:
        if not request.content.source_text.strip():
            return failure(request, "empty caption")
        language = language_of(request.content)
        prompt = write_prompt(request, self._taxonomy, language, limit=self._config.limit)
        turns: list[Message] = [{"role": "user", "content": prompt.user}]
        reason = ""
        for attempt in range(self._config.repairs + 1):
            if health.is_lost:
                return failure(request, LOST)
            try:
                answer = self._ask(prompt.system, turns, seed_of(request, self.name) % (1 << 31) + attempt)
            except ServiceError as error:
                health.record(answered=error.reason.startswith("request refused"))
                return failure(request, error.reason)
            health.record(answered=True)
            body, reason = self._read(answer)
            if body is not None:
                return candidate(request, body, generator=self.name, prompt_hash=prompt.hash, language=language)
            turns = [*turns[:1], {"role": "assistant", "content": answer.text[:400]}, self._complaint(reason)]
        return failure(request, reason)

    def _ask(self, system: str, turns: Sequence[Message], seed: int) -> Answer:
        parameters: dict[str, Any] = {
            "top_p": self._config.top_p,
            "frequency_penalty": self._config.frequency_penalty,
            "presence_penalty": self._config.presence_penalty,
            "seed": seed,
            "n": 1,
            "stream": False,
        }
        if self._has_schema:
            wished: list[Message] = [{"role": "system", "content": f"{system} {AS_JSON}"}, *turns]
            try:
                return self._metered(wished, {**parameters, "response_format": SCHEMA})
            except ServiceError as error:
                refused = error.reason in {f"request refused ({status})" for status in _NO_SCHEMA}
                if self._config.schema == "yes" or not refused:
                    raise
        answer = self._metered([{"role": "system", "content": system}, *turns], parameters)
        # Only an answer without the schema shows that the schema was what the server refused.
        self._has_schema = False
        return answer

    def _metered(self, messages: Sequence[Message], parameters: dict[str, Any]) -> Answer:
        answer = self._client.ask(messages, **parameters)
        self._meter.add(answer.prompt_tokens, answer.completion_tokens)
        return answer

    def _read(self, answer: Answer) -> tuple[str | None, str]:
        limit = self._config.limit
        # A server that takes the field may still not keep to it, and a model may answer in JSON unasked.
        body, reason = read_json_reply(answer.text, limit)
        if body is not None and answer.cut_off and "{" not in answer.text:
            return None, HALF
        return body, reason

    def _complaint(self, reason: str) -> Message:
        form = AS_JSON if self._has_schema else "Answer with the text alone, in one line."
        return {
            "role": "user",
            "content": f"That cannot be used: {reason}. Write at most {self._config.limit} characters. {form}",
        }
