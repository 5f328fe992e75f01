"""How many deliveries a second go through the ledger, and what the ledger costs over the wire.

    python benchmarks/delivery_throughput.py [--deliveries 60000] [--over-wire 6000] [--repeats 3]

Ledger: planned deliveries, one per user, all due, caps and quiet hours on, go to a channel that sends nothing; workers
are processes of `pushgen deliver` on this machine, the database beside them with its writes forced to disk. The rate
is deliveries over the time from the first that was enqueued to the last that was settled. Memory is the resident set
of the workers. Over the wire: the same through the signed webhook to a local server, as a ratio to a bare client that
sends the same requests with the same concurrency, in turns. Writes benchmarks/results/delivery_throughput.md and .json.
"""

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1]))

from sqlalchemy import func, select
from tests.delivery.provider import Provider
from tests.postgres import binaries, server

from benchmarks.machine import stamp
from pushgen.delivery import DeliveryConfig, Ledger, Order
from pushgen.delivery.channels.http import make_client
from pushgen.delivery.channels.webhook import Webhook, WebhookConfig
from pushgen.delivery.clock import SystemClock
from pushgen.protocols import Message
from pushgen.records import Campaign, Content, Push
from pushgen.store import open_store, schema
from pushgen.store.migrate import upgrade

RESULTS = Path(__file__).parent / "results"
SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
CONCURRENCY = 100


def settings(folder: Path, channel: str) -> Path:
    """Default settings but for quiet hours, which would stop a benchmark at night; they are computed all the same."""
    now = datetime.now(UTC).hour
    text = f'quiet_from = "{(now + 12) % 24:02d}:00"\nquiet_to = "{(now + 13) % 24:02d}:00"\npoll_seconds = 0.1\n'
    file = folder / "delivery.toml"
    file.write_text(f"{text}{channel}", encoding="utf-8")
    return file


def plan(url: str, count: int, channel: str, window: str) -> float:
    """Enters deliveries, one per user; how many a second."""
    store, now = open_store(url), datetime.now(UTC)
    with store.begin() as tx:
        tx.contents.put([Content(content_id="c", title="T")])
        tx.pushes.add([Push(push_id="p", content_id="c", title="Hello", body="News for {first_name|you}")])
        tx.campaigns.put([Campaign(campaign_id="n", topic="n")])
    orders = (
        Order(user_id=f"{window}-{i}", campaign_id="n", window=window, push_id="p", channel=channel, due_at=now)
        for i in range(count)
    )
    began = time.perf_counter()
    assert Ledger(store, DeliveryConfig(), SystemClock()).plan(orders) == (count, 0)
    spent = time.perf_counter() - began
    store.close()
    return count / spent


def resident(pid: int) -> float:
    """MiB."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmRSS")), 0.0)


def deliver(url: str, config: Path, workers: int, count: int, window: str) -> dict[str, float]:
    """Runs the workers until all is settled."""
    call = [sys.executable, "-m", "pushgen", "deliver", "--database", url, "--config", str(config), "--until-empty"]
    before = os.times()
    processes = [subprocess.Popen(call, stderr=subprocess.DEVNULL) for _ in range(workers)]
    memory: list[float] = []
    while any(process.poll() is None for process in processes):
        memory.append(sum(resident(process.pid) for process in processes))
        time.sleep(0.5)
    after = os.times()
    assert all(process.returncode == 0 for process in processes)
    store, d = open_store(url), schema.deliveries.c
    with store.read() as tx:
        query = select(func.min(d.enqueued_at), func.max(d.settled_at), func.count()).where(
            d.window == window, d.state == "accepted"
        )
        first, last, done = tx.connection.execute(query).one()
    store.close()
    assert done == count, f"{done} of {count} were delivered"
    busy = [value for value in memory if value > 0.7 * max(memory)]
    third = max(1, len(busy) // 3)
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return {
        "rate": count / (last - first).total_seconds(),
        "cpu_ms": 1000 * cpu / count,
        "memory_early": statistics.median(busy[:third]),
        "memory_late": statistics.median(busy[-third:]),
        "memory_most": max(memory),
    }


def serve(pipe: Any) -> None:
    with Provider() as provider:
        pipe.send(provider.url)
        while pipe.recv() == "next":
            pipe.send(len(provider.requests))
            provider.requests.clear()


def bare(url: str, count: int) -> float:
    """The same requests without a ledger; how many a second."""

    async def go() -> float:
        channel = Webhook(WebhookConfig(url=url, secret=SECRET, allowed_hosts=("127.0.0.1",)))
        await channel.close()
        room = asyncio.Semaphore(CONCURRENCY)
        async with make_client(http2=False, timeout=10.0, connections=CONCURRENCY) as client:

            async def one(number: int) -> None:
                message = Message(
                    key=f"{number:032x}", user_id=f"u{number}", device=None, title="Hello", body="News for you",
                    campaign_id="n", push_id="p",
                )  # fmt: skip
                body = json.dumps({"key": message.key, "user_id": message.user_id, "title": message.title,
                                   "body": message.body, "campaign_id": "n", "push_id": "p", "link": None,
                                   "media": None, "priority": "normal", "expires_at": None}).encode()  # fmt: skip
                headers = {"content-type": "application/json", "webhook-id": message.key, "webhook-timestamp": "0",
                           "webhook-signature": "v1," + "x" * 44, "idempotency-key": message.key}  # fmt: skip
                async with room:
                    answer = await client.post(url, content=body, headers=headers)
                assert answer.is_success

            began = time.perf_counter()
            await asyncio.gather(*map(one, range(count)))
            return count / (time.perf_counter() - began)

    return asyncio.run(go())


def over_wire(url: str, folder: Path, count: int, repeats: int) -> dict[str, list[float]]:
    """Rates through the ledger and without it, in turns; one worker, one bare client."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(there,))
    process.start()
    target = here.recv()
    config = settings(
        folder, f'[channels.webhook]\nurl = "{target}"\nsecret = "{SECRET}"\nallowed_hosts = ["127.0.0.1"]\n'
    )
    found: dict[str, list[float]] = {"ledger": [], "bare": []}
    for number in range(repeats):
        plan(url, count, "webhook", f"wire{number}")
        found["ledger"].append(deliver(url, config, 1, count, f"wire{number}")["rate"])
        here.send("next")
        assert here.recv() == count
        found["bare"].append(bare(target, count))
        here.send("next")
        assert here.recv() == count
    here.send("stop")
    process.join()
    return found


