"""The door to the models: so many inside, so many waiting, everybody else is told to come back."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from opentelemetry.trace import Tracer

from pushgen.service.problems import overloaded

T = TypeVar("T")


class Gate:
    """Runs work in threads of its own, so that long computations never hold up what only reads."""

    def __init__(self, name: str, at_once: int, waiting: int, on_shed: Callable[[], None], tracer: Tracer) -> None:
        self._name, self._tracer = name, tracer
        self._limiter, self._on_shed = CapacityLimiter(at_once), on_shed
        self._most, self._inside = at_once + waiting, 0

    async def run(self, work: Callable[[], T]) -> T:
        """The result of the work. Raises a `Problem` with 503 and `Retry-After` where too many wait already."""
        if self._inside >= self._most:
            self._on_shed()
            raise overloaded("the models are busy")
        self._inside += 1
        try:
            return await self.run_last(work)
        finally:
            self._inside -= 1

    async def run_last(self, work: Callable[[], T]) -> T:
        """The result of work that nobody waits for: it goes behind all who wait, and is never shed."""
        with self._tracer.start_as_current_span(self._name, record_exception=False, set_status_on_exception=False):
            return await to_thread.run_sync(work, limiter=self._limiter)
