"""Experiments: started between approved pushes, users assigned, judged by what was sent and done."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from tests.service.conftest import Client
from tests.store.rows import furnish

from pushgen.experiments.buckets import BUCKETS, bucket
from pushgen.records import Delivery, DeliveryState, Event, EventKind, Push

BODY = {"content_id": "c1", "arms": [{"push_id": "p1"}, {"push_id": "p2", "weight": 3}]}


@pytest.fixture
def stocked(call_both: Client) -> Client:
    furnish(call_both.store)
    with call_both.store.begin() as tx:
        tx.pushes.add(
            [Push(push_id="p2", content_id="c1", body="Other"), Push(push_id="p3", content_id="c1", body="3")]
        )
    return call_both


def send(call: Client, users: int, rates: dict[str, float], seed: int = 0) -> None:
    """Deliveries to assigned users, and clicks at these rates, drawn."""
    random, now = np.random.default_rng(seed), call.clock.now()
    names = [f"u{i}" for i in range(users)]
    assigned: dict[str, str] = {}
    for start in range(0, users, 1000):
        found = call("POST", "/v1/experiments/x/assignments", json={"user_ids": names[start : start + 1000]}).json()
        assigned |= {row["user_id"]: row["push_id"] for row in found}
    deliveries = [
        Delivery(
            key=f"k-{user}", user_id=user, campaign_id="news", window="w", push_id=push, channel="sink",
            experiment_id="x", state=DeliveryState.ACCEPTED, due_at=now, planned_at=now, sent_at=now,
        )
        for user, push in assigned.items()
    ]  # fmt: skip
    clicked = [user for user, push in assigned.items() if random.random() < rates[push]]
    later = now + timedelta(minutes=10)
    events = [Event(event_id=f"e-{user}", kind=EventKind.CLICK, at=later, key=f"k-{user}") for user in clicked]
    with call.store.begin() as tx:
        tx.deliveries.add(deliveries)
        tx.events.add(events)


def test_it_begins_once_and_never_changes(stocked: Client) -> None:
    made = stocked("PUT", "/v1/experiments/x", json=BODY)
    assert made.status_code == 201
    assert [(arm["push_id"], arm["weight"]) for arm in made.json()["pushes"]] == [("p1", 1), ("p2", 3)]
    stocked.clock.advance(hours=1)
    again = stocked("PUT", "/v1/experiments/x", json=BODY)
    assert (again.status_code, again.json()) == (200, made.json())
    assert stocked("GET", "/v1/experiments/x").json() == made.json()
    assert stocked("GET", "/v1/experiments?content_id=c1").json()["items"] == [made.json()]
    other = {**BODY, "arms": [{"push_id": "p1"}, {"push_id": "p2"}]}
    assert stocked("PUT", "/v1/experiments/x", json=other).status_code == 409


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"content_id": "c9"}, "/content_id"),
        ({"arms": [{"push_id": "p1"}, {"push_id": "p9"}]}, "/arms/1/push_id"),
        ({"arms": [{"push_id": "p1"}]}, "/arms"),
        ({"arms": [{"push_id": "p1"}, {"push_id": "p1"}]}, ""),
        ({"arms": [{"push_id": "p1"}, {"push_id": "p2", "weight": 0}]}, "/arms/1/weight"),
    ],
)
def test_what_cannot_be_started(stocked: Client, changes: Any, pointer: str) -> None:
    refused = stocked("PUT", "/v1/experiments/x", json={**BODY, **changes})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


def test_users_get_the_arm_that_the_published_hash_says(stocked: Client) -> None:
    stocked("PUT", "/v1/experiments/x", json=BODY)
    names = [f"u{i}" for i in range(1000)]
    found = stocked("POST", "/v1/experiments/x/assignments", json={"user_ids": names}).json()
    expected = ["p1" if bucket("arms:x", name) < BUCKETS // 4 else "p2" for name in names]
    assert [row["push_id"] for row in found] == expected
    assert 200 < expected.count("p1") < 300
    assert stocked("POST", "/v1/experiments/y/assignments", json={"user_ids": names}).status_code == 404


def test_a_planted_winner_is_found(stocked: Client) -> None:
    stocked("PUT", "/v1/experiments/x", json=BODY)
    send(stocked, 4_000, {"p1": 0.05, "p2": 0.15})
    found = stocked("GET", "/v1/experiments/x/analysis").json()
    # So few users cannot tell yet that nobody is annoyed.
    assert (found["control"], found["decision"]["action"]) == ("p1", "keep running")
    assert "p2 is opened more" in found["decision"]["headline"]
    arms = {arm["arm"]: arm for arm in found["arms"]}
    assert arms["p1"]["impressions"] + arms["p2"]["impressions"] == 4_000
    (comparison,) = found["comparisons"]
    assert comparison["verdict"] == "better"
    assert comparison["low"] < 0.15 / 0.05 - 1 < comparison["high"]
    assert all(check["state"] == "ok" for check in found["checks"])
    other = stocked("GET", "/v1/experiments/x/analysis?control=p2").json()
    assert (other["control"], other["comparisons"][0]["lift"] < 0) == ("p2", True)


def test_traffic_that_is_not_as_promised_is_said_above_every_result(stocked: Client) -> None:
    stocked("PUT", "/v1/experiments/x", json={**BODY, "arms": [*BODY["arms"], {"push_id": "p3", "weight": 1}]})
    now = stocked.clock.now()
    events = [
        Event(event_id=f"{kind.value}-{push}-{i}", kind=kind, at=now, user_id=f"{push}-{i}", push_id=push)
        for push, count in (("p1", 300), ("p2", 300))
        for i in range(count)
        for kind in (EventKind.IMPRESSION, EventKind.CLICK)[: 1 + (i < 30)]
    ]
    with stocked.store.begin() as tx:
        tx.events.add(events)
    found = stocked("GET", "/v1/experiments/x/analysis").json()
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert states == {"sample ratio": "broken", "arms without traffic": "broken"}
    assert (found["decision"]["action"], found["comparisons"]) == ("stop", [])
    assert [(arm["impressions"], arm["clicks"]) for arm in found["arms"]] == [(300, 30), (300, 30)]


def test_nothing_to_judge_by(stocked: Client) -> None:
    stocked("PUT", "/v1/experiments/x", json=BODY)
    refused = stocked("GET", "/v1/experiments/x/analysis")
    assert (refused.status_code, "sent" in refused.json()["detail"]) == (409, True)
    assert stocked("GET", "/v1/experiments/x/analysis?control=p9").status_code == 422
    assert stocked("GET", "/v1/experiments/y/analysis").status_code == 404
