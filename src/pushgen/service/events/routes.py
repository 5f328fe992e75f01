"""Events: in, single and bulk."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from pushgen.service.access import needs
from pushgen.service.events.schemas import EventIn, Events, Key, Recorded
from pushgen.service.events.service import record
from pushgen.service.fields import sort_out
from pushgen.service.problems import Problem, documented
from pushgen.service.scopes import Scope
from pushgen.service.state import Here

router = APIRouter(prefix="/v1/events", tags=["events"], responses=documented())
IdempotencyKey = Annotated[
    Key | None,
    Header(alias="Idempotency-Key", description="Names the events that have no id: sent twice, they count once."),
]


@router.post(
    "",
    dependencies=needs(Scope.EVENTS_WRITE),
    status_code=201,
    responses={200: {"model": Recorded, "description": "Known"}},
)
def add_event(service: Here, response: Response, body: EventIn, key: IdempotencyKey = None) -> Recorded:
    """Keeps one event. An opt-out changes the preference of its user."""
    done = _keep(service, {0: body}, key)
    if done.rejected:
        raise Problem(422, "the event cannot be used; nothing was kept", errors=done.rejected[0].errors)
    response.status_code = 201 if done.new else 200
    return done


@router.post("/bulk", dependencies=needs(Scope.EVENTS_WRITE))
def add_events(service: Here, body: Events, key: IdempotencyKey = None) -> Recorded:
    """Keeps many events. A row that cannot be used is named and stops no other."""
    usable, bad = sort_out(body.items)
    done = _keep(service, usable, key)
    rejected = sorted([*bad, *done.rejected], key=lambda row: row.index)
    return done.model_copy(update={"rejected": rejected})


def _keep(service: Here, rows: dict[int, EventIn], key: str | None) -> Recorded:
    with service.store.begin() as tx:
        done, fresh = record(tx, rows, key, service.clock.now())
    for event in fresh:
        service.metrics.events.labels(event.kind.value).inc()
    return done
