"""The dry run foresees what the workers then do, and changes nothing."""

from datetime import timedelta

from tests.delivery.test_ledger import Bench
from tests.store.rows import NOON, campaign

from pushgen.delivery import DeliveryConfig
from pushgen.delivery.preview import dry_run, next_send, tally
from pushgen.records import Preference, Recipient
from pushgen.store import Store


def test_foreseen_is_what_happens(store: Store) -> None:
    bench = Bench(store, DeliveryConfig(per_day=2, poll_seconds=0.01))
    with store.begin() as tx:
        tx.campaigns.put([campaign(f"c{i}", stale_after_seconds=1e6) for i in range(3)])
        tx.recipients.put([Recipient(user_id="late", zone="Asia/Tokyo"), Recipient(user_id="awake")])
        tx.preferences.put([Preference(user_id="unwilling", wanted=False, changed_at=NOON)])
    bench.clock.advance(hours=2)
    users = ("awake", "late", "unwilling")
    bench.ledger.plan([bench.order(user, campaign_id=f"c{i}") for user in users for i in range(3)])
    before = [bench.rows(user) for user in users]
    found = list(dry_run(store, bench.config, bench.clock, set()))
    assert tally(iter(found)) == {"defer: daily cap": 2, "defer: quiet hours": 2, "drop: not wanted": 3, "send": 2}
    assert [bench.rows(user) for user in users] == before
    bench.run()
    sent = {row.key for user in users for row in bench.rows(user) if row.sent_at}
    assert len(sent) == len({one.key for one in found if one.verdict == "send"}) == 2
    (held,) = [row for row in bench.rows("awake") if row.sent_at is None]
    # Which of three equal deliveries has to wait is left open.
    assert [held.due_at] == [one.at for one in found if one.user_id == "awake" and one.reason == "daily cap"]


def test_next_send_names_what_holds_it_up(store: Store) -> None:
    bench = Bench(store, DeliveryConfig(per_day=1, poll_seconds=0.01))
    assert next_send(store, bench.config, bench.clock, "u1") == (NOON, None)
    bench.ledger.plan([bench.order()])
    bench.run()
    assert next_send(store, bench.config, bench.clock, "u1") == (NOON + timedelta(days=1), "daily cap")
    bench.clock.advance(hours=35)
    assert next_send(store, bench.config, bench.clock, "u1") == (NOON + timedelta(hours=44), "quiet hours")
