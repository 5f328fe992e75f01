"""Workers as real processes, killed with SIGKILL while they send to a provider that records every request."""

import base64
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from tests.delivery.provider import Answer, Provider, Request
from tests.store.rows import campaign, furnish

from pushgen.delivery import DeliveryConfig, Ledger, Order
from pushgen.delivery.clock import SystemClock
from pushgen.delivery.quiet import is_quiet
from pushgen.records import Preference, Recipient
from pushgen.store import Store, schema

WORKERS, CONCURRENCY, LEASE = 4, 20, 6.0
SETTINGS = f"""
per_day = 2
quiet_from = "22:00"
quiet_to = "08:00"
batch = 60
concurrency = {CONCURRENCY}
lease_seconds = {LEASE}
timeout_seconds = 3.0
poll_seconds = 0.2
retry_seconds = 1.0
recoveries = 50
[channels.webhook]
url = "URL"
secret = "whsec_{base64.b64encode(bytes(32)).decode()}"
allowed_hosts = ["127.0.0.1"]
"""


def zone_where(quiet: bool) -> str:
    """A zone in which it stays so for the next hours."""
    night = DeliveryConfig().quiet
    assert night is not None
    now = datetime.now(UTC)
    hours = {(now.astimezone(ZoneInfo(f"Etc/GMT{n:+d}")).hour - 22) % 24: f"Etc/GMT{n:+d}" for n in range(-11, 12)}
    zone = hours[min(hours, key=lambda hour: abs(hour - (4 if quiet else 14)))]
    assert is_quiet(now, ZoneInfo(zone), night) is quiet
    return zone


def plan(store: Store, users: int) -> dict[str, str]:
    """Three campaigns for each user under a cap of two a day; every tenth user sleeps, every tenth wants nothing."""
    furnish(store)
    kinds = {f"u{i}": {0: "asleep", 1: "unwilling"}.get(i % 10, "awake") for i in range(users)}
    day, night = zone_where(quiet=False), zone_where(quiet=True)
    now = datetime.now(UTC)
    with store.begin() as tx:
        # Put off by the cap, not stale when it ends.
        tx.campaigns.put([campaign(f"c{i}", stale_after_seconds=1e6) for i in range(3)])
        tx.recipients.put(
            [Recipient(user_id=user, zone=night if kind == "asleep" else day) for user, kind in kinds.items()]
        )
        tx.preferences.put(
            [Preference(user_id=u, wanted=False, changed_at=now) for u, kind in kinds.items() if kind == "unwilling"]
        )
    orders = [
        Order(user_id=user, campaign_id=f"c{i}", window="w", push_id="p1", channel="webhook", due_at=now)
        for i in range(3)
        for user in kinds
    ]
    assert Ledger(store, DeliveryConfig(), SystemClock()).plan(orders) == (len(orders), 0)
    return kinds


def start(database: str, config: Path) -> "subprocess.Popen[bytes]":
    call = [sys.executable, "-m", "pushgen", "deliver", "--database", database, "--config", str(config)]
    return subprocess.Popen([*call, "--until-empty"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def crash(store: Store, database: str, folder: Path, *, users: int, kills: int, seed: int = 1) -> dict[str, int]:
    """Sends everything while workers are killed, evenly over the requests, and checks what must hold."""
    kinds = plan(store, users)
    expected = 2 * sum(kind == "awake" for kind in kinds.values())
    rng = random.Random(seed)
    with Provider(lambda _: Answer(delay=0.02)) as provider:
        config = folder / "delivery.toml"
        config.write_text(SETTINGS.replace("URL", provider.url), encoding="utf-8")
        workers = [start(database, config) for _ in range(WORKERS)]
        killed = 0
        try:
            while True:
                time.sleep(0.01)
                alive = [number for number, worker in enumerate(workers) if worker.poll() is None]
                if killed < kills and alive and len(provider.requests) >= (killed + 1) * expected // (kills + 1):
                    victim = rng.choice(alive)
                    workers[victim].kill()
                    workers[victim].wait()
                    workers[victim] = start(database, config)
                    killed += 1
                elif not alive:
                    break
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
        requests = list(provider.requests)
    assert killed == kills
    return judge(store, kinds, requests, expected, kills)


def judge(store: Store, kinds: dict[str, str], requests: list[Request], expected: int, kills: int) -> dict[str, int]:
    times = Counter(request.headers["webhook-id"] for request in requests)
    bodies = {(request.headers["webhook-id"], request.body) for request in requests}
    d = schema.deliveries.c
    with store.read() as tx:
        rows = tx.connection.execute(select(d.key, d.user_id, d.state, d.reason, d.recoveries)).all()
    by_kind = Counter((kinds[row.user_id], row.state, row.reason) for row in rows)
    awake = expected // 2
    others = Counter(kinds.values())
    assert by_kind == {
        ("awake", "accepted", None): expected,
        ("awake", "planned", "daily cap"): awake,
        ("asleep", "planned", "quiet hours"): 3 * others["asleep"],
        ("unwilling", "dropped", "not wanted"): 3 * others["unwilling"],
    }, by_kind
    accepted = {row.key: row for row in rows if row.state == "accepted"}
    assert set(times) == set(accepted), "lost, or sent to somebody who must not get it"
    per_user = Counter(row.user_id for row in accepted.values())
    assert set(per_user.values()) == {2}, "a cap was broken"
    assert len(bodies) == len(times), "a repeat that differs"
    for key, count in times.items():
        assert count <= 1 + accepted[key].recoveries, "a repeat without a kill"
    in_flight = sum(row.recoveries for row in rows)
    assert in_flight <= kills * CONCURRENCY
    return {
        "accepted": expected,
        "kills": kills,
        "in flight at a kill": in_flight,
        "repeated": sum(count - 1 for count in times.values()),
        "repeated more than once": sum(count > 2 for count in times.values()),
    }


def test_kills_neither_lose_nor_repeat(store: Store, database: str, tmp_path: Path) -> None:
    found = crash(store, database, tmp_path, users=120, kills=3)
    assert found["accepted"] == 192


@pytest.mark.soak
def test_a_hundred_kills_and_twenty_thousand_deliveries(store: Store, database: str, tmp_path: Path) -> None:
    found = crash(store, database, tmp_path, users=12_500, kills=100)
    assert found["accepted"] == 20_000
    print(found)
