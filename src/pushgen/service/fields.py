"""Types of what comes in: bounded, plain text that both databases can hold, moments with an offset, rows in bulk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, WrapValidator

from pushgen.service.problems import FieldError, field_errors

MOST_ROWS = 1_000
"""Rows of one bulk request."""
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def plain(value: str) -> str:
    """Raises `ValueError` for text that no database keeps as it is."""
    if "\x00" in value:
        raise ValueError("must not hold the character NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be Unicode without halves of characters") from None
    return value


def _id(value: str) -> str:
    if "/" in value or not value.isprintable() or value != value.strip():
        raise ValueError("must be printable, without a slash and without space around it")
    return plain(value)


def _moment(value: datetime) -> datetime:
    if not _EARLIEST <= value < _LATEST:
        raise ValueError("must lie between 1970 and 2200")
    return value.astimezone(UTC)


Id = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_id)]
Line = Annotated[str, Field(max_length=2_000), AfterValidator(plain)]
Passage = Annotated[str, Field(max_length=50_000), AfterValidator(plain)]
Body = Annotated[str, Field(min_length=1, max_length=4_000), AfterValidator(plain)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
"""A BCP 47 tag."""
Moment = Annotated[AwareDatetime, AfterValidator(_moment)]


class Incoming(BaseModel):
    """A body. A name that is not known is an error, so that a typing mistake loses nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Unusable:
    """A row of a bulk request that cannot be used."""

    errors: Sequence[FieldError]


def _or_unusable(value: Any, handler: Callable[[Any], Any]) -> Any:
    try:
        return handler(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        return Unusable(field_errors([{**one, "loc": ("body", *one["loc"])} for one in found]))


PerRow = WrapValidator(_or_unusable)
"""Bad rows become `Unusable` and good rows go on: `list[Annotated[Row, PerRow]]`."""


class RejectedRow(BaseModel):
    """A row that was not kept, and why."""

    index: int
    """Place in the request, from 0."""
    errors: list[FieldError]


def sort_out(rows: Sequence[Any]) -> tuple[dict[int, Any], list[RejectedRow]]:
    """Usable rows by their place, and the others with reasons."""
    usable = {place: row for place, row in enumerate(rows) if not isinstance(row, Unusable)}
    rejected = [
        RejectedRow(index=place, errors=list(row.errors)) for place, row in enumerate(rows) if isinstance(row, Unusable)
    ]
    return usable, rejected
