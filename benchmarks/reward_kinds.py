"""Every kind of reward model on every experiment of the Upworthy archive, judged by models that have not seen it.

    PUSHGEN_DATA=DATA python benchmarks/reward_kinds.py --work DIR [--kinds blend linear] [--cross-encoder]

Runs `pushgen evaluate kinds` with its defaults: five folds that no near-copy crosses, baselines in the same folds, 95%
intervals over experiments, differences paired. A killed run goes on in DIR. The folds must be those of
benchmarks/folds/upworthy.json (hashed experiment ids). Writes benchmarks/results/reward_kinds.md and .json.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.machine import stamp
from pushgen.logs import ImportConfig, import_log
from pushgen.logs.adapters import UpworthyAdapter
from pushgen.pipeline.cross_validation import CrossValidationConfig, cross_validate
from pushgen.reward.evaluate import Evaluation
from pushgen.reward.settings import Kind

HERE = Path(__file__).parent
FOLDS = HERE / "folds" / "upworthy.json"


def check_folds(found: Path) -> None:
    """Ends the run where the folds are not the committed ones; writes them where none are committed."""
    text = found.read_text(encoding="utf-8")
    if not FOLDS.exists():
        FOLDS.parent.mkdir(exist_ok=True)
        FOLDS.write_text(text, encoding="utf-8")
    elif json.loads(FOLDS.read_text(encoding="utf-8")) != json.loads(text):
        sys.exit(f"the folds of this run are not those of {FOLDS.name}: another log, or another way to cut it")


def trainings(folder: Path, kinds: tuple[str, ...], folds: int) -> list[str]:
    """What the training of each kind took, summed over the folds."""
    lines = ["| kind | parameters | seconds per fold | largest error of swapping the sides |", "|---|---:|---:|---:|"]
    for kind in kinds:
        facts = [json.loads((folder / "trainings" / f"{kind}-{fold}.json").read_text()) for fold in range(folds)]
        seconds = sum(one["seconds"] for one in facts) / folds
        size, error = max(one["parameters"] for one in facts), max(one["swap_error"] for one in facts)
        lines.append(f"| {kind} | {size:,} | {seconds:.0f} | {error:.0e} |")
    return [*lines, ""]


def report(found: Evaluation, folder: Path, config: CrossValidationConfig) -> list[str]:
    names = list(dict.fromkeys(metric.predictor for metric in found.metrics))
    lines = ["# Kinds of reward model on the Upworthy archive", "", *stamp(), ""]
    few = "" if config.judged is None else f" --judged {config.judged}"
    lines += [f"Command: `python benchmarks/reward_kinds.py --work DIR --kinds {' '.join(config.kinds)}{few}`", ""]
    lines += [
        f"{found.pairs:,} pairs of {found.experiments:,} experiments, each judged by a model of the other folds. Near-"
        "copies stand in one fold, so the slice without near-copies of training texts is the whole.",
        "",
        "| figure | " + " | ".join(names) + " | n |",
        "|" + "---|" * (len(names) + 2),
    ]
    for row in found.table():
        lines.append(
            f"| {row['metric']} | " + " | ".join(row.get(name, "") for name in names) + f" | {row['count']:,} |"
        )
    lines += ["", "## Differences of the accuracies on the same pairs", ""]
    slices = list(dict.fromkeys(gain.slice for gain in found.gains))
    lines += ["| predictor | less | " + " | ".join(slices) + " |", "|" + "---|" * (len(slices) + 2)]
    for predictor, against in dict.fromkeys((gain.predictor, gain.against) for gain in found.gains):
        own = {g.slice: str(g.interval) for g in found.gains if (g.predictor, g.against) == (predictor, against)}
        lines.append(f"| {predictor} | {against} | " + " | ".join(own[name] for name in slices) + " |")
    return [*lines, "", "## Training", "", *trainings(folder, config.kinds, config.judged or config.folds)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--kinds", nargs="+", default=["pair", "score", "list", "linear", "blend"])
    parser.add_argument("--judged", type=int, default=None, help="the first folds only; writes reward_kinds_FOLDS")
    parser.add_argument("--cross-encoder", action="store_true")
    arguments = parser.parse_args()
    data = os.environ.get("PUSHGEN_DATA")
    if not data:
        sys.exit("set PUSHGEN_DATA to the folder that holds upworthy/packages.csv")
    source, work = Path(data) / "upworthy" / "packages.csv", cast(Path, arguments.work)
    log = import_log([source], work / "log", UpworthyAdapter(), ImportConfig())
    kinds = tuple(cast(list[Kind], arguments.kinds))
    config = CrossValidationConfig(kinds=kinds, cross_encoder=arguments.cross_encoder, judged=arguments.judged)
    found = cross_validate(log, work / "out", config)
    check_folds(work / "out" / "folds.json")
    lines = report(found, work / "out", config)
    target = HERE / "results" / ("reward_kinds" if arguments.judged is None else f"reward_kinds_{arguments.judged}")
    target.with_suffix(".md").write_text("\n".join(lines), encoding="utf-8")
    values: dict[str, Any] = found.as_dict()
    text = json.dumps(values, indent=1, ensure_ascii=False)
    target.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
