"""What would happen: a dry run over all that waits, and when a user can next be sent to. Nothing is written."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pushgen.delivery.decide import Defer, Drop, Send, decide, earliest
from pushgen.delivery.settings import DeliveryConfig
from pushgen.protocols import Clock
from pushgen.records import EVERY_TOPIC, Delivery, Recipient
from pushgen.store import Store, Transaction
from pushgen.store.deliveries import LOOK_BACK

PAGE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What would become of one delivery."""

    key: str
    user_id: str
    campaign_id: str
    push_id: str
    channel: str
    verdict: str
    """`send`, `defer` or `drop`."""
    at: datetime | None
    """When it would go out at the earliest; null where it would be dropped."""
    reason: str | None


def dry_run(
    store: Store, config: DeliveryConfig, clock: Clock, needs_device: Collection[str], *, hours: float = 0.0
) -> Iterator[Foreseen]:
    """Every delivery that is due within so many hours from now, user by user, each after those before it.

    Rates and answers of providers are not foreseen. A delivery that waits for another of the same user is shown at
    the moment that quiet hours and caps allow if everything before it is delivered.
    """
    now = clock.now()
    after: tuple[str, str] | None = None
    carried: dict[str, list[datetime]] = {}
    while True:
        with store.read() as tx:
            page = tx.deliveries.planned(before=now + timedelta(hours=hours), after=after, limit=PAGE)
            if not page:
                return
            found = list(_foresee(tx, page, config, now, needs_device, carried))
        yield from found
        after = page[-1].user_id, page[-1].key
        # Pages follow the users, so only the last user can go on on the next one.
        carried = {user: moments for user, moments in carried.items() if user == page[-1].user_id}


def next_send(store: Store, config: DeliveryConfig, clock: Clock, user_id: str) -> tuple[datetime, str | None]:
    """When a user can next be sent to, and what holds it up: quiet hours or a cap."""
    now = clock.now()
    with store.read() as tx:
        recipient = tx.recipients.get(user_id) or Recipient(user_id=user_id)
        sent = [at for _, at in tx.deliveries.counted([user_id], now - LOOK_BACK).get(user_id, [])]
    return earliest(recipient, sent=sent, now=now, config=config)


def tally(found: Iterator[Foreseen]) -> dict[str, int]:
    """How many would be sent, put off or dropped, by reason."""
    counts = Counter(one.verdict if one.reason is None else f"{one.verdict}: {one.reason}" for one in found)
    return dict(sorted(counts.items()))


def _foresee(
    tx: Transaction,
    page: list[Delivery],
    config: DeliveryConfig,
    now: datetime,
    needs_device: Collection[str],
    carried: dict[str, list[datetime]],
) -> Iterator[Foreseen]:
    users = sorted({one.user_id for one in page})
    recipients = {user: Recipient(user_id=user) for user in users} | tx.recipients.named(users)
    history = tx.deliveries.counted(users, now - LOOK_BACK)
    topics = {name: campaign.topic for name in {o.campaign_id for o in page} if (campaign := tx.campaigns.get(name))}
    unwanted = tx.preferences.unwanted(users, set(topics.values()))
    devices = {channel: tx.devices.alive(users, channel) for channel in {o.channel for o in page} & set(needs_device)}
    for one in sorted(page, key=lambda row: (row.user_id, -row.priority, row.due_at)):
        own = [at for key, at in history.get(one.user_id, []) if key != one.key]
        moment = max(now, one.due_at)
        verdict = decide(
            one,
            recipients[one.user_id],
            reachable=one.channel not in devices or one.user_id in devices[one.channel],
            wanted=not {(one.user_id, EVERY_TOPIC), (one.user_id, topics[one.campaign_id])} & unwanted,
            sent=[*own, *carried.get(one.user_id, [])],
            now=moment,
            config=config,
        )
        at = moment if isinstance(verdict, Send) else verdict.until if isinstance(verdict, Defer) else None
        if at is not None:
            carried.setdefault(one.user_id, []).append(at)
        yield Foreseen(
            key=one.key,
            user_id=one.user_id,
            campaign_id=one.campaign_id,
            push_id=one.push_id,
            channel=one.channel,
            verdict={Send: "send", Defer: "defer", Drop: "drop"}[type(verdict)],
            at=at,
            reason=None if isinstance(verdict, Send) else verdict.reason,
        )
