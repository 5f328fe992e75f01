"""What served models consumed: requests, tokens, and what they cost."""

import threading
from dataclasses import dataclass

from pushgen.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a provider charges, in any one currency; none leaves the cost out."""

    prompt: float | None = None
    """Per million tokens of prompts."""
    completion: float | None = None
    """Per million tokens of answers."""

    def __post_init__(self) -> None:
        if (self.prompt is None) != (self.completion is None):
            raise ConfigurationError("prices: give both prompt and completion, or neither")
        if min(self.prompt or 0.0, self.completion or 0.0) < 0:
            raise ConfigurationError(f"prices must not be negative, found {self.prompt} and {self.completion}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was consumed."""

    answers: int
    """Answers received, unusable ones among them; a request that is tried again may be answered once or not at all."""
    unmetered: int
    """Answers whose tokens the server did not count; they are in no sum."""
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    """In the currency of the prices; none without prices."""

    def per(self, accepted: int) -> dict[str, float | None]:
        """Tokens and cost for each push that was accepted; none where there is none."""
        tokens = self.prompt_tokens + self.completion_tokens
        return {
            "tokens_per_accepted": tokens / accepted if accepted else None,
            "cost_per_accepted": self.cost / accepted if accepted and self.cost is not None else None,
        }


class Meter:
    """Adds up what is consumed. Safe to use from several threads."""

    def __init__(self, prices: Prices) -> None:
        self._prices, self._lock = prices, threading.Lock()
        self._answers = self._unmetered = self._prompt = self._completion = 0

    def add(self, prompt: int | None, completion: int | None) -> None:
        """One answer with its tokens, none where the server did not count them."""
        with self._lock:
            self._answers += 1
            self._unmetered += prompt is None or completion is None
            self._prompt += prompt or 0
            self._completion += completion or 0

    @property
    def usage(self) -> Usage:
        with self._lock:
            prices = self._prices
            cost = None
            if prices.prompt is not None and prices.completion is not None:
                cost = (self._prompt * prices.prompt + self._completion * prices.completion) / 1e6
            return Usage(
                answers=self._answers,
                unmetered=self._unmetered,
                prompt_tokens=self._prompt,
                completion_tokens=self._completion,
                cost=cost,
            )


def told(usage: Usage, accepted: int) -> str:
    """One line for a person."""
    per = usage.per(accepted)
    parts = [f"{usage.answers} answers, {usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens"]
    if per["tokens_per_accepted"] is not None:
        parts.append(f"{per['tokens_per_accepted']:,.0f} tokens per accepted push")
    if usage.cost is not None:
        parts.append(f"cost {usage.cost:.4f}")
    if per["cost_per_accepted"] is not None:
        parts.append(f"{per['cost_per_accepted']:.6f} per accepted push")
    if usage.unmetered:
        parts.append(f"{usage.unmetered} answers without a count are in no sum")
    return "; ".join(parts)
