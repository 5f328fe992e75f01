"""How much the closed loop learns in the simulated world, and what poisoned feedback does to it.

    python benchmarks/closed_loop.py [--seeds 40 41 42 43 44] [--rounds 10] [--work DIR]

Plays the loop of `pushgen loop` once per seed, each with a world, a log and models of its own, and once more with the
feedback of rounds 5 and 6 shuffled within contents. Figures are true CTRs of the world: shares of the lift of the best
candidate over a random one that the reward model's choice, the bandit's traffic and all traffic (random share included)
reach. Baseline of the poisoned loop: the model that served before the poison, left as it was, on the same candidates.
Sizes and rules were chosen on seeds from 50 on. Rounds finished in DIR are not played again.
Writes benchmarks/results/closed_loop.md and .json.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen.pipeline.loop.play import Round, play_loop
from pushgen.pipeline.round import accepted_candidates
from pushgen.recipes.loop import closed_loop
from pushgen.reward.storage import load_reward
from pushgen.settings import as_dict
from pushgen.tables import CONTENTS, read_table
from pushgen.world import World

RESULTS = Path(__file__).parent / "results"
POISONED = (5, 6)
AFTER = 2
"""Rounds played after the poison, to see what it left."""


def over_seeds(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean with its 95% Student interval."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, float("nan"), float("nan")
    half = float(stats.t.ppf(0.975, len(values) - 1)) * float(stats.sem(values))
    return mean, mean - half, mean + half


def percent(found: tuple[float, float, float]) -> str:
    return f"{100 * found[0]:.1f}% [{100 * found[1]:.1f}, {100 * found[2]:.1f}]"


def shares(played: Sequence[Round], what: str) -> list[float]:
    return [one.figures.share(getattr(one.figures, what)) for one in played]


def growth(loops: dict[int, list[Round]], what: str) -> dict[str, Any]:
    """Where the share began and ended, their ratio, and its slope over the rounds, over seeds."""
    by_seed = np.array([shares(played, what) for played in loops.values()])
    rounds = np.arange(by_seed.shape[1])
    slopes = [float(np.polyfit(rounds, row, 1)[0]) for row in by_seed]
    # One round's contents are few: the ratio of means over seeds is what can be told.
    first, last = by_seed[:, 0], by_seed[:, -1]
    steps = [over_seeds((by_seed[:, number] - by_seed[:, number - 1]).tolist()) for number in rounds[1:]]
    return {
        "rounds": [over_seeds(by_seed[:, number].tolist()) for number in rounds],
        "ratio": float(last.mean() / first.mean()),
        "ratios": (last / first).tolist(),
        "per round": over_seeds(slopes),
        "falls beyond noise": [
            number + 1 for number, step in zip(rounds[1:].tolist(), steps, strict=True) if step[2] < 0
        ],
    }


def fallen(grown: dict[str, Any]) -> str:
    return ", ".join(map(str, grown["falls beyond noise"])) or "none"


def loss(played: Sequence[Round], folder: Path, seed: int, config: Any) -> list[float]:
    """From the first poisoned round on: CTR of the choice that is lost against the model from before the poison."""
    world = World.build(config.world, seed)
    frozen = load_reward(folder / played[POISONED[0] - 1].model)
    found: list[float] = []
    for one in played[POISONED[0] - 1 :]:
        base = folder / f"round-{one.number:03d}"
        candidates = accepted_candidates(base / "run")
        contents = read_table(base / "log" / "contents", CONTENTS)
        captions = dict(contents.select("content_id", "caption").iter_rows())
        lists = [[text.text for text in texts] for texts in candidates.values()]
        told = frozen.utilities(lists, [captions[name] for name in candidates])  # type: ignore[union-attr]
        picks = [texts[int(np.argmax(values))] for texts, values in zip(lists, told, strict=True)]
        rate = float(world.truth.ctrs(list(candidates), picks).mean())
        found.append(1.0 - one.figures.choice / rate)
    return found


def describe(
    loops: dict[int, list[Round]], poisoned: dict[int, list[Round]], losses: dict[int, list[float]]
) -> list[str]:
    kinds = {"choice": "reward model's choice", "sent": "sent by the bandit", "all": "all traffic"}
    grown = {what: growth(loops, what) for what in kinds}
    lines = [
        "## Share of the oracle's lift, mean over seeds [95%]",
        "",
        "| round | " + " | ".join(kinds.values()) + " | lift that came true | models adopted |",
        "|---|---|---|---|---|---|",
    ]
    for number in range(len(next(iter(loops.values())))):
        true = over_seeds([played[number].check.slope for played in loops.values()])
        new = sum(played[number].serves_next != played[number].model for played in loops.values())
        cells = [percent(grown[what]["rounds"][number]) for what in kinds]
        lines.append(f"| {number + 1} | " + " | ".join(cells) + f" | {percent(true)} | {new} of {len(loops)} |")
    lines += ["", "| | " + " | ".join(kinds.values()) + " |", "|---|---|---|---|"]
    rows = {
        "last round over first": [f"{grown[what]['ratio']:.2f}" for what in kinds],
        "at least 1.5 times": ["holds" if grown[what]["ratio"] >= 1.5 else "**fails**" for what in kinds],
        "points gained per round": [percent(grown[what]["per round"]) for what in kinds],
        "rounds that fell beyond noise": [fallen(grown[what]) for what in kinds],
    }  # fmt: skip
    lines += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items()]
    every = [one for played in loops.values() for one in played]
    lines += ["", f"False alarms: {sum(one.check.alarm for one in every)} in {len(every)} rounds.", ""]
    lines += [f"## Feedback of rounds {POISONED[0]} and {POISONED[1]} shuffled within contents", ""]
    lines += ["| seed | alarms in rounds | worst loss of a round against the model from before | mean loss |"]
    lines += ["|---|---|---|---|"]
    for seed, played in poisoned.items():
        alarms = ", ".join(str(one.number) for one in played if one.check.alarm) or "none"
        lines.append(f"| {seed} | {alarms} | {max(losses[seed]):+.2%} | {np.mean(losses[seed]):+.2%} |")
    fired = all(played[number - 1].check.alarm for played in poisoned.values() for number in POISONED)
    mean = over_seeds([float(np.mean(values)) for values in losses.values()])
    worst = max(float(np.mean(values)) for values in losses.values())
    lines += ["", f"The alarm fires in every poisoned round: {'holds' if fired else '**fails**'}. Loss against the "
              f"incumbent, mean over seeds {percent(mean)}, of the worst seed {worst:+.2%}, below 2%: "
              f"{'holds' if worst < 0.02 else '**fails**'}. A negative loss is a gain.", ""]  # fmt: skip
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[40, 41, 42, 43, 44])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--work", type=Path, default=None)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        measure(arguments.work or Path(scratch), arguments.seeds, arguments.rounds)


def measure(work: Path, seeds: Sequence[int], rounds: int) -> None:
    config = closed_loop()
    loops = {seed: play_loop(config, rounds, work / f"seed-{seed}", seed) for seed in seeds}
    wrong, poisoned, losses = closed_loop(POISONED), dict[int, list[Round]](), dict[int, list[float]]()
    for seed in seeds:
        folder = work / f"poisoned-{seed}"
        poisoned[seed] = play_loop(wrong, POISONED[-1] + AFTER, folder, seed)
        losses[seed] = loss(poisoned[seed], folder, seed, wrong)
    traffic = config.traffic
    lines = ["# The closed loop in the simulated world", "", *stamp(), "",
             f"Command: `python benchmarks/closed_loop.py --seeds {' '.join(map(str, seeds))} --rounds {rounds}`", "",
             f"Past: {config.world.experiments} A/B tests. {config.contents} new contents a round, "
             f"{traffic.impressions:,} impressions each, {traffic.control_share:.0%} of them random.", "",
             *describe(loops, poisoned, losses)]  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "closed_loop.md").write_text("\n".join(lines), encoding="utf-8")
    values = {
        "config": as_dict(config),
        "loops": {seed: [as_dict(one) for one in played] for seed, played in loops.items()},
        "poisoned": {seed: [as_dict(one) for one in played] for seed, played in poisoned.items()},
        "losses": losses,
    }
    (RESULTS / "closed_loop.json").write_text(json.dumps(values, indent=1, default=str) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
