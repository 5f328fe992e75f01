"""How often intervals of Cohen's kappa hold the truth, by the number of things that two people judged.

    python benchmarks/kappa.py [--draws 4000] [--seed 0]

Planted: the second person copies the first with some probability and else draws a verdict as the first does, so kappa
is that probability. Ours against the large-sample interval of Fleiss, Cohen and Everitt (1969) as statsmodels has it,
on the same draws, nominal 95%. Writes benchmarks/results/kappa.md and .json.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from statsmodels.stats.inter_rater import cohens_kappa

from benchmarks.machine import stamp
from pushgen.statistics.agreement import cohen_kappa
from pushgen.statistics.proportions import wilson

RESULTS = Path(__file__).parent / "results"
HABITS = {"first, second, neither: 45, 45, 10%": (0.45, 0.45, 0.1), "70, 20, 10%": (0.7, 0.2, 0.1)}


def measure(habit: tuple[float, ...], kappa: float, count: int, draws: int, seed: int) -> dict[str, float]:
    """Shares of draws whose interval holds kappa, and mean widths; draws without a kappa are left out."""
    generator = np.random.default_rng((seed, count, int(100 * kappa), int(100 * habit[0])))
    held = np.zeros(2)
    width = np.zeros(2)
    used = 0
    for _ in range(draws):
        first = generator.choice(len(habit), count, p=habit)
        second = np.where(generator.random(count) < kappa, first, generator.choice(len(habit), count, p=habit))
        found = cohen_kappa(first.tolist(), second.tolist())
        if np.isnan(found.kappa):
            continue
        table = np.zeros((len(habit), len(habit)))
        np.add.at(table, (first, second), 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            large: Any = cohens_kappa(table)
        ends = np.array([[found.low, found.high], [large.kappa_low, large.kappa_upp]], float)
        held += (ends[:, 0] <= kappa) & (kappa <= ends[:, 1])
        width += ends[:, 1] - ends[:, 0]
        used += 1
    return {
        "ours": held[0] / used, "large": held[1] / used, "width": width[0] / used, "large_width": width[1] / used,
        "draws": used,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for name, habit in HABITS.items():
        for kappa in (0.0, 0.3, 0.6, 0.9):
            for count in (10, 20, 50, 200):
                found = measure(habit, kappa, count, given.draws, given.seed)
                rows.append({"habit": name, "kappa": kappa, "pairs": count, **found})
    lines = ["# Intervals of Cohen's kappa", "", *stamp(), "", "Command: `python benchmarks/kappa.py`", ""]
    lines += [
        f"{given.draws:,} draws per row; share of nominal 95% intervals that hold the truth, with 95% intervals.",
        "",
    ]
    lines += [
        "| verdicts | kappa | pairs | ours | Fleiss, Cohen and Everitt | mean widths |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        shares = [f"{row[name]:.1%} {interval(row[name], int(row['draws']))}" for name in ("ours", "large")]
        lines.append(
            f"| {row['habit']} | {row['kappa']} | {row['pairs']} | {shares[0]} | {shares[1]} "
            f"| {row['width']:.2f}, {row['large_width']:.2f} |"
        )
    (RESULTS / "kappa.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (RESULTS / "kappa.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    print("\n".join(lines))


def interval(share: float, draws: int) -> str:
    low, high = (float(end) for end in wilson(round(share * draws), draws))
    return f"[{low:.1%}, {high:.1%}]"


if __name__ == "__main__":
    main()
