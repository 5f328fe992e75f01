"""What a newcomer finds: contents with candidates and choices, reviews, an experiment, users and deliveries."""

import asyncio
from datetime import timedelta

from pushgen.delivery import DeliveryConfig, Ledger, Order, Worker
from pushgen.delivery.channels.sink import Sink
from pushgen.progress import say
from pushgen.records import Campaign, Decision, Preference, Priority, Recipient
from pushgen.service.candidates.schemas import Writing
from pushgen.service.candidates.service import generate
from pushgen.service.demo.experiment import run_experiment
from pushgen.service.reviews.schemas import ReviewIn
from pushgen.service.reviews.service import decide
from pushgen.service.selections.service import choose_now
from pushgen.service.state import Service
from pushgen.world import World

CONTENTS = 16
REVIEWED = 8
"""Contents that somebody has reviewed; the others wait in the queue."""
USERS = 120
_ZONES = ("Europe/Berlin", "America/New_York", "Asia/Shanghai", None)
_REASONS = ("says nothing new", "too loud for our readers")


def furnish(service: Service, world: World, seed: int) -> None:
    """Fills an empty database through the same code that answers requests."""
    contents = world.new_contents(CONTENTS)
    with service.store.begin() as tx:
        tx.contents.put(contents)
    names = [content.content_id for content in contents]
    for name in names:
        generate(service, name, Writing())
        choose_now(service, name)
    say(f"{CONTENTS} contents with candidates in every style, checked and chosen")
    run_experiment(service, world, names[0], seed)
    for place, name in enumerate(names[1:REVIEWED]):
        _review(service, place, name)
    _deliver(service, names[:REVIEWED])


def _review(service: Service, place: int, content_id: str) -> None:
    """Approves the choice and, now and then, rejects the runner-up."""
    with service.store.begin() as tx:
        selection = tx.selections.get(content_id)
        assert selection is not None
        now, reviewer = service.clock.now() - timedelta(hours=REVIEWED - place), ("ann", "ben")[place % 2]
        decide(tx, selection.candidate_id, ReviewIn(reviewer=reviewer, decision=Decision.APPROVE), None, now)
        if place % 3 == 1 and selection.rivals:
            rejection = ReviewIn(reviewer="ben", decision=Decision.REJECT, reason=_REASONS[place % 2])
            decide(tx, selection.rivals[0].candidate_id, rejection, None, now + timedelta(minutes=1))


def _deliver(service: Service, content_ids: list[str]) -> None:
    """Sends approved pushes to a sink: some go out, some wait for the morning, some are not wanted."""
    now, users = service.clock.now(), [f"user-{number:03d}" for number in range(USERS)]
    with service.store.begin() as tx:
        tx.campaigns.put(
            [
                Campaign(campaign_id="digest", topic="digest"),
                Campaign(campaign_id="breaking", topic="breaking", priority=Priority.HIGH),
            ]
        )
        tx.recipients.put(
            Recipient(user_id=user, zone=_ZONES[number % len(_ZONES)]) for number, user in enumerate(users)
        )
        tx.preferences.put(
            Preference(user_id=user, topic="digest", wanted=False, changed_at=now) for user in users[::10]
        )
        pushes = sorted(tx.approved.push_of(content_ids).values())
    orders = [
        Order(
            user_id=user,
            campaign_id=campaign,
            window=f"{now:%Y-%m-%d}",
            push_id=pushes[(number + shift) % len(pushes)],
            channel="sink",
            due_at=now,
        )
        for shift, campaign in enumerate(("digest", "breaking"))
        for number, user in enumerate(users)
    ]
    config = DeliveryConfig()
    Ledger(service.store, config, service.clock).plan(orders)
    done = asyncio.run(Worker(service.store, {"sink": Sink(keep=False)}, config).run(until_empty=True))
    say(f"{len(orders)} deliveries planned, {done['accepted']} sent to a sink; the others wait or are not wanted")
