"""Who can be sent to: recipients, their devices, their preferences."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select, update

from pushgen.errors import InputError
from pushgen.records import EVERY_TOPIC, Device, Preference, Recipient
from pushgen.store import schema
from pushgen.store.bulk import insert_new
from pushgen.store.deliveries import Deliveries
from pushgen.store.repository import Repository


class Recipients(Repository[Recipient]):
    """Zones and slot values. Who is planned for without being known gets a row without either."""

    table = schema.recipients
    record = Recipient

    def put(self, records: Iterable[Recipient]) -> None:
        """Raises `InputError` for a time zone that does not exist."""
        found = list(records)
        for zone in {recipient.zone for recipient in found if recipient.zone is not None}:
            _check_zone(zone)
        super().put(found)
        Deliveries(self._connection).recall([recipient.user_id for recipient in found])

    def ensure(self, user_ids: Iterable[str]) -> int:
        """Rows for users who have none; how many were added."""
        rows: list[dict[str, Any]] = [
            {"user_id": user_id, "zone": None, "fields": {}} for user_id in sorted(set(user_ids))
        ]
        return insert_new(self._connection, self.table, rows)

    def named(self, user_ids: Collection[str]) -> dict[str, Recipient]:
        """The recipients with these ids that there are."""
        found = self._all(select(self.table).where(self.table.c.user_id.in_(user_ids)))
        return {recipient.user_id: recipient for recipient in found}

    def locked(self, user_ids: Collection[str]) -> dict[str, Recipient]:
        """The recipients among these whom no other worker is deciding about; they are ours until the commit.

        On SQLite the write lock of the transaction already keeps others out.
        """
        query = select(self.table).where(self.table.c.user_id.in_(user_ids)).order_by("user_id")
        if self._connection.dialect.name == "postgresql":
            query = query.with_for_update(key_share=True, skip_locked=True)
        return {recipient.user_id: recipient for recipient in self._all(query)}


class Devices(Repository[Device]):
    """Addresses of users."""

    table = schema.devices
    record = Device

    def alive(self, user_ids: Collection[str], channel: str) -> dict[str, list[Device]]:
        """Devices of each user on a channel that no provider has called dead, the one seen last first."""
        devices = self.table.c
        query = (
            select(self.table)
            .where(devices.user_id.in_(user_ids), devices.channel == channel, devices.retired_at.is_(None))
            .order_by(devices.user_id, devices.seen_at.desc(), devices.device_id)
        )
        found: dict[str, list[Device]] = defaultdict(list)
        for device in self._all(query):
            found[device.user_id].append(device)
        return found

    def retire(self, device_ids: Sequence[str], at: datetime) -> None:
        """Takes devices out of use for good; the app that reports the address again brings it back by `put`."""
        alive = self.table.c.retired_at.is_(None)
        where = self.table.c.device_id.in_(sorted(device_ids))
        self._connection.execute(update(self.table).where(where, alive).values(retired_at=at))


class Preferences(Repository[Preference]):
    """What users want."""

    table = schema.preferences
    record = Preference

    def put(self, records: Iterable[Preference]) -> None:
        """Also takes deliveries of these users that are enqueued but not under way back to be decided anew."""
        found = list(records)
        super().put(found)
        Deliveries(self._connection).recall([preference.user_id for preference in found])

    def unwanted(self, user_ids: Collection[str], topics: Collection[str]) -> set[tuple[str, str]]:
        """Pairs of user and topic that the user does not want, among these; topic `*` stands for all."""
        preferences = self.table.c
        query = select(preferences.user_id, preferences.topic).where(
            preferences.user_id.in_(user_ids),
            preferences.topic.in_([EVERY_TOPIC, *topics]),
            ~preferences.wanted,
        )
        return {(row.user_id, row.topic) for row in self._connection.execute(query)}


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            field="zone",
            expected="an IANA time zone such as Europe/Berlin",
            found=repr(zone),
            remedy="Leave it empty where it is not known; the default zone of the delivery settings then holds.",
        ) from error
