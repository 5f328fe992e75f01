"""What each kind of feature adds to the linear reward model, in a simulated world and on the Upworthy archive.

    PUSHGEN_DATA=DATA python benchmarks/reward_features.py [--seed 30]

Trains `train reward --kind linear` with one kind of feature after the other on the training contents and judges each
on the held-out fifth. Baselines in the same run: longer wins, TF-IDF + logistic. The factors of the kinds were chosen
on other worlds and on none of these pairs. Without PUSHGEN_DATA the archive is left out. Writes
benchmarks/results/reward_features.md and .json.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen import splits
from pushgen.logs import ImportConfig, import_log, make_pairs
from pushgen.logs.adapters import UpworthyAdapter
from pushgen.pipeline.judging import judged
from pushgen.pipeline.past import learn_styles, write_past
from pushgen.pipeline.round import RoundConfig
from pushgen.reward.settings import LinearConfig, RewardConfig
from pushgen.reward.train_linear import named_labeller, train_linear
from pushgen.styles.linear import LinearLabeller
from pushgen.world import World, WorldConfig

RESULTS = Path(__file__).parent / "results"
FULL = LinearConfig()
VARIANTS: Mapping[str, LinearConfig] = {
    "surface": replace(FULL, word_factor=0.0, style_factor=0.0, crosses=False),
    "words": replace(FULL, surface_factor=0.0, style_factor=0.0, crosses=False),
    "words, surface": replace(FULL, style_factor=0.0, crosses=False),
    "words, surface, styles": replace(FULL, crosses=False),
    "all: and styles x topics": FULL,
}
FIGURES = ("accuracy, all pairs", "accuracy, p < .05", "top-1 of k", "share of the oracle's lift")


def rows_of(pairs: pl.DataFrame, labeller: LinearLabeller | None, seed: int) -> dict[str, dict[str, Any]]:
    """Figures of each variant and of the baselines on the held-out contents."""
    train, held = splits.keep(pairs, "train"), splits.keep(pairs, "holdout")
    rows: dict[str, dict[str, Any]] = {}
    for name, linear in VARIANTS.items():
        print(f"training on {name}", file=sys.stderr, flush=True)
        model = train_linear(train, RewardConfig(kind="linear", linear=linear, seed=seed), styles=labeller)
        found = judged(model, held, train, seed=seed)
        rows[name] = {figure: str(found.value(figure)) for figure in FIGURES} | {
            "penalty": model.origin.figures["penalty"]
        }
        for other in ("longer wins", "TF-IDF + logistic"):
            rows[other] = {figure: str(found.value(figure, other)) for figure in FIGURES}
    return rows


def world_rows(seed: int, work: Path) -> dict[str, dict[str, Any]]:
    """In a world of the default size, with a style labeller learnt as in the demo."""
    world = World.build(WorldConfig(), seed)
    labeller = LinearLabeller.load(learn_styles(world, RoundConfig().annotated, work / "styles"))
    return rows_of(make_pairs(write_past(world, work / "world")).frame, labeller, seed)


def archive_rows(source: Path, seed: int, work: Path) -> dict[str, dict[str, Any]]:
    """On the Upworthy archive, whose ledes are captions and which states no categories."""
    pairs = make_pairs(import_log([source], work / "upworthy", UpworthyAdapter(), ImportConfig())).frame
    return rows_of(pairs, named_labeller("auto", pairs["text_a"].to_list()), seed)


def table(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    head = ["features", *FIGURES, "penalty chosen"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, row in rows.items():
        lines.append(
            "| " + " | ".join([name, *(row[figure] for figure in FIGURES), str(row.get("penalty", ""))]) + " |"
        )
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=30)
    seed: int = parser.parse_args().seed
    data = os.environ.get("PUSHGEN_DATA")
    with tempfile.TemporaryDirectory() as scratch:
        found = {"Simulated world": world_rows(seed, Path(scratch))}
        if data:
            found["Upworthy archive"] = archive_rows(Path(data) / "upworthy" / "packages.csv", seed, Path(scratch))
    lines = [
        "# Features of the linear reward model",
        "",
        *stamp(),
        "",
        "Command: `python benchmarks/reward_features.py`",
        "",
    ]
    lines += [f"Held-out contents, 95% intervals over experiments; world and split of seed {seed}.", ""]
    for title, rows in found.items():
        lines += [f"## {title}", "", *table(rows)]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "reward_features.md").write_text("\n".join(lines), encoding="utf-8")
    (RESULTS / "reward_features.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
