"""The ledger: one row per user, campaign and window for ever, and the only way in which a row changes.

planned -> enqueued -> sending -> accepted, failed or dropped. A row is decided, rendered and enqueued in one
transaction that holds the user, so that two workers never decide about one user at once and caps hold. It is marked
as being sent in a transaction that is over before its request goes out, and settled in one after the answer. A worker
that dies leaves either rows that were not sent, which go again, or rows that may have been: those go again under the
same key, counted in `recoveries`. Against a provider that does not look at keys more is not to be had.

Why no job library: DBOS keeps the steps of each workflow in tables of its own, and procrastinate one job row per
task; either would write more rows per push than the ledger itself, which must hold the row per key in any case, and
neither decides under a lock per user, which is where the caps are kept. procrastinate also needs PostgreSQL. What
is left of them is a lease, and that is the column `lease_until`.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from pushgen.delivery.decide import Defer, Drop, Send, decide
from pushgen.delivery.render import render
from pushgen.delivery.settings import DeliveryConfig
from pushgen.delivery.settle import settlement
from pushgen.delivery.slots import UnfilledSlotError
from pushgen.errors import InputError
from pushgen.protocols import Clock, Message, Outcome
from pushgen.records import EVERY_TOPIC, Campaign, Delivery, DeliveryState, Device, Priority, Push
from pushgen.store import Store, Transaction
from pushgen.store.deliveries import LOOK_BACK

PLAN_ROWS = 10_000
_CACHE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A wish that a user gets a push."""

    user_id: str
    campaign_id: str
    window: str
    """The campaign sends to the user at most once in the window of this name."""
    push_id: str
    channel: str
    due_at: datetime
    expires_at: datetime | None = None
    experiment_id: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery in the hands of this worker, rendered."""

    delivery: Delivery
    message: Message
    until: datetime | None
    """Not to be sent from this moment on without a new decision."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one claim brought."""

    name: str
    rows: Sequence[Claimed] = ()
    looked_at: int = 0
    """Rows that were due, those put off and dropped included."""
    decided: Mapping[str, int] = field(default_factory=dict[str, int])
    """How many were put off or dropped, by reason."""


