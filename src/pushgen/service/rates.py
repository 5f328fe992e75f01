"""How many requests each key may make: a bucket of tokens per key, in this process."""

import threading
import time
from collections.abc import Callable


class Rates:
    """Safe to share between threads. Buckets are of keys that exist, so their number is bounded by theirs."""

    def __init__(self, rate: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._now = rate, float(burst), now
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, key_id: str) -> float:
        """Takes one token; 0, or the seconds until there is one."""
        with self._lock:
            now = self._now()
            tokens, filled_at = self._buckets.get(key_id, (self._burst, now))
            tokens = min(self._burst, tokens + self._rate * (now - filled_at))
            taken = tokens >= 1.0
            self._buckets[key_id] = (tokens - 1.0 if taken else tokens, now)
            return 0.0 if taken else (1.0 - tokens) / self._rate
