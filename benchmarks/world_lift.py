"""How much of the gap between a random and the best candidate the choice closes in the simulated world.

    python benchmarks/world_lift.py [--seeds 20 21 22 23 24] [--work DIR]

Plays the demo's round once per seed, each with a world, a log, models and contents of its own. Plays a round with
small models once per seed in a world with all effects of texts switched off, where any lift would be a defect of the
measurement. Baselines in the same test: a template in one fixed style, a random accepted candidate, the best
candidate by the world's truth. Nothing was tuned on these seeds. Rounds that are finished in DIR are not played
again. Writes benchmarks/results/world_lift.md and .json.
"""

import argparse
import dataclasses
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
from pushgen.pipeline.measure import Lift, Measured
from pushgen.pipeline.round import Played, RoundConfig, play
from pushgen.recipes.demo import demo_round, small_round
from pushgen.settings import as_dict

RESULTS = Path(__file__).parent / "results"


def over_seeds(values: Sequence[float]) -> Lift:
    """Mean over independent worlds with its 95% Student interval."""
    mean, sem = float(np.mean(values)), float(stats.sem(values))
    half = float(stats.t.ppf(0.975, len(values) - 1)) * sem
    return Lift(versus="mean over seeds", lift=mean, low=mean - half, high=mean + half)


def show(lift: Lift | None) -> str:
    return "no gap" if lift is None else f"{100 * lift.lift:.1f}% [{100 * lift.low:.1f}, {100 * lift.high:.1f}]"


def lifts(measured: Measured) -> dict[str, Lift]:
    return {lift.versus: lift for lift in measured.lifts}


def table(rounds: dict[int, Played], versus: Sequence[str]) -> list[str]:
    head = ["seed", *(f"lift over {name}" for name in versus), "gap recovered", "gap recovered (true rates)"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for seed, played in rounds.items():
        found = lifts(played.measured)
        cells = [str(seed), *(show(found[name]) for name in versus), show(played.measured.recovered)]
        cells.append(show(played.truth.recovered))
        lines.append("| " + " | ".join(cells) + " |")
    if len(rounds) > 1:
        cells = ["**mean**"]
        cells += [
            show(over_seeds([lifts(played.measured)[name].lift for played in rounds.values()])) for name in versus
        ]
        for pick in ("measured", "truth"):
            shares = [getattr(played, pick).recovered for played in rounds.values()]
            known = [share.lift for share in shares if share is not None]
            cells.append(show(over_seeds(known)) if len(known) > 1 else "no gap")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[20, 21, 22, 23, 24])
    parser.add_argument(
        "--flat-seeds", type=int, nargs="+", default=None, help="seeds without text effects; as --seeds"
    )
    parser.add_argument("--work", type=Path, default=None)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = arguments.work or Path(scratch)
        config = demo_round()
        small = small_round()
        flat = dataclasses.replace(
            small,
            world=dataclasses.replace(small.world, text_effects=0.0),
            contents=config.contents,
            impressions=config.impressions,
        )
        with_effects = _play_all(config, arguments.seeds, work / "effects")
        without = _play_all(flat, arguments.flat_seeds or arguments.seeds, work / "no-effects")
    versus = list(lifts(next(iter(with_effects.values())).measured))
    lines = [
        "# Lift of the choice in the simulated world",
        "",
        *stamp(),
        "",
        "Command: `python benchmarks/world_lift.py`",
        "",
    ]
    lines += [
        f"{config.contents} new contents, {config.impressions:,} impressions per content and arm, 95% intervals: over "
        "contents within a seed (bootstrap), over seeds in the last row (Student).",
        "",
        "## Texts matter",
        "",
        *table(with_effects, versus),
        "",
        "## Text effects of the world set to zero",
        "",
        *table(without, versus),
        "",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "world_lift.md").write_text("\n".join(lines), encoding="utf-8")
    values: dict[str, Any] = {
        name: {str(seed): as_dict(played) for seed, played in rounds.items()}
        for name, rounds in (("effects", with_effects), ("no effects", without))
    }
    (RESULTS / "world_lift.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    print("\n".join(lines))


def _play_all(config: RoundConfig, seeds: Sequence[int], work: Path) -> dict[int, Played]:
    return {seed: play(config, work / f"seed-{seed}", seed) for seed in seeds}


if __name__ == "__main__":
    main()
