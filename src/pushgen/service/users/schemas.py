"""Bodies of requests about users. Addresses and their keys go in and never come out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from pushgen.delivery.open import CHANNELS
from pushgen.records import Device
from pushgen.service.fields import Id, Incoming, Line, Moment

_CHANNELS = ("sink", *CHANNELS)


def _channel(value: str) -> str:
    if value not in _CHANNELS:
        raise ValueError(f"must be one of {', '.join(_CHANNELS)}")
    return value


SlotName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


class RecipientFields(Incoming):
    """What is known of a user."""

    zone: Annotated[Line, Field(max_length=64)] | None = None
    """IANA time zone such as `Europe/Berlin`."""
    fields: Annotated[dict[SlotName, Line], Field(max_length=100)] = Field(default_factory=dict)
    """Values of slots, such as `first_name`."""


class DeviceFields(Incoming):
    """Where a user can be reached."""

    user_id: Id
    channel: Annotated[str, AfterValidator(_channel)]
    address: Annotated[Line, Field(min_length=1)]
    keys: Annotated[dict[SlotName, Line], Field(max_length=10)] = Field(default_factory=dict)
    seen_at: Moment | None = None
    """Now where not given."""


class DeviceShown(BaseModel):
    """A device without its address."""

    device_id: str
    user_id: str
    channel: str
    seen_at: datetime
    retired_at: datetime | None


class Wanted(Incoming):
    """Whether a user wants pushes of a topic."""

    wanted: bool


class Erased(BaseModel):
    """Rows that were deleted or lost their name, by table."""

    rows: Mapping[str, int]


def shown(device: Device) -> DeviceShown:
    return DeviceShown(
        device_id=device.device_id,
        user_id=device.user_id,
        channel=device.channel,
        seen_at=device.seen_at,
        retired_at=device.retired_at,
    )
