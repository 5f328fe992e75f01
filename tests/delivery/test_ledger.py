"""The ledger with a clock that the test moves, on both databases."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from tests.store.rows import NOON, campaign, furnish

from pushgen.delivery import DeliveryConfig, Ledger, Order, Worker
from pushgen.errors import ConfigurationError, InputError
from pushgen.fakes import FakeChannel, FakeClock
from pushgen.protocols import Fate, Message, Outcome
from pushgen.records import Delivery, DeliveryState, Device, Preference, Push, Recipient
from pushgen.store import Store, schema
from pushgen.store.bulk import COPY_FROM

FREE = DeliveryConfig(per_day=None, per_week=None, quiet_from=None, quiet_to=None, poll_seconds=0.01)
ROOM, DEVICES = {"fake": 100}, {"fake": False}


class Bench:
    """A store, a clock, a channel and a worker over them."""

    def __init__(self, store: Store, config: DeliveryConfig = FREE, channel: FakeChannel | None = None) -> None:
        furnish(store)
        self.store, self.config, self.clock = store, config, FakeClock(NOON)
        self.channel = channel or FakeChannel()
        self.ledger = Ledger(store, config, self.clock)

    def order(self, user: str = "u1", window: str = "w1", **changes: object) -> Order:
        base: dict[str, object] = {
            "user_id": user, "campaign_id": "news", "window": window, "push_id": "p1", "channel": "fake",
            "due_at": self.clock.now(),
        }  # fmt: skip
        return Order(**{**base, **changes})  # type: ignore[arg-type]

    def run(self) -> dict[str, int]:
        worker = Worker(self.store, {"fake": self.channel}, self.config, self.clock)
        return dict(asyncio.run(worker.run(until_empty=True)))

    def rows(self, user: str = "u1") -> list[Delivery]:
        with self.store.read() as tx:
            return tx.deliveries.of_user(user)

    @property
    def sent(self) -> list[str]:
        return [message.key for message in self.channel.messages]


class TestPlan:
    def test_one_row_per_user_campaign_and_window_for_ever(self, store: Store) -> None:
        bench = Bench(store)
        orders = [bench.order("u1"), bench.order("u2"), bench.order("u1", "w2")]
        assert bench.ledger.plan(orders) == (3, 0)
        bench.run()
        assert bench.ledger.plan([*orders, bench.order("u3")]) == (1, 3)
        bench.run()
        assert len(bench.sent) == len(set(bench.sent)) == 4

    def test_an_audience_at_once(self, store: Store) -> None:
        bench = Bench(store)
        orders = [bench.order(f"u{i}") for i in range(COPY_FROM + 1)]
        assert bench.ledger.plan(orders) == (len(orders), 0)
        assert bench.ledger.plan(orders) == (0, len(orders))
        assert bench.ledger.claim(ROOM, DEVICES).rows[0].message.body == "News for you"

    def test_unknown_campaigns_and_pushes_are_named(self, store: Store) -> None:
        bench = Bench(store)
        with pytest.raises(InputError, match="'nothing'"):
            bench.ledger.plan([bench.order(campaign_id="nothing")])
        with pytest.raises(InputError, match="'p9'"):
            bench.ledger.plan([bench.order(push_id="p9")])


class TestStates:
    def test_each_has_its_moment(self, store: Store) -> None:
        bench = Bench(store)
        bench.ledger.plan([bench.order()])
        bench.clock.advance(seconds=5)
        claim = bench.ledger.claim(ROOM, DEVICES)
        (row,) = bench.rows()
        assert row.state is DeliveryState.ENQUEUED
        assert row.planned_at == NOON
        assert row.decided_at == row.rendered_at == row.enqueued_at == bench.clock.now()
        assert row.sent_at is None
        bench.clock.advance(seconds=1)
        bench.ledger.step(claim, [], claim.rows)
        (row,) = bench.rows()
        assert (row.state, row.sent_at) == (DeliveryState.SENDING, bench.clock.now())
        bench.clock.advance(seconds=1)
        bench.ledger.step(claim, [(claim.rows[0], Outcome(fate=Fate.ACCEPTED, provider_id="x"))], [])
        (row,) = bench.rows()
        assert (row.state, row.settled_at, row.provider_id) == (DeliveryState.ACCEPTED, bench.clock.now(), "x")

    def test_nobody_else_gets_what_is_claimed(self, store: Store) -> None:
        bench = Bench(store)
        bench.ledger.plan([bench.order(f"u{i}") for i in range(5)])
        assert len(bench.ledger.claim({"fake": 3}, DEVICES).rows) == 3
        assert len(bench.ledger.claim(ROOM, DEVICES).rows) == 2
        assert bench.ledger.claim(ROOM, DEVICES).rows == ()

    def test_urgent_campaigns_go_first(self, store: Store) -> None:
        from pushgen.records import Priority

        bench = Bench(store)
        with store.begin() as tx:
            tx.campaigns.put([campaign("low", priority=Priority.LOW), campaign("high", priority=Priority.HIGH)])
        for name in ("low", "news", "high"):
            bench.ledger.plan([bench.order(f"{name}-user", campaign_id=name)])
        claims = [bench.ledger.claim({"fake": 1}, DEVICES).rows[0].delivery.campaign_id for _ in range(3)]
        assert claims == ["high", "news", "low"]


class TestCrashes:
    """A worker that dies is one that never calls again."""

    def test_before_anything_was_sent(self, store: Store) -> None:
        bench = Bench(store)
        bench.ledger.plan([bench.order()])
        bench.ledger.claim(ROOM, DEVICES)
        assert bench.ledger.recover() == (0, 0)
        bench.clock.advance(seconds=FREE.lease_seconds + 1)
        assert bench.ledger.recover() == (1, 0)
        bench.run()
        (row,) = bench.rows()
        assert (row.state, row.recoveries, len(bench.sent)) == (DeliveryState.ACCEPTED, 0, 1)

    def test_while_a_request_was_under_way(self, store: Store) -> None:
        bench = Bench(store)
        bench.ledger.plan([bench.order()])
        claim = bench.ledger.claim(ROOM, DEVICES)
        bench.ledger.step(claim, [], claim.rows)
        bench.clock.advance(seconds=FREE.lease_seconds + 1)
        assert bench.ledger.recover() == (0, 1)
        bench.run()
        (row,) = bench.rows()
        assert (row.state, row.recoveries, bench.sent) == (DeliveryState.ACCEPTED, 1, [claim.rows[0].message.key])

    def test_a_worker_that_was_only_slow_finds_its_claim_gone(self, store: Store) -> None:
        bench = Bench(store)
        bench.ledger.plan([bench.order("u1"), bench.order("u2")])
        claim = bench.ledger.claim(ROOM, DEVICES)
        bench.ledger.step(claim, [], claim.rows[:1])
        bench.clock.advance(seconds=FREE.lease_seconds + 1)
        bench.ledger.recover()
        assert bench.ledger.step(claim, [(claim.rows[0], Outcome(fate=Fate.ACCEPTED))], claim.rows[1:]) == []
        assert [row.state for user in ("u1", "u2") for row in bench.rows(user)] == [DeliveryState.PLANNED] * 2

    def test_a_delivery_that_kills_workers_ends(self, store: Store) -> None:
        bench = Bench(store)
        bench.ledger.plan([bench.order()])
        for _ in range(FREE.recoveries + 1):
            claim = bench.ledger.claim(ROOM, DEVICES)
            bench.ledger.step(claim, [], claim.rows)
            bench.clock.advance(seconds=FREE.lease_seconds + 1)
            bench.ledger.recover()
        (row,) = bench.rows()
        assert (row.state, row.reason) == (DeliveryState.FAILED, "workers died")

    def test_what_may_have_been_sent_counts_against_the_cap(self, store: Store) -> None:
        bench = Bench(store, DeliveryConfig(per_day=1, quiet_from=None, quiet_to=None))
        bench.ledger.plan([bench.order()])
        claim = bench.ledger.claim(ROOM, DEVICES)
        bench.ledger.step(claim, [], claim.rows)
        bench.clock.advance(seconds=61)
        bench.ledger.recover()
        with store.begin() as tx:
            tx.campaigns.put([campaign("other")])
        bench.ledger.plan([bench.order(campaign_id="other")])
        claim = bench.ledger.claim(ROOM, DEVICES)
        assert [one.delivery.campaign_id for one in claim.rows] == ["news"]


class TestUsers:
    def test_a_cap_holds_over_campaigns_and_puts_off(self, store: Store) -> None:
        config = DeliveryConfig(
            per_day=2, per_week=3, quiet_from=None, quiet_to=None, poll_seconds=0.01, stale_after_seconds=None
        )
        bench = Bench(store, config)
        with store.begin() as tx:
            tx.campaigns.put([campaign(f"c{i}") for i in range(5)])
        bench.ledger.plan([bench.order(campaign_id=f"c{i}") for i in range(5)])
        counts: list[int] = []
        for _ in range(4):
            bench.run()
            counts.append(len(bench.sent))
            bench.clock.advance(hours=24)
        assert counts == [2, 3, 3, 3]
        bench.clock.move_to(NOON + timedelta(days=7))
        bench.run()
        assert len(bench.sent) == 5
        assert {row.deferrals for row in bench.rows()} >= {0, 1}

    def test_quiet_hours_put_off_in_the_zone_of_the_user(self, store: Store) -> None:
        bench = Bench(store, DeliveryConfig(poll_seconds=0.01))
        with store.begin() as tx:
            tx.recipients.put(
                [Recipient(user_id="tokyo", zone="Asia/Tokyo"), Recipient(user_id="rome", zone="Europe/Rome")]
            )
        bench.clock.move_to(datetime.fromisoformat("2026-03-02T13:30:00+00:00"))  # 22:30 and 14:30
        bench.ledger.plan([bench.order("tokyo"), bench.order("rome")])
        assert bench.run()["quiet hours"] == 1
        assert [message.user_id for message in bench.channel.messages] == ["rome"]
        (row,) = bench.rows("tokyo")
        assert (row.reason, row.due_at) == ("quiet hours", datetime.fromisoformat("2026-03-03T08:00:00+09:00"))
        bench.clock.move_to(row.due_at)
        bench.run()
        assert len(bench.sent) == 2

    def test_quiet_hours_that_begin_after_the_claim_hold(self, store: Store) -> None:
        bench = Bench(store, DeliveryConfig())
        bench.clock.move_to(datetime.fromisoformat("2026-03-02T21:59:50+00:00"))
        bench.ledger.plan([bench.order()])
        claim = bench.ledger.claim(ROOM, DEVICES)
        assert len(claim.rows) == 1
        bench.clock.advance(seconds=10)
        assert bench.ledger.step(claim, [], claim.rows) == []
        assert bench.rows()[0].state is DeliveryState.PLANNED
        assert bench.ledger.claim(ROOM, DEVICES).decided == {"quiet hours": 1}

    def test_an_opt_out_between_claim_and_request_holds(self, store: Store) -> None:
        bench = Bench(store)
        bench.ledger.plan([bench.order("u1"), bench.order("u2")])
        claim = bench.ledger.claim(ROOM, DEVICES)
        with store.begin() as tx:
            tx.preferences.put([Preference(user_id="u1", topic="news", wanted=False, changed_at=NOON)])
        assert [one.delivery.user_id for one in bench.ledger.step(claim, [], claim.rows)] == ["u2"]
        assert bench.ledger.claim(ROOM, DEVICES).decided == {"not wanted": 1}
        assert bench.rows()[0].state is DeliveryState.DROPPED

    @pytest.mark.parametrize(("topic", "goes"), [("*", False), ("news", False), ("sport", True)])
    def test_preferences(self, store: Store, topic: str, goes: bool) -> None:
        bench = Bench(store)
        with store.begin() as tx:
            tx.preferences.put([Preference(user_id="u1", topic=topic, wanted=False, changed_at=NOON)])
        bench.ledger.plan([bench.order()])
        bench.run()
        assert bool(bench.sent) is goes

    def test_slots_are_filled_at_the_last_moment(self, store: Store) -> None:
        bench = Bench(store)
        bench.ledger.plan([bench.order("u1"), bench.order("u2")])
        with store.begin() as tx:
            tx.recipients.put([Recipient(user_id="u1", fields={"first_name": "Ann"})])
            tx.pushes.add([Push(push_id="p2", content_id="c1", body="From {city}")])
        bench.ledger.plan([bench.order("u3", push_id="p2")])
        bench.run()
        assert {m.user_id: m.body for m in bench.channel.messages} == {"u1": "News for Ann", "u2": "News for you"}
        assert bench.rows("u3")[0].reason == "no value for the slot city"

    def test_what_waits_too_long_is_stale(self, store: Store) -> None:
        bench = Bench(store)
        with store.begin() as tx:
            tx.campaigns.put([campaign(stale_after_seconds=3600.0)])
        bench.ledger.plan([bench.order()])
        bench.clock.advance(hours=1)
        assert bench.run() == {"stale": 1, "recovered, not sent": 0, "recovered, may be sent": 0}

    def test_what_quiet_hours_put_off_beyond_the_stale_age_says_both(self, store: Store) -> None:
        bench = Bench(store, DeliveryConfig(poll_seconds=0.01))
        with store.begin() as tx:
            tx.campaigns.put([campaign(stale_after_seconds=3600.0)])
        bench.clock.advance(hours=11)
        bench.ledger.plan([bench.order()])
        bench.run()
        assert bench.rows()[0].reason == "stale, quiet hours"


class TestAnswers:
    def answer(self, *outcomes: Outcome) -> Callable[[Message], Outcome]:
        """These answers in turn, then acceptance."""
        left = list(outcomes)
        return lambda message: left.pop(0) if left else Outcome(fate=Fate.ACCEPTED)  # noqa: ARG005

    def test_a_dead_token_is_retired_and_the_next_device_tried(self, store: Store) -> None:
        channel = FakeChannel(self.answer(Outcome(fate=Fate.DEAD_TOKEN, code="UNREGISTERED")), needs_device=True)
        bench = Bench(store, channel=channel)
        with store.begin() as tx:
            tx.devices.put(
                [
                    Device(
                        device_id=name, user_id="u1", channel="fake", address=name, seen_at=NOON - timedelta(days=age)
                    )
                    for name, age in (("old", 2), ("new", 1))
                ]
            )
        bench.ledger.plan([bench.order("u1"), bench.order("u2")])
        bench.run()
        assert [m.device.device_id for m in channel.messages if m.device] == ["new", "old"]
        assert bench.rows()[0].device_id == "old"
        assert bench.rows("u2")[0].reason == "no device"
        with store.read() as tx:
            new, old = tx.devices.get("new"), tx.devices.get("old")
        assert new is not None
        assert old is not None
        assert (new.retired_at, old.retired_at) == (NOON, None)

    def test_later_means_later_and_a_provider_may_ask_for_more(self, store: Store) -> None:
        later = Outcome(fate=Fate.RETRY, code="busy", retry_after=120.0)
        bench = Bench(store, channel=FakeChannel(self.answer(later)))
        bench.ledger.plan([bench.order()])
        bench.run()
        (row,) = bench.rows()
        assert (row.state, row.reason, row.attempts) == (DeliveryState.PLANNED, "busy", 1)
        assert row.due_at == NOON + timedelta(seconds=120)
        bench.clock.advance(seconds=119)
        bench.run()
        assert len(bench.sent) == 1
        bench.clock.advance(seconds=1)
        bench.run()
        assert bench.sent == [row.key, row.key]

    def test_a_retry_does_not_go_on_for_ever(self, store: Store) -> None:
        bench = Bench(store, channel=FakeChannel(lambda _: Outcome(fate=Fate.RETRY, code="busy")))
        bench.ledger.plan([bench.order(expires_at=NOON + timedelta(days=9))])
        with store.begin() as tx:
            tx.campaigns.put([campaign(stale_after_seconds=1e9)])
        for _ in range(FREE.attempts + 1):
            bench.run()
            bench.clock.advance(hours=2)
        assert len(bench.sent) == FREE.attempts
        assert bench.rows()[0].reason == "gave up: busy"

    def test_an_answer_that_never_came_is_counted(self, store: Store) -> None:
        bench = Bench(store, channel=FakeChannel(self.answer(Outcome(fate=Fate.RETRY, code="late", uncertain=True))))
        bench.ledger.plan([bench.order()])
        bench.run()
        bench.clock.advance(minutes=2)
        bench.run()
        (row,) = bench.rows()
        assert (row.state, row.recoveries) == (DeliveryState.ACCEPTED, 1)

    def test_a_channel_that_raises_loses_nothing(self, store: Store) -> None:
        def fail(_: Message) -> Outcome:
            raise RuntimeError

        bench = Bench(store, channel=FakeChannel(fail))
        bench.ledger.plan([bench.order()])
        bench.run()
        assert bench.rows()[0].reason == "RuntimeError"

    def test_our_own_mistake_rests_the_channel_and_keeps_everything(self, store: Store) -> None:
        wrong = Outcome(fate=Fate.MISCONFIGURED, code="bad key")
        bench = Bench(
            store, DeliveryConfig(quiet_from=None, quiet_to=None, concurrency=2), FakeChannel(lambda _: wrong)
        )
        bench.ledger.plan([bench.order(f"u{i}") for i in range(50)])

        async def briefly() -> Worker:
            worker = Worker(store, {"fake": bench.channel}, bench.config, bench.clock)
            running = asyncio.create_task(worker.run())
            while not worker.resting:
                await asyncio.sleep(0.01)
            worker.stop()
            await running
            return worker

        worker = asyncio.run(briefly())
        assert worker.resting == {"fake": "our configuration: bad key"}
        assert len(bench.sent) <= 2
        with store.read() as tx:
            assert {state for _, state, _, _ in tx.deliveries.tally()} == {"planned"}


class TestLimits:
    def test_a_rate_holds_over_all_workers(self, store: Store) -> None:
        config = DeliveryConfig(per_day=None, per_week=None, quiet_from=None, quiet_to=None, rates={"fake": 5.0})
        bench = Bench(store, config)
        bench.ledger.plan([bench.order(f"u{i}") for i in range(50)])
        other = Ledger(store, config, bench.clock)
        counts: list[int] = []
        for _ in range(4):
            counts.append(sum(len(ledger.claim(ROOM, DEVICES).rows) for ledger in (bench.ledger, other)))
            bench.clock.advance(seconds=1)
        assert counts == [5, 5, 5, 5]

    def test_requests_under_way_are_bounded(self, store: Store) -> None:
        under_way, most = 0, 0

        class Slow(FakeChannel):
            async def send(self, message: Message) -> Outcome:
                nonlocal under_way, most
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(0.01)
                under_way -= 1
                return await super().send(message)

        bench = Bench(store, DeliveryConfig(quiet_from=None, quiet_to=None, concurrency=8, poll_seconds=0.01), Slow())
        bench.ledger.plan([bench.order(f"u{i}") for i in range(60)])
        bench.run()
        assert len(bench.sent) == 60
        assert 4 <= most <= 8


class TestErasure:
    def test_no_row_names_the_user(self, store: Store) -> None:
        from pushgen.records import AuditEntry, Event, EventKind

        bench = Bench(store)
        for user in ("secret-user", "other-user"):
            with store.begin() as tx:
                tx.recipients.put([Recipient(user_id=user, zone="UTC", fields={"first_name": f"name of {user}"})])
                tx.devices.put(
                    [Device(device_id=f"d-{user}", user_id=user, channel="fake", address=f"t-{user}", seen_at=NOON)]
                )
                tx.preferences.put([Preference(user_id=user, topic="sport", wanted=False, changed_at=NOON)])
                tx.audit.note(AuditEntry(at=NOON, actor="ann", action="opt out", noun="user", noun_id=user))
            bench.ledger.plan([bench.order(user), bench.order(user, "later", due_at=NOON + timedelta(days=1))])
        bench.run()
        (sent, _) = bench.rows("secret-user")
        with store.begin() as tx:
            tx.events.add(
                [
                    Event(event_id="secret-user:1", kind=EventKind.CLICK, at=NOON, user_id="secret-user", key=sent.key),
                    Event(event_id="2", kind=EventKind.IMPRESSION, at=NOON, key=sent.key, push_id="p1"),
                ]
            )
        before = self.dump(store)
        assert "secret-user" in before
        assert sent.key in before
        with store.begin() as tx:
            touched = tx.erase("secret-user")
        after = self.dump(store)
        for trace in ("secret-user", sent.key):
            assert trace not in after
        for trace in ("other-user", "t-other-user", "name of other-user"):
            assert after.count(trace) == before.count(trace)
        assert touched == {"recipients": 1, "devices": 1, "preferences": 1, "events": 1, "deliveries": 2, "audit": 1}
        bench.clock.advance(days=1)
        bench.run()
        assert [m.user_id for m in bench.channel.messages].count("secret-user") == 1
        with store.read() as tx:
            counts = {(state, reason): count for _, state, reason, count in tx.deliveries.tally()}
        assert counts == {("accepted", None): 3, ("dropped", "erased"): 1}

    def dump(self, store: Store) -> str:
        """Every cell of every table."""
        with store.read() as tx:
            rows = [tx.connection.execute(select(table)).all() for table in schema.metadata.sorted_tables]
        return repr(rows)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"timeout_seconds": 40.0}, "half of lease_seconds"),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "must differ"),
        ({"quiet_from": "late"}, "'late'"),
        ({"quiet_to": None}, "both"),
        ({"default_zone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"per_day": 0}, "per_day"),
        ({"rates": {"fcm": 0.0}}, "above 0"),
    ],
)
def test_settings_that_cannot_be(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        DeliveryConfig(**changes)  # type: ignore[arg-type]
