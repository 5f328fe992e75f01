"""Whether a delivery goes out now, later or never. Pure: everything it needs is handed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pushgen.delivery.caps import free_from
from pushgen.delivery.quiet import loud_until, quiet_until, zone_of
from pushgen.delivery.settings import DeliveryConfig
from pushgen.records import Delivery, Recipient

NO_DEVICE, NOT_WANTED, STALE = "no device", "not wanted", "stale"


@dataclass(frozen=True, slots=True)
class Send:
    """Now."""

    until: datetime | None
    """The decision holds before this moment: then quiet hours begin or the delivery is stale."""


@dataclass(frozen=True, slots=True)
class Defer:
    """Not before a moment."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Never."""

    reason: str


Decision = Send | Defer | Drop


def decide(
    delivery: Delivery,
    recipient: Recipient,
    *,
    reachable: bool,
    wanted: bool,
    sent: Sequence[datetime],
    now: datetime,
    config: DeliveryConfig,
) -> Decision:
    """What to do with a delivery that is due.

    `sent` are the moments of the user's other pushes in the last seven days, those under way included. Quiet hours
    and caps put off; what they put off beyond the moment at which the delivery is stale is dropped.
    """
    expires = delivery.expires_at
    if expires is not None and now >= expires:
        return Drop(STALE)
    if not wanted:
        return Drop(NOT_WANTED)
    if not reachable:
        return Drop(NO_DEVICE)
    moment, reason = earliest(recipient, sent=sent, now=now, config=config)
    if moment > now:
        if expires is not None and moment >= expires:
            return Drop(f"{STALE}, {reason}")
        return Defer(moment, reason or "")
    if config.quiet is None:
        return Send(expires)
    quiet_from = loud_until(now, zone_of(recipient.zone, config.default_zone), config.quiet)
    return Send(quiet_from if expires is None else min(quiet_from, expires))


def earliest(
    recipient: Recipient, *, sent: Sequence[datetime], now: datetime, config: DeliveryConfig
) -> tuple[datetime, str | None]:
    """The first moment from `now` on at which the user may be sent to, and what held it up last."""
    moment, reason = free_from(sent, now, per_day=config.per_day, per_week=config.per_week)
    if config.quiet is not None:
        end = quiet_until(moment, zone_of(recipient.zone, config.default_zone), config.quiet)
        if end is not None:
            return end, "quiet hours"
    return moment, reason
