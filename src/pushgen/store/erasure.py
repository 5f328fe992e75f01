"""Forgetting a user: what names them goes, what was counted stays without a name."""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from pushgen.records import DeliveryState
from pushgen.store import schema

FINAL = (DeliveryState.ACCEPTED.value, DeliveryState.FAILED.value, DeliveryState.DROPPED.value)


def erase(connection: Connection, user_id: str) -> Mapping[str, int]:
    """Removes or anonymises every row that names a user; how many rows of each table were touched.

    Recipient, devices and preferences are deleted. Deliveries and events stay for the counts of their push, each
    under a name drawn at random: the key of a delivery follows from the user's id and would give it away. What was
    not sent yet is dropped. Entries of the audit trail about the user keep their action and time.
    """
    touched: dict[str, int] = {}
    for table in (schema.recipients, schema.devices, schema.preferences):
        touched[table.name] = connection.execute(delete(table).where(table.c.user_id == user_id)).rowcount
    touched["events"] = _events(connection, user_id)
    touched["deliveries"] = _deliveries(connection, user_id)
    about = (schema.audit.c.noun == "user", schema.audit.c.noun_id == user_id)
    unnamed = update(schema.audit).where(*about).values(noun_id="erased", detail={})
    touched["audit"] = connection.execute(unnamed).rowcount
    return touched


def _deliveries(connection: Connection, user_id: str) -> int:
    rows = schema.deliveries.c
    unsent = rows.state.not_in(FINAL)
    dropped = {"state": DeliveryState.DROPPED.value, "reason": "erased", "claim": None, "lease_until": None}
    connection.execute(update(schema.deliveries).where(rows.user_id == user_id, unsent).values(dropped))
    keys = connection.execute(select(rows.key).where(rows.user_id == user_id)).scalars().all()
    names = {key: f"erased-{secrets.token_hex(12)}" for key in keys}
    if names:
        changes: dict[str, Any] = {"key": bindparam("new_key"), "user_id": bindparam("new_user"), "device_id": None}
        statement = update(schema.deliveries).where(rows.key == bindparam("old")).values(**changes, provider_id=None)
        new = [{"old": key, "new_key": name, "new_user": name} for key, name in names.items()]
        connection.execute(statement, new)
        events = schema.events.c
        follow = update(schema.events).where(events.key == bindparam("old")).values(key=bindparam("new_key"))
        connection.execute(follow, [{"old": key, "new_key": name} for key, name in names.items()])
    return len(names)


def _events(connection: Connection, user_id: str) -> int:
    """Ids of events may be made from the user's; what replaces them says nothing."""
    rows = schema.events.c
    ids = connection.execute(select(rows.event_id).where(rows.user_id == user_id)).scalars().all()
    if ids:
        statement = update(schema.events).where(rows.event_id == bindparam("old"))
        new = [{"old": old, "new": f"erased-{secrets.token_hex(12)}"} for old in ids]
        connection.execute(statement.values(event_id=bindparam("new"), user_id=None), new)
    return len(ids)
