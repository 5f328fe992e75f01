"""What the pages share besides the service."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from pushgen.service.gate import Gate
from pushgen.service.pages.settings import PagesConfig
from pushgen.service.rates import Rates
from pushgen.service.state import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Settings, and the doors to what is dear."""

    service: Service
    config: PagesConfig
    guesses: Rates = field(init=False)
    """Attempts to sign in, by name."""
    passwords: Gate = field(init=False)
    """Hashing takes 64 MiB and a tenth of a second each."""
    drawing: Gate = field(init=False)
    """Analyses and plots."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "guesses", Rates(0.2, 5))
        object.__setattr__(self, "passwords", self._gate("passwords", 16))
        object.__setattr__(self, "drawing", self._gate("plots", 8))

    def _gate(self, name: str, waiting: int) -> Gate:
        return Gate(name, 1, waiting, self.service.metrics.shed.labels(name).inc, self.service.tracer)


async def _pages_of(request: Request) -> Pages:
    return request.app.state.pages


HerePages = Annotated[Pages, Depends(_pages_of)]
"""The pages' own state, as a parameter of a route."""
