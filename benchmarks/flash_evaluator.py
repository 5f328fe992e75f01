"""What judging K lists costs in one pass and list by list, and what the cross-list stage brings.

    python benchmarks/flash_evaluator.py                                        # the clock alone
    PUSHGEN_DATA=DATA python benchmarks/flash_evaluator.py --work DIR           # and the choice on MovieLens-1M

The clock: one request at a time, lists of 6 out of 60 distinct items, histories of 50 and of 1,000. Rivals take turns
in one process: one pass; the same network list by list, all lists as one batch (scores equal without the cross-list
stage, and checked here); and the same again reading only the six items of each list, which is cheaper and another
function. Ratios are medians over the turns, with their range. Weights are untrained, which changes no time.

The choice: 20 lists of one trained generator per request, chosen by evaluators with and without the cross-list stage
that were trained alike; discounted gain of the chosen list with intervals over users. Writes
benchmarks/results/flash_evaluator.md and .json.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen.recommend.data.jagged import Jagged
from pushgen.recommend.rerank.batch import Batch, batch_of, requests_of
from pushgen.recommend.rerank.flash_evaluator import FlashEvaluator
from pushgen.recommend.rerank.generator_evaluator import GeneratorEvaluator
from pushgen.recommend.rerank.list_samples import list_reward
from pushgen.recommend.rerank.settings import EvaluatorConfig, NetworkConfig, RerankConfig
from pushgen.recommend.rerank.train import train_reranker
from pushgen.recommend.tokenize.semantic_ids import SemanticIds
from pushgen.statistics.bootstrap import ClusterBootstrap, Interval

RESULTS = Path(__file__).parent / "results"
LISTS = (6, 16, 50, 100)
HISTORIES = (50, 1000)
POOL, LENGTH, ITEMS = 60, 6, 5000
CPU = torch.device("cpu")
Row = dict[str, float]


def network(history: int, width: int, cross_layers: int) -> FlashEvaluator:
    torch.manual_seed(0)
    config = NetworkConfig(width=width, heads=2, history=history, length=LENGTH)
    made = FlashEvaluator(SemanticIds.atomic(ITEMS), config, EvaluatorConfig(cross_layers=cross_layers))
    for parameter in made.parameters():
        if not parameter.abs().sum():  # branches that begin at zero would make parity easy
            torch.nn.init.normal_(parameter, std=0.05)
    return made.eval()


def request(history: int, count: int) -> tuple[Batch, torch.Tensor]:
    """A request and lists that use all its items as evenly as may be."""
    rng = np.random.default_rng(count)
    batch = requests_of(
        Jagged.of([rng.permutation(ITEMS)[:history]]), rng.permutation(ITEMS)[None, :POOL], history, LENGTH, CPU
    )
    places = np.concatenate([rng.permutation(POOL) for _ in range(count * LENGTH // POOL + 1)])[: count * LENGTH]
    return batch, torch.from_numpy(places.reshape(1, count, LENGTH))


def own_items(model: FlashEvaluator, batch: Batch, lists: torch.Tensor) -> torch.Tensor:
    """Each list judged by a pass that reads nothing but its own items."""
    count = lists.shape[1]
    few = batch.repeated(count).where(
        pool_BP=batch.pool_BP.expand(count, -1).gather(1, lists[0]),
        free_BP=torch.ones(count, LENGTH, dtype=torch.bool),
    )
    return model(few, torch.arange(LENGTH).expand(count, 1, LENGTH)).view(1, count)


def turns(jobs: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each job, in turn, after two turns that do not count."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(repeats + 2):
        for name, job in jobs.items():
            started = time.perf_counter()
            job()
            if turn > 1:
                seconds[name].append(time.perf_counter() - started)
    return seconds


@torch.inference_mode()
def clock(width: int, repeats: int) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for history in HISTORIES:
        alone, model = network(history, width, 0), network(history, width, 1)
        for count in LISTS:
            batch, lists = request(history, count)
            apart = float((alone(batch, lists) - alone.one_by_one(batch, lists)).abs().max())
            seconds = turns(
                {
                    "one": lambda b=batch, x=lists, m=model: m(b, x),
                    "each": lambda b=batch, x=lists, m=model: m.one_by_one(b, x),
                    "own": lambda b=batch, x=lists, m=model: own_items(m, b, x),
                },
                repeats,
            )
            ratio = np.array(seconds["each"]) / np.array(seconds["one"])
            cheap = np.array(seconds["own"]) / np.array(seconds["one"])
            found[f"{history}, {count}"] = {
                "ms": 1e3 * float(np.median(seconds["one"])),
                "each_ms": 1e3 * float(np.median(seconds["each"])),
                "ratio": float(np.median(ratio)),
                "low": float(ratio.min()),
                "high": float(ratio.max()),
                "own_ratio": float(np.median(cheap)),
                "difference": apart,
            }
            print(history, count, found[f"{history}, {count}"], file=sys.stderr, flush=True)
    return found


def choice(work: Path, requests: int, seeds: int) -> dict[str, Interval]:
    """Discounted gain of what is chosen among 20 lists of a generator."""
    from benchmarks.rerank_data import item_ids, load
    from benchmarks.rerank_data import requests as requests_with_pools

    data = load("ml-1m", work)
    parts = requests_with_pools(data, "inserted", work)
    ids = item_ids(data, ("text", "interactions"), work)
    train = parts["train"].take(np.random.default_rng(0).permutation(len(parts["train"]))[:requests])
    held = parts["validation"].take(np.arange(0, len(parts["validation"]), 6))
    gains: dict[str, list[np.ndarray]] = {}
    for seed in range(seeds):
        for name, layers in (("with the cross-list stage", 1), ("without it", 0)):
            config = RerankConfig(kind="generator-evaluator", evaluator=EvaluatorConfig(cross_layers=layers), seed=seed)
            config = replace(config, epochs=2, learning_rate=1e-3)
            model = train_reranker(train, held, ids, config).model.network
            assert isinstance(model, GeneratorEvaluator)
            for key, values in _gains(model, parts["test"]).items():
                gains.setdefault(name if key == "chosen" else key, []).append(values)
    users = parts["test"].users
    mean = {name: np.mean(values, axis=0) for name, values in gains.items()}
    draws = ClusterBootstrap(users)
    found = {name: draws.mean(values) for name, values in mean.items()}
    found["difference"] = draws.difference(mean["with the cross-list stage"], mean["without it"])
    return found


@torch.inference_mode()
def _gains(model: GeneratorEvaluator, test: Any) -> dict[str, np.ndarray]:
    rows: dict[str, list[torch.Tensor]] = {"chosen": [], "greedy list": [], "mean list": [], "best list": []}
    for start in range(0, len(test), 256):
        batch = batch_of(test, np.arange(start, min(start + 256, len(test))), model.config.history, CPU)
        lists = model.propose(batch, 20)
        reward = list_reward(batch, lists)
        rows["chosen"].append(reward.gather(1, model.evaluator(batch, lists).argmax(1, keepdim=True))[:, 0])
        rows["greedy list"].append(reward[:, 0])
        rows["mean list"].append(reward.mean(1))
        rows["best list"].append(reward.amax(1))
    return {name: torch.cat(values).numpy() for name, values in rows.items()}


def report(times: dict[str, Row], chosen: dict[str, Interval] | None, width: int, command: str) -> list[str]:
    lines = ["# Judging many lists at once", "", *stamp(), "", f"Command: `{command}`", ""]
    lines += [f"## The clock: lists of 6 out of 60 items, width {width}, one request at a time", ""]
    lines += ["| history | lists | one pass, ms | list by list, ms | times faster | range | against own items only |"]
    lines += ["|---:|---:|---:|---:|---:|---:|---:|"]
    for name, row in times.items():
        history, count = name.split(", ")
        lines.append(
            f"| {history} | {count} | {row['ms']:.1f} | {row['each_ms']:.1f} | {row['ratio']:.1f} | "
            f"{row['low']:.1f} to {row['high']:.1f} | {row['own_ratio']:.1f} |"
        )
    largest = max(row["difference"] for row in times.values())
    bar = min(row["ratio"] for name, row in times.items() if name.endswith(", 50"))
    lines += ["", f"Without the cross-list stage both ways give the same scores up to {largest:.1e}."]
    lines += [
        f"At 50 lists one pass is at least {bar:.1f} times faster (bar: 3): {'met' if bar >= 3 else 'missed'}.",
        "",
    ]
    if chosen:
        lines += ["## The choice among 20 lists, MovieLens-1M, pools with inserted items", ""]
        lines += ["| choice | discounted gain |", "|---|---:|"]
        lines += [f"| {name} | {value} |" for name, value in chosen.items() if name != "difference"]
        lines += [
            "",
            f"The cross-list stage brings {chosen['difference']} (paired, over users, mean of the seeds).",
            "",
        ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, help="folder of benchmarks/rerank.py; without it the clock alone")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--requests", type=int, default=6000, help="training requests for the choice")
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    file = RESULTS / "flash_evaluator.json"
    held: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    times = clock(asked.width, asked.repeats)
    chosen = {name: Interval(**value) for name, value in held.get("choice", {}).items()}
    if asked.work:
        chosen = choice(asked.work, asked.requests, asked.seeds)
    lines = report(times, chosen, asked.width, f"python {' '.join(sys.argv)}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "flash_evaluator.md").write_text("\n".join(lines), encoding="utf-8")
    plain = {name: {key: getattr(one, key) for key in one.__slots__} for name, one in chosen.items()}
    file.write_text(json.dumps({"times": times, "choice": plain}, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
