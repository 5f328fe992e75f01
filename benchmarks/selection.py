"""How the selectors choose among the arms of real experiments, and what bounds cost: Upworthy, held-out contents.

    PUSHGEN_DATA=DATA python benchmarks/selection.py [--pair MODEL]

Trains `train reward --kind linear` without styles on the training contents and lets each selector choose one arm per
experiment and picture of the held-out fifth. A model of utilities cannot contradict itself, so a second one is
judged: the same with independent noise on the mean of each pair, as large as its residual scale, which stands for a
model of the kind `pair` at its worst. `--pair` adds a trained one. Bounds are those of the training contents' texts.
Differences from `mean-win` are paired. Writes benchmarks/results/selection.md and .json.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen import splits
from pushgen.logs import ImportConfig, import_log, make_pairs
from pushgen.logs.adapters import UpworthyAdapter
from pushgen.protocols import Comparison, RewardModel, Selector
from pushgen.records import Candidate, Content
from pushgen.reward import open_reward
from pushgen.reward.arms import Arms, arms_of
from pushgen.reward.evidence import usable
from pushgen.reward.linear import LinearReward
from pushgen.reward.probability import from_means
from pushgen.reward.settings import LinearConfig, RewardConfig
from pushgen.reward.train_linear import train_linear
from pushgen.selection import BradleyTerrySelector, MeanWinSelector, Terms, choose
from pushgen.statistics.bootstrap import ClusterBootstrap
from pushgen.text.bounds import bounds_of

RESULTS = Path(__file__).parent / "results"
SELECTORS: Sequence[Selector] = (MeanWinSelector(), BradleyTerrySelector(), BradleyTerrySelector(link="normal"))
Array = NDArray[np.float64]


class Contradicting:
    """A model whose mean of each pair is moved by noise that no other pair shares; antisymmetric all the same."""

    name, kind = "contradicting", "pair"

    def __init__(self, model: LinearReward) -> None:
        self.model = model

    def compare(
        self, texts_a: Sequence[str], texts_b: Sequence[str], captions: Sequence[str | None] | None = None
    ) -> Comparison:
        scale = self.model.residual.scale
        noise = np.array([_noise(a, b) for a, b in zip(texts_a, texts_b, strict=True)]).reshape(-1)
        return from_means(self.model.compare(texts_a, texts_b, captions).mean + scale * noise, scale)


def _noise(a: str, b: str) -> float:
    if a == b:
        return 0.0
    low, high = sorted((a, b))
    drawn = np.random.default_rng(list(f"{low}\x1f{high}".encode())).normal()
    return float(drawn if a == low else -drawn)


def fields_of(arms: Arms) -> tuple[list[tuple[Content, list[Candidate]]], list[slice]]:
    """One field per group of arms; candidate ids are the arms' places."""
    ends = [*np.flatnonzero(np.diff(arms.group, prepend=-1)).tolist(), len(arms)]
    groups = [slice(start, end) for start, end in pairwise(ends)]
    fields = [
        (
            Content(content_id=str(number), caption=arms.captions[group.start]),
            [
                Candidate(
                    candidate_id=f"{place:06d}", content_id=str(number), body=arms.texts[place], style="",
                    generator="log", seed=0, prompt_hash="",
                )
                for place in range(group.start, group.stop)
            ],
        )
        for number, group in enumerate(groups)
    ]  # fmt: skip
    return fields, groups


def rows_of(model: RewardModel, arms: Arms, terms: Terms) -> list[dict[str, Any]]:
    """What each selector reaches, with and without bounds, beside `mean-win`."""
    fields, groups = fields_of(arms)
    ctr = arms.clicks / arms.impressions
    mean, best = (np.array([how(ctr[group]) for group in groups]) for how in (np.mean, np.max))
    over = ClusterBootstrap([arms.keys["experiment_id"][group.start] for group in groups])
    tried = [(selector.name, selector, Terms()) for selector in SELECTORS]
    tried.append(("mean-win within bounds", SELECTORS[0], terms))
    found = {
        name: np.array([int(one.candidate_id) for one in choose(fields, model, selector, terms=held)])
        for name, selector, held in tried
    }
    base = found["mean-win"]
    rows: list[dict[str, Any]] = []
    for name, chosen in found.items():
        right, base_right = (ctr[places] >= best for places in (chosen, base))
        rows.append(
            {
                "selector": name,
                "other choices": int(np.sum(chosen != base)),
                "top-1": str(over.mean(right)),
                "less mean-win": str(over.difference(right, base_right)),
                "share of the oracle's lift": str(over.ratio(ctr[chosen] - mean, best - mean)),
                "less mean-win, share": str(over.ratio(ctr[chosen] - ctr[base], best - mean)),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pair", type=Path, help="folder of a model trained on the same split")
    arguments = parser.parse_args()
    data = os.environ.get("PUSHGEN_DATA")
    if not data:
        sys.exit("set PUSHGEN_DATA to the folder that holds upworthy/packages.csv")
    source = Path(data) / "upworthy" / "packages.csv"
    with tempfile.TemporaryDirectory() as scratch:
        pairs = make_pairs(import_log([source], Path(scratch) / "log", UpworthyAdapter(), ImportConfig())).frame
    train, held = splits.keep(pairs, "train"), usable(splits.keep(pairs, "holdout"))
    linear = train_linear(train, RewardConfig(kind="linear", linear=LinearConfig(styles="none")))
    texts = pl.concat([train["text_a"], train["text_b"]]).to_list()
    models: dict[str, RewardModel] = {
        "linear": linear,
        "linear, contradicting itself": Contradicting(linear),
    }
    if arguments.pair:
        models["pair"] = open_reward(arguments.pair)
    arms = arms_of(held)
    terms = Terms(bounds=bounds_of(texts))
    found = {name: rows_of(model, arms, terms) for name, model in models.items()}
    lines = ["# Selection", "", *stamp(), "", "Command: `python benchmarks/selection.py`", ""]
    lines += [
        f"{len(arms):,} arms in {arms.group[-1] + 1:,} groups (same experiment, same picture) of held-out contents; "
        "95% intervals over experiments, differences paired. `other choices`: groups in which another arm is chosen "
        "than by mean-win.",
        "",
    ]
    for name, rows in found.items():
        lines += [f"## {name}", "", "| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
        lines += ["| " + " | ".join(str(value) for value in row.values()) + " |" for row in rows]
        lines.append("")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "selection.md").write_text("\n".join(lines), encoding="utf-8")
    (RESULTS / "selection.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
