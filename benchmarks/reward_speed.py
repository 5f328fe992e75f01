"""How much time a request costs: utilities against comparisons, and against sentence-transformers on the same texts.

    PUSHGEN_DATA=DATA python benchmarks/reward_speed.py [--repeats 5]

All models stand on the packaged MiniLM in float32 and read the same Upworthy headlines; heads are untrained, which
changes no time. `list` and `score` read K texts, `pair` compares K (K - 1) / 2 of them in one antisymmetric evaluation
each, in batches. Rivals take turns; a ratio is the median over the turns, with their range. Memory is what the process
holds at its peak above what it held before, in a process of its own. Writes benchmarks/results/reward_speed.md and
.json.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen.protocols import RewardModel, UtilityModel
from pushgen.reward.backbone import open_backbone
from pushgen.reward.origin import Origin
from pushgen.reward.pair import PairReward, build_network
from pushgen.reward.settings import BackboneConfig, Kind, PairConfig, UtilityConfig
from pushgen.reward.utility import UtilityReward, build_utility
from pushgen.statistics.calibration import Residual

RESULTS = Path(__file__).parent / "results"
SIZES = (8, 16, 32)
REQUESTS = 12
"""Contents per measurement."""
TEXTS = 1024
"""Texts per measurement against sentence-transformers."""


def headlines(folder: str) -> list[str]:
    frame = pl.read_csv(Path(folder) / "upworthy" / "packages.csv", columns=["headline"], infer_schema=False)
    return frame["headline"].drop_nulls().unique().sort().sample(8000, seed=0, shuffle=True).to_list()


def utility(kind: Kind) -> UtilityReward:
    backbone, tokenizer, _ = open_backbone(BackboneConfig(name="minilm"), [], 0)
    network = build_utility(backbone, UtilityConfig(), kind)
    return UtilityReward(kind, network.eval(), tokenizer, UtilityConfig(), Residual(), Origin())


def pair() -> PairReward:
    backbone, tokenizer, _ = open_backbone(BackboneConfig(name="minilm"), [], 0)
    network = build_network(backbone, tokenizer, PairConfig())
    return PairReward(network.eval(), tokenizer, PairConfig(), Residual(), Origin())


def judge(model: RewardModel, lists: list[list[str]]) -> None:
    """All win probabilities of each list, as `pushgen select` asks for them."""
    if isinstance(model, UtilityModel):
        for found in model.utilities(lists, [None] * len(lists)):
            model.win_matrix(found)
        return
    pairs = [(a, b) for texts in lists for index, a in enumerate(texts) for b in texts[index + 1 :]]
    model.compare([a for a, _ in pairs], [b for _, b in pairs])


def turns(one: Callable[[], object], other: Callable[[], object], repeats: int) -> dict[str, Any]:
    """Seconds of both in turn, after one turn that does not count, and how many times longer the second takes."""
    found: list[tuple[float, float]] = []
    for turn in range(repeats + 1):
        times: list[float] = []
        for job in (one, other):
            started = time.perf_counter()
            job()
            times.append(time.perf_counter() - started)
        if turn:
            found.append((times[0], times[1]))
    ratios = [second / first for first, second in found]
    return {
        "seconds": float(np.median([first for first, _ in found])),
        "rival_seconds": float(np.median([second for _, second in found])),
        "ratio": float(np.median(ratios)),
        "low": min(ratios),
        "high": max(ratios),
    }


def peak_mib(kind: Kind, texts: list[str], size: int, requests: int) -> float:
    """Peak memory of judging that many lists above that of the loaded model, in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_peak, (kind, texts, size, requests))


def _peak(kind: Kind, texts: list[str], size: int, requests: int) -> float:
    model = pair() if kind == "pair" else utility(kind)
    judge(model, [texts[:2]])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    judge(model, lists_of(texts, size, requests))
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def lists_of(texts: list[str], size: int, requests: int) -> list[list[str]]:
    """Lists of texts that all differ."""
    return [texts[start : start + size] for start in range(0, size * requests, size)]


