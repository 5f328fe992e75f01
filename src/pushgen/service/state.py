"""What all routes share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from pushgen.protocols import Clock, Guardrail, RewardModel, Selector
from pushgen.service.gate import Gate
from pushgen.service.metrics import Metrics
from pushgen.service.rates import Rates
from pushgen.service.settings import ServiceConfig
from pushgen.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One running service: database, models, clock and limits. The app holds it; there is nothing global."""

    store: Store
    clock: Clock
    log: Any
    """Where requests are written down, from `logs.open_log`."""
    rules: Sequence[Guardrail]
    """What edits are held against."""
    selector: Selector
    reward: RewardModel | None = None
    """Without it there are no scores and choices on demand."""
    config: ServiceConfig
    metrics: Metrics = field(default_factory=Metrics)
    rates: Rates = field(init=False)
    gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        config = self.config
        object.__setattr__(self, "rates", Rates(config.rate, config.burst))
        shed = self.metrics.shed.labels("models")
        object.__setattr__(self, "gate", Gate(config.models_at_once, config.models_waiting, shed.inc))


async def _service_of(request: Request) -> Service:  # async, so that it costs no thread
    return request.app.state.service


Here = Annotated[Service, Depends(_service_of)]
"""The service, as a parameter of a route."""