def interval(values: list[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:,.2f}" if values[0] < 10 else f"{values[0]:,.0f}"
    logs = np.log(values)
    half = stats.t.ppf(0.975, len(logs) - 1) * stats.sem(logs)
    low, mid, high = np.exp([logs.mean() - half, logs.mean(), logs.mean() + half])
    digits = 2 if mid < 10 else 0
    return f"{mid:,.{digits}f} [{low:,.{digits}f}, {high:,.{digits}f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=60_000)
    parser.add_argument("--over-wire", type=int, default=6_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    values: dict[str, Any] = {"deliveries": arguments.deliveries, "repeats": arguments.repeats, "load": load}
    rows: list[str] = []
    wire_rows: list[str] = []
    for kind, workers in (("sqlite", 1), ("postgresql", 2)):
        if arguments.only not in (None, kind) or (kind == "postgresql" and binaries() is None):
            continue
        with tempfile.TemporaryDirectory() as name, server() if kind == "postgresql" else nullcontext("") as url:
            folder = Path(name)
            url = url or f"sqlite:///{folder}/pushgen.db"
            upgrade(url)
            config = settings(folder, "[channels.sink]\n")
            runs: list[dict[str, float]] = []
            planned: list[float] = []
            for number in range(arguments.repeats):
                planned.append(plan(url, arguments.deliveries, "sink", f"w{number}"))
                runs.append(deliver(url, config, workers, arguments.deliveries, f"w{number}"))
            wire = over_wire(url, folder, arguments.over_wire, arguments.repeats)
        values[kind] = {"runs": runs, "planned": planned, "wire": wire}
        rates = interval([run["rate"] for run in runs])
        early, late, most = (
            statistics.median(run[f"memory_{part}"] for run in runs) for part in ("early", "late", "most")
        )
        cpu = statistics.median(run["cpu_ms"] for run in runs)
        memory = f"{early:.0f} | {late:.0f} | {most:.0f}"
        rows.append(f"| {kind} | {workers} | {interval(planned)} | {rates} | {cpu:.2f} | {memory} |")
        ratio = interval([ledger / plain for ledger, plain in zip(wire["ledger"], wire["bare"], strict=True)])
        wire_rows.append(f"| {kind} | {interval(wire['ledger'])} | {interval(wire['bare'])} | {ratio} |")
    lines = ["# Deliveries per second", "", *stamp(), ""]
    lines += [f"Command: `python benchmarks/delivery_throughput.py --deliveries {arguments.deliveries}`", ""]
    lines += [
        f"{arguments.deliveries:,} deliveries, {arguments.repeats} repeats, geometric mean with its 95% interval over "
        "repeats (t on the logarithm). Workers, database and server share the cores of the machine; its load "
        f"average before the start was {load:.1f}. Processor time is that of the workers, start-up included.",
        "",
        "| database | workers | planned/s | delivered/s | processor ms per delivery | MiB, first third | last third "
        "| most |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Over the wire, {arguments.over_wire:,} signed webhooks over HTTP/1.1 to a local server, one worker:",
        "",
        "| database | through the ledger, per s | bare client, per s | ratio |",
        "|---|---|---|---|",
        *wire_rows,
    ]
    text = "\n".join([*lines, ""])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "delivery_throughput.md").write_text(text, encoding="utf-8")
    (RESULTS / "delivery_throughput.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
