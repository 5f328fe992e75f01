"""Devices and erasure."""

from collections.abc import Mapping
from datetime import datetime

from pushgen.records import AuditEntry, Device
from pushgen.service.users.schemas import DeviceFields
from pushgen.store import Transaction


def device_of(device_id: str, fields: DeviceFields, now: datetime) -> Device:
    """A device that is in use, whatever a provider said of its address before."""
    return Device(
        device_id=device_id,
        user_id=fields.user_id,
        channel=fields.channel,
        address=fields.address,
        keys=dict(fields.keys),
        seen_at=fields.seen_at or now,
    )


def erase(tx: Transaction, user_id: str, actor: str, now: datetime) -> Mapping[str, int]:
    """Forgets a user; the trail keeps that somebody was forgotten, not who."""
    rows = tx.erase(user_id)
    tx.audit.note(AuditEntry(at=now, actor=actor, action="erase", noun="user", noun_id="erased"))
    return rows
