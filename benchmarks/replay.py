"""Which way to send earns most on the Upworthy archive: tests, bandits, a reward model, and both together.

    PUSHGEN_DATA=DIR python benchmarks/replay.py [--work DIR] [--seeds 3] [--styles auto]

Rates of arms under one picture, shrunk within their contest, are the truth. The reward model is of kind `linear`, one
for each of 5 folds of contents (`splits.fold`), trained on the other four; so are the strengths of the priors. Chosen
on fold 0 alone: the heat of the tempered policies (for each belief by itself), and which policy with a reward prior is
called the best. Reported on folds 1 to 4. --work keeps the imported log and the utilities for the next run.
Writes benchmarks/results/replay.md and .json; `pushgen experiment replay --html` draws the same as a page.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen import splits
from pushgen.experiments.replay.figures import Figures, Gain
from pushgen.experiments.replay.lineup import Entry, Source, lineup, tempered_by
from pushgen.experiments.replay.settings import ReplayConfig
from pushgen.experiments.replay.simulate import Replayed, replay
from pushgen.logs import Log, make_pairs
from pushgen.pipeline.replay_log import contests_of, read_utilities, utilities_by
from pushgen.report.replay import percent
from pushgen.reward.settings import LinearConfig, RewardConfig
from pushgen.reward.train_linear import named_labeller, train_linear
from pushgen.settings import as_dict

RESULTS = Path(__file__).parent / "results"
HEATS = (0.03, 0.1, 0.3)
TESTS = ("A/B 20%, then winner", "A/B 50%, then winner")
PLAIN = ("Thompson, flat prior", "Bayes-UCB, flat prior")


def utilities(pairs: pl.DataFrame, folds: int, styles: str) -> dict[str, float]:
    """Utility of every push by a model that was trained on the other folds."""
    config = RewardConfig(kind="linear", linear=LinearConfig(styles=styles))
    texts = pl.concat([pairs["text_a"], pairs["text_b"]]).unique(maintain_order=True).to_list()
    # One labeller for all folds, so that each text is encoded once. It was not trained on clicks.
    labeller = named_labeller(styles, texts)
    fold_of = {name: splits.fold(name, folds) for name in pairs["content_id"].unique()}
    fold = pairs["content_id"].replace_strict(fold_of)
    found: dict[str, float] = {}
    for number in range(folds):
        model = train_linear(pairs.filter(fold != number), config, styles=labeller)
        found |= utilities_by(model, pairs.filter(fold == number))
    return found


def chosen(gains: Sequence[Gain], names: Sequence[str]) -> str:
    """The policy with the largest mean share of the oracle's gain over the traffic levels."""
    return max(names, key=lambda name: float(np.mean([gain.share.value for gain in gains if gain.policy == name])))


def tempered(heat: float, source: Source) -> str:
    """Name of the tempered policy in the figures."""
    return Entry(policy=tempered_by(heat), source=source).name


def requirements(figures: Figures, best: str, twin: str, traffic: Sequence[int]) -> list[dict[str, Any]]:
    """Paired differences that the best policy with a reward prior must show."""
    upto = [level for level in traffic if level <= 5_000]
    wanted = [(twin, "more clicks than the same policy without the reward prior", upto)]
    wanted += [(PLAIN[0], "more clicks than plain Thompson", upto)]
    wanted += [(test, f"more clicks than {test}", traffic) for test in TESTS]
    wanted += [("reward only", "never worse than reward only beyond the interval", traffic)]
    rows: list[dict[str, Any]] = []
    for rival, words, levels in wanted:
        for level in traffic:
            found = figures.difference(best, rival, level).difference
            lowest = found.high if rival == "reward only" else found.value
            rows.append(
                {
                    "requirement": words,
                    "traffic": level,
                    "required": level in levels,
                    "difference": found.value,
                    "low": found.low,
                    "high": found.high,
                    "holds": lowest > 0,
                    "beyond the interval": found.low > 0,
                }
            )
    return rows


def table(figures: Figures, gains: Sequence[Gain], figure: str) -> list[str]:
    by_place = {(gain.policy, gain.traffic): getattr(gain, figure) for gain in gains}
    levels = sorted({gain.traffic for gain in gains})
    lines = ["| policy | " + " | ".join(f"{level:,}" for level in levels) + " |", "|" + "---|" * (len(levels) + 1)]
    for policy in figures.policies:
        lines.append(f"| {policy} | " + " | ".join(percent(by_place[policy, level]) for level in levels) + " |")
    return [*lines, ""]


def describe(
    replayed: Replayed, figures: Figures, gains: Sequence[Gain], checks: Sequence[dict[str, Any]]
) -> list[str]:
    lines = ["## Clicks over uniform random sending, % [95%]", "", *table(figures, gains, "gain")]
    lines += ["## Share of the oracle's gain, % [95%]", "", *table(figures, gains, "share")]
    lines += ["## What must hold", "", "Paired differences in clicks, % of those of uniform random sending [95%]. ", ""]
    levels = replayed.config.traffic
    lines += [
        "| requirement | " + " | ".join(f"{level:,}" for level in levels) + " |",
        "|" + "---|" * (len(levels) + 1),
    ]
    for words in dict.fromkeys(check["requirement"] for check in checks):
        cells: list[str] = []
        for check in (check for check in checks if check["requirement"] == words):
            told = f"{100 * check['difference']:+.2f} [{100 * check['low']:.2f}, {100 * check['high']:.2f}]"
            verdict = ("holds" if check["holds"] else "**fails**") if check["required"] else "not required"
            cells.append(f"{told} {verdict}")
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=None)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--styles", default="auto", choices=["auto", "none"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = arguments.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        measure(work, arguments.seeds, arguments.styles)


