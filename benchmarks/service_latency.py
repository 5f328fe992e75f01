"""How long the service takes to answer, how much it answers, and what it does under more than it can.

    python benchmarks/service_latency.py [--reward MODEL] [--contents 200] [--requests 300] [--seconds 8]

A server of `pushgen serve` on this machine, SQLite with its writes forced to disk, and clients beside it over HTTP/1.1.
Contents are of the simulated app, their candidates written by the template in every style. Without --reward a linear
model is trained on the app's log first. Alone: one client, one request after the other. `health` is the bare server;
`in this process` is the same score without a server. Fifty: as many clients at once, nobody shed (room to wait for
all). Overload: four times as many with the default room. Writes benchmarks/results/service_latency.md and .json.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen.delivery.clock import SystemClock
from pushgen.generation import open_generator
from pushgen.guardrails import check
from pushgen.pipeline.guarding import open_rules
from pushgen.pipeline.past import write_past
from pushgen.pipeline.training import train_reward
from pushgen.protocols import GenerationRequest
from pushgen.records import Candidate, Content
from pushgen.reward import open_reward
from pushgen.reward.settings import RewardConfig
from pushgen.selection import win_matrices
from pushgen.service.keys import add_key
from pushgen.store import open_store
from pushgen.store.migrate import upgrade
from pushgen.styles import load_taxonomy
from pushgen.world import World, WorldConfig

RESULTS = Path(__file__).parent / "results"
TEXTS, CLIENTS, OVERLOAD = 8, 50, 200
BARS = {"score": 60.0, "select": 20.0}
"""Milliseconds at the median."""
Ask = tuple[str, str, Any]
"""Method, path, body."""


@dataclass(slots=True)
class Seen:
    """Answers to one kind of request."""

    milliseconds: list[float] = field(default_factory=list[float])
    """Of the answers with 200."""
    statuses: Counter[int] = field(default_factory=Counter[int])
    without_retry: int = 0
    """Answers with 503 that did not say when to come back."""
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        taken = np.array(self.milliseconds)
        low, mid, high = median(taken)
        return {
            "median": mid, "low": low, "high": high, "p99": float(np.quantile(taken, 0.99)),
            "per_second": len(taken) / self.seconds, "statuses": dict(self.statuses),
            "without_retry": self.without_retry,
        }  # fmt: skip


def median(values: np.ndarray) -> tuple[float, float, float]:
    """The median between the ends of its 95% interval by order statistics."""
    ranked, count = np.sort(values), len(values)
    low, high = (int(rank) for rank in stats.binom.interval(0.95, count, 0.5))
    return float(ranked[max(low - 1, 0)]), float(np.median(ranked)), float(ranked[min(high, count - 1)])


def stock(url: str, count: int) -> tuple[list[tuple[Content, list[Candidate]]], str]:
    """Contents and their passing candidates in the database, and a key."""
    upgrade(url)
    store = open_store(url)
    world = World.build(WorldConfig(contents=10, experiments=10, solo_sends=0), 0)
    writer, rules = open_generator("template"), open_rules()
    fields: list[tuple[Content, list[Candidate]]] = []
    with store.begin() as tx:
        for content in world.new_contents(count):
            requests = [GenerationRequest(content=content, style=style) for style in load_taxonomy().ids]
            written = [one for one in writer.generate(requests) if isinstance(one, Candidate)]
            found = check(content, written, rules)
            tx.contents.put([content])
            tx.candidates.put([*written, *found.repaired])
            tx.verdicts.put(found.verdicts)
            fields.append((content, found.survivors))
    _, key = add_key(store, SystemClock(), "benchmark", ["models:use"])
    store.close()
    return fields, key


def learn(folder: Path) -> Path:
    """A linear reward model of the simulated app."""
    world = World.build(WorldConfig(contents=1000, experiments=1000, solo_sends=0), 0)
    config = RewardConfig(kind="linear")
    train_reward(write_past(world, folder / "log"), folder / "reward", config)
    return folder / "reward"


@contextmanager
def serving(url: str, reward: Path, *more: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    call = [sys.executable, "-m", "pushgen", "serve", "--database", url, "--port", str(port), "--reward", str(reward)]
    limits = ["--rate", "1000000", "--burst", "1000000", "--in-flight", "1000"]
    process = subprocess.Popen([*call, *limits, *more], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}/v1"
    try:
        while True:
            assert process.poll() is None, "the server did not start"
            try:
                if httpx.get(f"{base}/ready", timeout=30).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait()


def crowd(base: str, key: str, asks: Iterator[Ask], clients: int, enough: Callable[[int, float], bool]) -> Seen:
    """So many clients, each with one request after the other, until it is enough by requests and seconds."""
    seen = Seen()

    async def go() -> None:
        limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
        headers = {"Authorization": f"Bearer {key}"}
        began = time.perf_counter()
        async with httpx.AsyncClient(
            base_url=base, headers=headers, limits=limits, timeout=60, trust_env=False
        ) as http:

            async def one() -> None:
                while not enough(seen.statuses.total(), time.perf_counter() - began):
                    method, path, body = next(asks)
                    start = time.perf_counter()
                    answer = await http.request(method, path, json=body)
                    seen.statuses[answer.status_code] += 1
                    if answer.status_code == 200:
                        seen.milliseconds.append(1000 * (time.perf_counter() - start))
                    elif answer.status_code == 503:
                        wait = answer.headers.get("retry-after")
                        seen.without_retry += wait is None
                        await asyncio.sleep(float(wait or 0.0))

            await asyncio.gather(*(one() for _ in range(clients)))
        seen.seconds = time.perf_counter() - began

    asyncio.run(go())
    return seen


def alone_in_process(fields: list[tuple[Content, list[Candidate]]], reward: Path, count: int) -> Seen:
    model, seen = open_reward(reward), Seen()
    began = time.perf_counter()
    for _, (content, candidates) in zip(range(count + 10), cycle(fields), strict=False):
        start = time.perf_counter()
        win_matrices([(content, candidates[:TEXTS])], model)
        seen.milliseconds.append(1000 * (time.perf_counter() - start))
    seen.milliseconds, seen.seconds = seen.milliseconds[10:], time.perf_counter() - began
    return seen


def row(name: str, found: dict[str, Any], bar: float | None = None) -> str:
    told = ", ".join(f"{count:,} x {status}" for status, count in sorted(found["statuses"].items()))
    span = f"{found['median']:.1f} [{found['low']:.1f}, {found['high']:.1f}]"
    limit = ""
    if bar is not None:
        limit = f"< {bar:.0f}: {'met' if found['high'] < bar else 'missed' if found['low'] > bar else 'open'}"
    return f"| {name} | {span} | {limit} | {found['p99']:.0f} | {found['per_second']:.0f} | {told} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reward", type=Path)
    parser.add_argument("--contents", type=int, default=200)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=8.0)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder, url = Path(name), f"sqlite:///{name}/pushgen.db"
        reward = arguments.reward or learn(folder)
        fields, key = stock(url, arguments.contents)
        health: Iterator[Ask] = cycle([("GET", "/health", None)])
        scores: Iterator[Ask] = cycle(
            ("POST", "/scores", {"caption": content.caption, "texts": [{"body": one.body} for one in texts[:TEXTS]]})
            for content, texts in fields
        )
        names = [content.content_id for content, _ in fields]
        selects: Iterator[Ask] = cycle(("POST", f"/selections/{name}", None) for name in names)
        found["in this process"] = alone_in_process(fields, reward, arguments.requests).as_dict()
        with serving(url, reward, "--models-waiting", str(2 * CLIENTS)) as base:
            # What a choice asks of the model is computed when texts are written; here the first round does it.
            first = crowd(base, key, selects, 1, lambda count, _: count >= len(names))
            found["select, nothing prepared"] = first.as_dict()
            crowd(base, key, scores, 1, lambda count, _: count >= 20)
            for kind, asks in (("health", health), ("score", scores), ("select", selects)):
                found[kind] = crowd(base, key, asks, 1, lambda count, _: count >= arguments.requests).as_dict()
            for kind, asks in (("health", health), ("score", scores), ("select", selects)):
                seen = crowd(base, key, asks, CLIENTS, lambda _, seconds: seconds >= arguments.seconds)
                found[f"{kind}, {CLIENTS} clients"] = seen.as_dict()
        with serving(url, reward) as base:
            seen = crowd(base, key, scores, OVERLOAD, lambda _, seconds: seconds >= arguments.seconds)
            found[f"score, {OVERLOAD} clients"] = seen.as_dict()
        model = open_reward(reward)
    width = np.mean([len(candidates) for _, candidates in fields])
    shed = found[f"score, {OVERLOAD} clients"]
    errors = sum(
        count for one in found.values() for status, count in one["statuses"].items() if status not in (200, 503)
    )
    lines = ["# Time to answer of the service", "", *stamp(), "", "Command: `python benchmarks/service_latency.py`", ""]
    lines += [
        f"Reward model: {model.kind}, `{model.name}`. One server process and its clients share the cores of the "
        f"machine; its load average before the start was {load:.1f}. Milliseconds at the median with its 95% interval "
        "by order statistics; the bars are for one client on two free cores.",
        "",
        "| request | median, ms | bar | p99, ms | answered/s | answers |",
        "|---|---|---|---|---|---|",
        *(row(name, one, BARS.get(name)) for name, one in found.items()),
        "",
        f"`score` holds {TEXTS} texts against each other; `select` chooses among {width:.0f} "
        "candidates that were judged when they were written, and keeps the choice. "
        f"Under {OVERLOAD} clients {shed['statuses'].get(503, 0):,} requests were shed with 503, "
        f"{shed['without_retry']} of them without Retry-After; {errors} requests of all failed otherwise.",
    ]
    text = "\n".join([*lines, ""])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "service_latency.md").write_text(text, encoding="utf-8")
    values = {"load": load, "reward": model.name, "found": found}
    (RESULTS / "service_latency.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
