"""What watches the service: health, readiness, metrics, and what OpenAPI says of it."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from pushgen.errors import ConfigurationError, ServiceError
from pushgen.service.access import needs, open_to_all
from pushgen.service.problems import documented, overloaded, with_problem_type
from pushgen.service.scopes import Scope
from pushgen.service.state import Here
from pushgen.store.migrate import require_current

router = APIRouter(prefix="/v1", tags=["operation"], responses=documented())


class Health(BaseModel):
    """Whether the process answers."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """Whether requests can be served."""

    status: Literal["ready"] = "ready"
    reward: str | None
    """Name of the reward model; null where scores and choices on demand are not served."""


@router.get("/health", dependencies=open_to_all())
async def health() -> Health:
    """The process answers; says nothing of the database."""
    return Health()


@router.get("/ready", dependencies=open_to_all())
def ready(service: Here) -> Ready:
    """The database answers and has the tables of this version; 503 where not."""
    try:
        require_current(service.store.engine)
    except (ConfigurationError, ServiceError):
        raise overloaded("the database cannot be reached or has other tables; run: pushgen db upgrade") from None
    return Ready(reward=None if service.reward is None else service.reward.name)


@router.get("/metrics", dependencies=needs(Scope.METRICS_READ), response_class=PlainTextResponse)
def metrics(service: Here) -> PlainTextResponse:
    """Counters and times for Prometheus."""
    return PlainTextResponse(service.metrics.page(), media_type=CONTENT_TYPE_LATEST)


@router.get("/openapi.json", dependencies=open_to_all())
def openapi(request: Request) -> dict[str, Any]:
    """This service as OpenAPI 3.1."""
    return with_problem_type(request.app.openapi())
