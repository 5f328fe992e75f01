"""The circuit breaker of a channel: after failures in a row it rests, then one small batch tries it again.

Each worker has its own: a provider that is down shows itself to every one of them, and nothing needs to be shared.
"""

from datetime import datetime, timedelta

from pushgen.delivery.settings import DeliveryConfig
from pushgen.protocols import Fate, Outcome

PROBE = 1
"""Deliveries that are tried on a channel that has rested."""


class Breaker:
    """Closed (all goes), open (nothing goes), half-open (a probe goes)."""

    def __init__(self, config: DeliveryConfig) -> None:
        self._config = config
        self._failures = 0
        self._opened_at: datetime | None = None
        self.reason: str | None = None
        """Why it is open: what the provider said last."""

    def room(self, want: int, now: datetime) -> int:
        """How many of `want` deliveries may be tried."""
        if self._opened_at is None:
            return want
        rested = now >= self._opened_at + timedelta(seconds=self._config.breaker_seconds)
        return min(want, PROBE) if rested else 0

    def record(self, outcome: Outcome, now: datetime) -> None:
        """Takes note of an answer. A mistake in our configuration opens at once: everything would fail alike."""
        if outcome.fate is Fate.MISCONFIGURED:
            self._failures = self._config.breaker_failures
        elif outcome.fate is Fate.RETRY:
            self._failures += 1
        else:
            self._failures, self._opened_at, self.reason = 0, None, None
            return
        if self._failures >= self._config.breaker_failures:
            self._opened_at, self.reason = now, f"{outcome.fate.value}: {outcome.code or 'no answer'}"
