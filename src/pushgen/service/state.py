"""What all routes share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from opentelemetry.trace import Tracer

from pushgen.protocols import Clock, Generator, Guardrail, RewardModel, Selector
from pushgen.service.gate import Gate
from pushgen.service.metrics import Metrics
from pushgen.service.rates import Rates
from pushgen.service.selections.matrices import Matrices
from pushgen.service.settings import ServiceConfig
from pushgen.service.tracing import default_tracer
from pushgen.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One running service: database, models, clock and limits. The app holds it; there is nothing global."""

    store: Store
    clock: Clock
    log: Any
    """Where requests are written down, from `logs.open_log`."""
    rules: Sequence[Guardrail]
    """What candidates and edits are held against."""
    selector: Selector
    reward: RewardModel | None = None
    """Without it there are no scores and choices."""
    generator: Generator | None = None
    """Without it no texts are written."""
    config: ServiceConfig
    metrics: Metrics = field(default_factory=Metrics)
    tracer: Tracer = field(default_factory=default_tracer)
    matrices: Matrices = field(default_factory=Matrices)
    rates: Rates = field(init=False)
    gate: Gate = field(init=False)
    """The door to the reward model and to checks of single texts."""
    writing: Gate = field(init=False)
    """The door to the generator, and to what else takes long."""

    def __post_init__(self) -> None:
        config = self.config
        object.__setattr__(self, "rates", Rates(config.rate, config.burst))
        shed = self.metrics.shed.labels
        models = Gate("models", config.models_at_once, config.models_waiting, shed("models").inc, self.tracer)
        writing = Gate("writing", config.writing_at_once, config.writing_waiting, shed("writing").inc, self.tracer)
        object.__setattr__(self, "gate", models)
        object.__setattr__(self, "writing", writing)


async def _service_of(request: Request) -> Service:  # async, so that it costs no thread
    return request.app.state.service


Here = Annotated[Service, Depends(_service_of)]
"""The service, as a parameter of a route."""
