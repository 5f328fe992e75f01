"""Bodies of requests about events."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from pushgen.records import EventKind
from pushgen.service.fields import MOST_ROWS, Id, Incoming, Moment, PerRow, RejectedRow, plain

Key = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(plain)]


class EventIn(Incoming):
    """Something that a user did, and when."""

    event_id: Key | None = None
    """Unique; the same event sent twice counts once. Where it is missing, the Idempotency-Key of the request tells."""
    kind: EventKind
    at: Moment
    user_id: Id | None = None
    key: Key | None = None
    """Key of the delivery, where the app knows it."""
    push_id: Id | None = None
    topic: Id | None = None
    """Topic of an opt-out; null means every topic."""

    @model_validator(mode="after")
    def _is_about_something(self) -> Self:
        if self.user_id is None and self.key is None and self.push_id is None:
            raise ValueError("needs a user_id, the key of a delivery or a push_id")
        return self


class Events(Incoming):
    """Many events."""

    items: Annotated[list[Annotated[EventIn, PerRow]], Field(min_length=1, max_length=MOST_ROWS)]


class Recorded(BaseModel):
    """What became of events: every one is new, known or rejected."""

    new: int
    known: int
    """Sent before, or twice in this request."""
    rejected: list[RejectedRow]
    opted_out: int
    """Preferences that opt-outs among the new events changed."""
