"""A limit on how much is asked of a server per minute, shared by all threads that ask."""

import threading
import time
from collections.abc import Callable

from pushgen.errors import ConfigurationError


class RateLimit:
    """Spaces what is taken evenly: `per_minute` units a minute, no burst. Safe to use from several threads."""

    def __init__(
        self,
        per_minute: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if per_minute <= 0:
            raise ConfigurationError(f"a rate limit must be above 0 per minute, found {per_minute}")
        self._seconds_each = 60.0 / per_minute
        self._clock, self._sleep = clock, sleep
        self._free, self._lock = clock(), threading.Lock()

    def take(self, amount: float = 1.0) -> None:
        """Waits until this much may be taken."""
        with self._lock:
            now = self._clock()
            start = max(now, self._free)
            self._free = start + amount * self._seconds_each
        if start > now:
            self._sleep(start - now)

    def correct(self, amount: float) -> None:
        """Takes this much more without waiting, or gives it back where it is negative."""
        with self._lock:
            self._free += amount * self._seconds_each

    def pause(self, seconds: float) -> None:
        """Nobody takes anything for this long: the server asked for it."""
        with self._lock:
            self._free = max(self._free, self._clock() + seconds)
