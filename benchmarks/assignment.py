"""How fast ids are assigned on one core, and how even and independent the assignment is.

    python benchmarks/assignment.py [--ids 1000000] [--even 10000000] [--repeats 7]

Speed in processor seconds of one process with one thread, beside a plain loop over hashlib that computes the same
buckets. Evenness: chi-squared of the buckets of ten million ids. Independence: chi-squared of a contingency table of
buckets under two salts. Writes benchmarks/results/assignment.md and .json.
"""

import argparse
import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np
import polars as pl
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen.experiments.assignment import Allocation, Assignment
from pushgen.experiments.buckets import bucket, buckets

RESULTS = Path(__file__).parent / "results"


def seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def speed(ids: pl.Series, repeats: int) -> dict[str, list[float]]:
    """Processor seconds of each way, paired repeat by repeat."""
    texts = ids.to_list()
    whole = Assignment(
        experiments=[
            Allocation(experiment_id="copy", arms={"control": 1, "emoji": 1}, stop=0.5),
            Allocation(experiment_id="hour", arms={"morning": 1, "evening": 1}, start=0.5),
        ],
        holdout_share=0.05,
    )
    found: dict[str, list[float]] = {"hashlib loop": [], "one hash": [], "holdout, layer and arm": []}
    assert buckets("arms:copy", ids.head(1000)).tolist() == [bucket("arms:copy", text) for text in texts[:1000]]
    for _ in range(repeats):
        found["hashlib loop"].append(seconds(lambda: [bucket("arms:copy", text) for text in texts]))
        found["one hash"].append(seconds(lambda: buckets("arms:copy", ids)))
        found["holdout, layer and arm"].append(seconds(lambda: whole.assign(ids)))
    return found


def evenness(count: int) -> dict[str, dict[str, float]]:
    """p-values over sequential ids, the hardest for a weak hash."""
    ids = pl.int_range(count, eager=True).cast(pl.String)
    one, other = buckets("arms:a", ids), buckets("arms:b", ids)
    rows: dict[str, dict[str, float]] = {}
    for name, found in (("salt arms:a", one), ("salt arms:b", other)):
        even: Any = stats.chisquare(np.bincount(found // 100, minlength=10_000))
        rows[f"even over 10,000 cells, {name}"] = {
            "chi2": float(even.statistic),
            "freedom": 9_999,
            "p": float(even.pvalue),
        }
    table = np.bincount((one // 10_000) * 100 + other // 10_000, minlength=10_000).reshape(100, 100)
    test: Any = stats.chi2_contingency(table)
    rows["independent between the salts, 100 x 100 cells"] = {
        "chi2": float(test.statistic), "freedom": float(test.dof), "p": float(test.pvalue)
    }  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ids", type=int, default=1_000_000)
    parser.add_argument("--even", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    ids = {
        "user-0000000042": pl.Series([f"user-{i:010d}" for i in range(arguments.ids)]),
        "UUID": pl.Series([str(uuid.UUID(bytes=rng.bytes(16))) for _ in range(arguments.ids)]),
    }
    lines = ["# Assignment: speed, evenness, independence", "", *stamp(), ""]
    lines += ["Command: `python benchmarks/assignment.py`", ""]
    lines += [
        f"{arguments.ids:,} ids, {arguments.repeats} repeats, processor time of one thread; ratio to the loop with its "
        "95% interval over paired repeats (t on the logarithm). One hash assigns to the arms of one experiment; with a "
        "holdout and a layer shared by two experiments there are three. The loop computes one.",
        "",
        "| ids | way | million ids per second | ratio to a hashlib loop |",
        "|---|---|---|---|",
    ]
    values: dict[str, object] = {"ids": arguments.ids, "repeats": arguments.repeats}
    for kind, series in ids.items():
        times = speed(series, arguments.repeats)
        values[kind] = times
        for way, spent in times.items():
            ratios = np.log(np.array(times["hashlib loop"]) / np.array(spent))
            half = stats.t.ppf(0.975, len(ratios) - 1) * stats.sem(ratios) if len(ratios) > 1 else np.nan
            low, mid, high = np.exp([ratios.mean() - half, ratios.mean(), ratios.mean() + half])
            shown = "1" if way == "hashlib loop" else f"{mid:.1f} [{low:.1f}, {high:.1f}]"
            lines.append(f"| {kind} | {way} | {arguments.ids / np.median(spent) / 1e6:.2f} | {shown} |")
    even = evenness(arguments.even)
    values["evenness"] = even
    lines += [
        "",
        f"{arguments.even:,} sequential ids:",
        "",
        "| test | chi-squared | degrees of freedom | p |",
        "|---|---|---|---|",
    ]
    lines += [f"| {name} | {row['chi2']:,.0f} | {row['freedom']:,.0f} | {row['p']:.3f} |" for name, row in even.items()]
    text = "\n".join([*lines, ""])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "assignment.md").write_text(text, encoding="utf-8")
    (RESULTS / "assignment.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