def against_library(texts: list[str], repeats: int) -> dict[str, dict[str, Any]]:
    """Texts per second against the encoder and the CrossEncoder of sentence-transformers, same backbone, same texts."""
    from sentence_transformers import CrossEncoder, SentenceTransformer

    from pushgen.encoders import packaged_minilm_folder

    folder, some = str(packaged_minilm_folder()), texts[:TEXTS]
    encoder, crossed = SentenceTransformer(folder, device="cpu"), CrossEncoder(folder, num_labels=1, device="cpu")
    found: dict[str, dict[str, Any]] = {}
    lists = lists_of(some, 8, TEXTS // 8)
    pairs = [(a, b) for group in lists for index, a in enumerate(group) for b in group[index + 1 :]]
    for kind in ("score", "list"):
        model = utility(kind)
        found[f"{kind}, encode"] = turns(
            lambda model=model: judge(model, lists),
            lambda: encoder.encode(some, show_progress_bar=False),
            repeats,
        )
        found[f"{kind}, CrossEncoder.predict on all pairs of 8"] = turns(
            lambda model=model: judge(model, lists[: len(lists) // 8]),
            lambda: crossed.predict(pairs[: len(pairs) // 8], show_progress_bar=False),
            max(2, repeats // 2),
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    repeats: int = parser.parse_args().repeats
    data = os.environ.get("PUSHGEN_DATA")
    if not data:
        sys.exit("set PUSHGEN_DATA to the folder that holds upworthy/packages.csv")
    texts = headlines(data)
    models: dict[str, RewardModel] = {"list": utility("list"), "score": utility("score"), "pair": pair()}
    rows: dict[str, dict[str, Any]] = {}
    for size in SIZES:
        lists = lists_of(texts, size, REQUESTS)
        for kind in ("list", "score"):
            print(f"{kind} against pair, K = {size}", file=sys.stderr, flush=True)
            rows[f"{kind}, K = {size}"] = turns(
                lambda kind=kind, lists=lists: judge(models[kind], lists),
                lambda lists=lists: judge(models["pair"], lists),
                repeats,
            )
    library = against_library(texts, repeats)
    memory = {
        f"{kind}, {requests} requests of {size}": peak_mib(kind, texts, size, requests)
        for kind in ("list", "pair")
        for size, requests in ((8, 100), (32, 25), (32, 200))
    }
    same = np.abs(win_check(models["list"], texts)).max()
    lines = [
        "# What a request to the reward model costs",
        "",
        *stamp(),
        "",
        "Command: `python benchmarks/reward_speed.py`",
        "",
    ]
    lines += [f"## Against comparing all pairs, {REQUESTS} requests", ""]
    lines += table(rows, "pair")
    lines += ["## Against sentence-transformers", "", *table(library, "rival")]
    lines += ["## Peak memory above the loaded model", "", "| work | MiB |", "|---|---:|"]
    lines += [f"| {name} | {value:,.0f} |" for name, value in memory.items()]
    lines += ["", f"Utilities of a list alone and among others differ by at most {same:.1e}.", ""]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "reward_speed.md").write_text("\n".join(lines), encoding="utf-8")
    values = {"pair": rows, "library": library, "memory_mib": memory, "difference": float(same)}
    (RESULTS / "reward_speed.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))


def win_check(model: RewardModel, texts: list[str]) -> Any:
    """Utilities of the first list when judged alone less those when judged among others."""
    assert isinstance(model, UtilityModel)
    lists = lists_of(texts, 16, 8)
    return model.utilities(lists, [None] * 8)[0] - model.utilities(lists[:1], [None])[0]


def table(rows: dict[str, dict[str, Any]], rival: str) -> list[str]:
    lines = [f"| model | seconds | {rival}, seconds | times faster | range |", "|---|---:|---:|---:|---:|"]
    for name, row in rows.items():
        span = f"{row['low']:.1f} to {row['high']:.1f}"
        lines.append(f"| {name} | {row['seconds']:.2f} | {row['rival_seconds']:.2f} | {row['ratio']:.1f} | {span} |")
    return [*lines, ""]


if __name__ == "__main__":
    main()
