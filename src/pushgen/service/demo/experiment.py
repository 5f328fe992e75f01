"""An experiment that ran for a week: two approved pushes of one content, users of the simulated app, what they did."""

from datetime import datetime, timedelta

import numpy as np

from pushgen.progress import say
from pushgen.records import Campaign, Candidate, Decision, Delivery, DeliveryState, Event, EventKind, Severity
from pushgen.service.experiments.schemas import ArmIn, ExperimentIn
from pushgen.service.experiments.service import assign, start
from pushgen.service.reviews.schemas import ReviewIn
from pushgen.service.reviews.service import decide
from pushgen.service.state import Service
from pushgen.store import Transaction
from pushgen.world import World

EXPERIMENT = "weak-or-strong"
READERS = 8_000
DAYS = 7
_MANY = 100_000
"""Impressions from which the app's rates are read."""


def run_experiment(service: Service, world: World, content_id: str, seed: int) -> None:
    """The candidates that the app's users open least and most, a week long, one push per user."""
    began = service.clock.now() - timedelta(days=DAYS)
    with service.store.begin() as tx:
        passing = _passing(tx, content_id)
        rates = _rates(world, passing, seed)
        ranked = sorted(rates, key=lambda name: rates[name])
        pushes: dict[str, tuple[float, float]] = {}
        for place, name in enumerate((ranked[0], ranked[-1])):
            at = began - timedelta(hours=2 - place)
            decide(tx, name, ReviewIn(reviewer="ann", decision=Decision.APPROVE), None, at)
            approved = tx.approved.get(content_id)
            assert approved is not None
            pushes[approved.push_id] = rates[name]
        arms = [ArmIn(push_id=push_id) for push_id in pushes]
        start(tx, EXPERIMENT, ExperimentIn(content_id=content_id, arms=arms, started_at=began), began)
        tx.campaigns.put([Campaign(campaign_id="test", topic="test")])
        events = _send(tx, began, pushes, seed)
    say(f"the experiment {EXPERIMENT}: {READERS:,} readers, {events:,} clicks and dislikes")


def _send(tx: Transaction, began: datetime, pushes: dict[str, tuple[float, float]], seed: int) -> int:
    """Deliveries to readers and what these did, drawn from the rates of each push; how many events there are."""
    assigned = assign(tx, EXPERIMENT, [f"reader-{number:05d}" for number in range(READERS)])
    random = np.random.default_rng([seed, 7])
    deliveries: list[Delivery] = []
    events: list[Event] = []
    for one, share, draws in zip(assigned, random.random(READERS), random.random((READERS, 2)), strict=True):
        sent_at = began + timedelta(days=DAYS * float(share))
        key = f"{EXPERIMENT}-{one.user_id}"
        deliveries.append(
            Delivery(
                key=key,
                user_id=one.user_id,
                campaign_id="test",
                window="once",
                push_id=one.push_id,
                channel="sink",
                experiment_id=EXPERIMENT,
                state=DeliveryState.ACCEPTED,
                due_at=sent_at,
                planned_at=began,
                sent_at=sent_at,
                settled_at=sent_at,
            )
        )
        for kind, rate, draw in zip((EventKind.CLICK, EventKind.DISLIKE), pushes[one.push_id], draws, strict=True):
            if draw < rate:
                at = sent_at + timedelta(minutes=5)
                events.append(Event(event_id=f"{key}-{kind.value}", kind=kind, at=at, key=key))
    tx.deliveries.add(deliveries)
    tx.events.add(events)
    return len(events)


def _passing(tx: Transaction, content_id: str) -> list[Candidate]:
    blocked = {one.candidate_id for one in tx.verdicts.of(content_id) if one.severity is Severity.BLOCK}
    return [one for one in tx.candidates.of(content_id) if one.candidate_id not in blocked]


def _rates(world: World, candidates: list[Candidate], seed: int) -> dict[str, tuple[float, float]]:
    """Clicks and dislikes per impression of each candidate in the simulated app, by its id."""
    counts = world.ab_test({one.candidate_id: [one] for one in candidates}, _MANY, seed)
    return {
        arm: (clicks / shown, dislikes / shown)
        for arm, shown, clicks, dislikes in counts.select("arm", "impressions", "clicks", "dislikes").iter_rows()
    }