def measure(work: Path, seeds: int, styles: str) -> None:
    started = time.monotonic()
    if not (work / "log" / "manifest.json").is_file():
        source = Path(os.environ["PUSHGEN_DATA"]) / "upworthy" / "packages.csv"
        command = [sys.executable, "-m", "pushgen", "import", "upworthy", str(source), "--out", str(work / "log")]
        subprocess.run(command, check=True)
    made = make_pairs(Log.open(work / "log"))
    config = ReplayConfig(seeds=seeds)
    file = work / f"utilities-{styles}.parquet"
    if not file.is_file():
        found = utilities(made.frame, config.folds, styles)
        pl.DataFrame({"push_id": list(found), "utility": list(found.values())}).write_parquet(file)
    known = read_utilities(file)
    contests = contests_of(made.frame, known).contests
    whole = replay(contests, lineup(reward=True, heats=HEATS), config)
    fold = contests.folds(config.folds)
    tuning = Figures(whole.only(fold == 0), draws=10).gains()
    heat: dict[Source, float] = {}
    for source in ("learnt", "reward"):
        heat[source] = {tempered(one, source): one for one in HEATS}[
            chosen(tuning, [tempered(one, source) for one in HEATS])
        ]
    dropped = {tempered(one, source) for source in heat for one in HEATS if one != heat[source]}
    kept = {name: clicks for name, clicks in whole.clicks.items() if name not in dropped}
    best = chosen(tuning, [name for name in kept if name.endswith("reward prior")])
    twin = best.replace("reward prior", "learnt prior")
    twin = twin.replace(f"heat {heat['reward']:g}", f"heat {heat['learnt']:g}")
    reported = whole.only(fold != 0)
    reported = replace(reported, clicks={name: reported.clicks[name] for name in kept})
    figures = Figures(reported)
    gains = figures.gains()
    checks = requirements(figures, best, twin, config.traffic)
    spread = contests.spread().spread
    lines = ["# Replay of sending policies on the Upworthy archive", "", *stamp(), ""]
    lines += [f"Command: `python benchmarks/replay.py --styles {styles} --seeds {seeds}`", ""]
    lines += [
        f"{len(contests):,} contests (arms of one experiment under one picture) of "
        f"{len(set(contests.experiments)):,} experiments, {len(contests.contest):,} arms; reported on the "
        f"{len(reported.contests):,} of folds 1 to 4, {seeds} replays each, {config.batches} batches. True rates are "
        f"shrunk within contests, over which they scatter by {spread:.1%}; clicks counted are expected clicks. Left "
        "out: " + ", ".join(f"{count:,} {reason}" for reason, count in made.left_out.items()) + ".",
        "",
        f"Chosen on fold 0: heat {heat['learnt']:g} without and {heat['reward']:g} with the reward prior, of {HEATS}; "
        f"the best policy with a reward prior: {best}. Expected gain and Bayes-UCB have nothing to choose.",
        "",
        "Beside it, LOLA (Ye, Yoganarasimhan and Zheng, Marketing Science 44(5), 2025): CTR predictions of a language "
        "model seed a UCB bandit, which is reported to beat the A/B test, the plain bandit and the model alone on "
        "17,681 tests of the archive, most at low traffic. It used another model, more tests and another replay.",
        "",
    ]
    lines += describe(reported, figures, gains, checks)
    lines += [
        "## What the other folds taught",
        "",
        "| belief | fold | clicks an arm's prior is worth | factor on utilities |",
    ]
    lines += ["|---|---|---|---|"]
    for belief, of_fold in whole.learnt.items():
        lines += [f"| {belief} | {at} | {one.strength:.1f} | {one.slope:.2f} |" for at, one in enumerate(of_fold)]
    values = {
        "heat": heat, "best": best, "twin": twin, "spread": spread, "styles": styles, "left_out": dict(made.left_out),
        "config": as_dict(config), "gains": [as_dict(gain) for gain in gains], "requirements": checks,
        "learnt": {belief: [as_dict(one) for one in of_fold] for belief, of_fold in whole.learnt.items()},
    }  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    write(lines, values, started)
    names = {best, twin, *TESTS, *PLAIN, "reward only"}
    few = [entry for entry in lineup(reward=True, heats=HEATS) if entry.name in names]
    again = Figures(replay(contests, few, replace(config, draw_rates=True)).only(fold != 0))
    drawn_gains, drawn_checks = again.gains(), requirements(again, best, twin, config.traffic)
    held = [check["holds"] for check in drawn_checks if check["required"]]
    lines += [
        "",
        "## With true rates drawn from their posterior",
        "",
        "Shrunken rates scatter less than true ones and understate what can be gained; drawn ones scatter as true ones "
        "do. Clicks over uniform random sending, % [95%].",
        "",
        *table(again, drawn_gains, "gain"),
        f"Of the {len(held)} requirements above, {sum(held)} hold under drawn rates.",
    ]
    values["drawn"] = {"gains": [as_dict(gain) for gain in drawn_gains], "requirements": drawn_checks}
    write(lines, values, started)
    print("\n".join(lines))


def write(lines: Sequence[str], values: dict[str, Any], started: float) -> None:
    """What is known so far."""
    told = [*lines, "", f"The run took {(time.monotonic() - started) / 60:.0f} minutes.", ""]
    (RESULTS / "replay.md").write_text("\n".join(told), encoding="utf-8")
    (RESULTS / "replay.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
