"""`pushgen evaluate reward`: a reward model on experiments that it has not seen."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pushgen.cli.flags import JsonFile
from pushgen.progress import say

if TYPE_CHECKING:
    from pushgen.reward.evaluate import Evaluation, Gain


def reward(
    model: Path,
    log: Path,
    *,
    part: Literal["holdout", "all"] = "holdout",
    json: JsonFile = None,
    draws: int = 2000,
    seed: int = 0,
    reduced: bool = False,
) -> None:
    """Measure accuracy, choices, lift and calibration, with 95% intervals over experiments, beside baselines.

    Each evaluation adds a line to `evaluations.jsonl` beside the model.

    Parameters
    ----------
    model
        Folder of a reward model.
    log
        Folder of an imported log with randomised experiments.
    part
        `holdout`: the contents that the model's own training left out. `all`: every content; only sensible for a
        log the model was not trained on.
    json
        Also write the figures to this file, or to standard output for `-`.
    draws
        Resamples of the experiments behind the intervals.
    seed
        Seed of the resampling.
    reduced
        Compare in bfloat16 where the hardware has it: about twice as fast, may flip up to 1% of the decisions.
    """
    from pushgen import splits
    from pushgen.errors import ConfigurationError
    from pushgen.logs import Log, make_pairs
    from pushgen.manifest import hash_path, write_json
    from pushgen.pipeline.evaluation_record import record
    from pushgen.pipeline.judging import judged
    from pushgen.reward.storage import load_reward

    judge = load_reward(model, bf16="auto" if reduced else "no")
    opened = Log.open(log)
    pairs = make_pairs(opened).frame
    origin = judge.origin
    if part == "holdout" and not origin.holdout:
        raise ConfigurationError(
            f"the model {str(model)!r} was trained without held-out contents, so nothing in a log is known to be "
            "new to it. Train it with --holdout 0.2, or judge it on another log with --part all."
        )
    own = hash_path(opened.path) in origin.inputs.values()
    if own and part == "all":
        say("Warning: the model was trained on a part of this log. The figures flatter it; use --part holdout.")
    share, salt = (origin.holdout, origin.salt) if part == "holdout" else (splits.HOLDOUT, splits.SALT)
    held = splits.keep(pairs, "holdout", share, salt) if part == "holdout" else pairs
    train = splits.keep(pairs, "train", share, salt) if part == "holdout" else pairs.clear()
    result = judged(judge, held, train, draws=draws, seed=seed)
    show(result)
    facts = {"model": str(model), "log": str(log), "part": part, "holdout": share, "seed": seed}
    # Beside the model, not in it: a look at a model does not change it.
    record(
        model.resolve().parent / "evaluations.jsonl",
        {**facts, "stage": "evaluate reward", "reduced": reduced, "log_sha256": hash_path(opened.path)},
        result,
    )
    if json is not None:
        values = {**result.as_dict(), "configuration": facts, "log_sha256": hash_path(opened.path)}
        if str(json) == "-":
            from pushgen.cli.output import print_json

            print_json(values)
        else:
            write_json(json, values)


def show(result: "Evaluation") -> None:
    """The figures as a table on standard error."""
    from rich.console import Console
    from rich.table import Table

    predictors = list(dict.fromkeys(metric.predictor for metric in result.metrics))
    table = Table(title=f"{result.pairs:,} pairs of {result.experiments:,} experiments, 95% intervals")
    table.add_column("figure")
    for name in predictors:
        table.add_column(name, justify="right")
    table.add_column("n", justify="right")
    for row in result.table():
        table.add_row(row["metric"], *(str(row.get(name, "")) for name in predictors), f"{row['count']:,}")
    Console(stderr=True).print(table)
    if result.gains:
        _show_gains(result.gains)
    say(f"Perfect probabilities would show a calibration error of {result.calibration_by_chance:.3f} on these pairs.")
    for reason, count in result.left_out.items():
        if count:
            say(f"{count} left out: {reason}")


def _show_gains(gains: "Sequence[Gain]") -> None:
    from rich.console import Console
    from rich.table import Table

    slices = list(dict.fromkeys(gain.slice for gain in gains))
    table = Table(title="Difference of the accuracies on the same pairs")
    for name in ("predictor", "against", *slices):
        table.add_column(name, justify="right" if name in slices else "left")
    for pair in dict.fromkeys((gain.predictor, gain.against) for gain in gains):
        found = {gain.slice: f"{gain.interval}" for gain in gains if (gain.predictor, gain.against) == pair}
        table.add_row(*pair, *(found.get(name, "") for name in slices))
    Console(stderr=True).print(table)