def delivery_key(user_id: str, campaign_id: str, window: str) -> str:
    """The key: 32 hexadecimal digits that follow from user, campaign and window and do not show them."""
    identity = "\x1f".join((user_id, campaign_id, window))
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Ledger:
    """All that happens to deliveries. Many workers, each with a ledger on the same database, share the work."""

    def __init__(self, store: Store, config: DeliveryConfig, clock: Clock) -> None:
        self._store, self._config, self._clock = store, config, clock
        self._pushes: dict[str, Push] = {}

    def plan(self, orders: Iterable[Order]) -> tuple[int, int]:
        """Enters orders; how many are new, and how many have a key that is there already and change nothing.

        Raises `InputError` for a campaign or a push that is not in the store; orders before it, in whole groups of
        ten thousand, are in by then, and entering the same orders again does them no harm.
        """
        stream, new, known = iter(orders), 0, 0
        while group := list(islice(stream, PLAN_ROWS)):
            with self._store.begin() as tx:
                added = self._plan_group(tx, group)
            new, known = new + added, known + len(group) - added
        return new, known

    def claim(self, room: Mapping[str, int], devices: Mapping[str, bool]) -> Claim:
        """Decides about deliveries that are due and takes those that go out now.

        `room` is the most that may go on each channel, `devices` says which channels need the address of a device.
        """
        now = self._clock.now()
        name = secrets.token_hex(8)
        with self._store.begin() as tx:
            due: list[Delivery] = []
            for channel, most in room.items():
                due += self._due(tx, channel, min(most, self._config.batch), now)
            if not due:
                return Claim(name)
            return self._decide_all(tx, name, due, devices, now)

    def step(
        self, claim: Claim, answered: Sequence[tuple[Claimed, Outcome]], following: Sequence[Claimed]
    ) -> list[Claimed]:
        """Settles what was answered and marks what goes out next; those of `following` that may go now.

        When this returns it is on disk that their requests may have gone out.
        """
        now = self._clock.now()
        fresh = [one for one in following if one.until is None or now < one.until]
        lapsed = [one.delivery.key for one in following if one.until is not None and now >= one.until]
        with self._store.begin() as tx:
            if answered:
                results = [settlement(one.delivery, one.message, answer, now, self._config) for one, answer in answered]
                tx.deliveries.settle([result for result, _ in results], claim=claim.name, now=now)
                dead = [device for _, device in results if device is not None]
                if dead:
                    tx.devices.retire(dead, now)
            if lapsed:
                tx.deliveries.release(lapsed, claim=claim.name)
            if not fresh:
                return []
            lease = now + timedelta(seconds=self._config.lease_seconds)
            keys = [one.delivery.key for one in fresh]
            mine = tx.deliveries.mark_sending(keys, claim=claim.name, lease_until=lease, now=now)
        return [one for one in fresh if one.delivery.key in mine]

    def release(self, claim: Claim, rows: Sequence[Claimed]) -> None:
        """Gives back what was claimed and not sent."""
        if rows:
            with self._store.begin() as tx:
                tx.deliveries.release([one.delivery.key for one in rows], claim=claim.name)

    def recover(self) -> tuple[int, int]:
        """Takes back what dead workers held; see `pushgen.store.deliveries.Deliveries.recover`."""
        with self._store.begin() as tx:
            return tx.deliveries.recover(self._clock.now(), most=self._config.recoveries)

    def is_idle(self, channels: Sequence[str]) -> bool:
        """Whether nothing is due and nothing is in anybody's hands."""
        with self._store.read() as tx:
            return tx.deliveries.is_idle(channels, self._clock.now())

    def _plan_group(self, tx: Transaction, orders: Sequence[Order]) -> int:
        now = self._clock.now()
        campaigns = {name: _campaign(tx, name) for name in {order.campaign_id for order in orders}}
        pushes = tx.pushes.named({order.push_id for order in orders})
        missing = sorted({order.push_id for order in orders} - set(pushes))
        if missing:
            raise InputError(
                field="push_id",
                expected="a push that is in the store",
                found=repr(missing[0]),
                remedy="Load the pushes first.",
            )
        tx.recipients.ensure(order.user_id for order in orders)
        return tx.deliveries.plan(
            [self._row(order, campaigns[order.campaign_id], pushes[order.push_id], now) for order in orders]
        )

    def _row(self, order: Order, campaign: Campaign, push: Push, now: datetime) -> dict[str, object]:
        stale = campaign.stale_after_seconds
        stale = self._config.stale_after_seconds if stale is None else stale
        ends = [order.expires_at, push.expires_at, None if stale is None else order.due_at + timedelta(seconds=stale)]
        return {
            "key": delivery_key(order.user_id, order.campaign_id, order.window),
            "user_id": order.user_id,
            "campaign_id": order.campaign_id,
            "window": order.window,
            "push_id": order.push_id,
            "channel": order.channel,
            "experiment_id": order.experiment_id,
            "priority": campaign.priority.value,
            "state": DeliveryState.PLANNED.value,
            "due_at": order.due_at,
            "expires_at": min((end for end in ends if end is not None), default=None),
            "planned_at": now,
            "attempts": 0,
            "recoveries": 0,
            "deferrals": 0,
        }

    def _due(self, tx: Transaction, channel: str, most: int, now: datetime) -> list[Delivery]:
        """Deliveries of one channel that are due, the urgent ones first, as far as the channel's rate allows."""
        rate = self._config.rates.get(channel)
        granted = most
        if rate is not None:
            granted = tx.channels.take(channel, most, rate=rate, burst=max(rate, 1.0), now=now)
        found: list[Delivery] = []
        for priority in sorted(Priority, reverse=True):
            if len(found) < granted:
                found += tx.deliveries.due(channel, priority.value, now, granted - len(found))
        if rate is not None and len(found) < granted:
            tx.channels.give_back(channel, granted - len(found), burst=max(rate, 1.0))
        return found

    def _decide_all(
        self, tx: Transaction, name: str, due: Sequence[Delivery], devices: Mapping[str, bool], now: datetime
    ) -> Claim:
        recipients = tx.recipients.locked({one.user_id for one in due})
        # Whoever is missing is being decided about by another worker, and comes up again.
        mine = [one for one in due if one.user_id in recipients]
        users = list(recipients)
        topics = {one.campaign_id: _campaign(tx, one.campaign_id).topic for one in _firsts(mine)}
        unwanted = tx.preferences.unwanted(users, set(topics.values())) if users else set[tuple[str, str]]()
        history = tx.deliveries.counted(users, now - LOOK_BACK) if users else {}
        addresses = {
            channel: tx.devices.alive(users, channel) for channel in {o.channel for o in mine if devices[o.channel]}
        }
        pushes = self._named(tx, {one.push_id for one in mine})
        going: list[Claimed] = []
        later: list[tuple[str, datetime, str]] = []
        never: dict[str, list[str]] = {}
        for one in mine:
            recipient = recipients[one.user_id]
            device = self._device(addresses, one)
            sent = [at for key, at in history.get(one.user_id, []) if key != one.key]
            wanted = not {(one.user_id, EVERY_TOPIC), (one.user_id, topics[one.campaign_id])} & unwanted
            reachable = device is not None or not devices[one.channel]
            verdict = decide(
                one, recipient, reachable=reachable, wanted=wanted, sent=sent, now=now, config=self._config
            )
            if isinstance(verdict, Send):
                try:
                    message = render(one, pushes[one.push_id], recipient, device)
                except UnfilledSlotError as error:
                    verdict = Drop(f"no value for the slot {error.name}")
                else:
                    going.append(Claimed(one, message, verdict.until))
                    history.setdefault(one.user_id, []).append((one.key, now))
            if isinstance(verdict, Defer):
                later.append((one.key, verdict.until, verdict.reason))
            elif isinstance(verdict, Drop):
                never.setdefault(verdict.reason, []).append(one.key)
        if going:
            lease = now + timedelta(seconds=self._config.lease_seconds)
            tx.deliveries.enqueue([one.delivery.key for one in going], claim=name, lease_until=lease, now=now)
        tx.deliveries.defer(later, now)
        for reason, keys in never.items():
            tx.deliveries.drop(keys, reason, now)
        counts = Counter(reason for _, _, reason in later) + Counter(
            {reason: len(keys) for reason, keys in never.items()}
        )
        return Claim(name, going, len(mine), counts)

    def _named(self, tx: Transaction, push_ids: set[str]) -> Mapping[str, Push]:
        missing = push_ids - self._pushes.keys()
        if missing:
            if len(self._pushes) + len(missing) > _CACHE:
                self._pushes = {name: push for name, push in self._pushes.items() if name in push_ids}
            self._pushes |= tx.pushes.named(missing)
        return self._pushes

    @staticmethod
    def _device(addresses: Mapping[str, Mapping[str, Sequence[Device]]], one: Delivery) -> Device | None:
        """Of several devices the one seen last: a push reaches a person once, not every pocket."""
        found = addresses.get(one.channel, {}).get(one.user_id)
        return found[0] if found else None


def _firsts(deliveries: Sequence[Delivery]) -> list[Delivery]:
    return list({one.campaign_id: one for one in deliveries}.values())


def _campaign(tx: Transaction, name: str) -> Campaign:
    campaign = tx.campaigns.get(name)
    if campaign is None:
        raise InputError(
            field="campaign_id",
            expected="a campaign that is in the store",
            found=repr(name),
            remedy="Add the campaign with its topic first.",
        )
    return campaign
