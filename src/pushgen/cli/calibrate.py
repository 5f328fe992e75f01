"""`pushgen calibrate`: the probabilities of a reward model, fitted anew on experiments that it has not seen."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pushgen.progress import say

if TYPE_CHECKING:
    from pushgen.reward.calibrate import Calibration


def calibrate(
    model: Path,
    log: Path,
    *,
    out: Path,
    part: Literal["holdout", "all"] = "holdout",
    json: Path | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> None:
    """Fit a model's slope and residual scale on a log, and say on each half, fitted on the other, what that changes.

    Training does this on its own validation experiments; do it again for another log or another season.

    Parameters
    ----------
    model
        Folder of a reward model; it is left as it is.
    log
        Folder of an imported log with randomised experiments.
    out
        Folder of the calibrated model.
    part
        `holdout`: the contents that the model's own training left out. `all`: every content; only sensible for a
        log the model was not trained on.
    json
        Also write the figures to this file, or to standard output for `-`.
    draws
        Resamples of the experiments behind the interval.
    seed
        Seed of the resampling.
    """
    from dataclasses import replace

    from pushgen.errors import ConfigurationError
    from pushgen.logs import Log, make_pairs
    from pushgen.manifest import hash_path, write_json
    from pushgen.pipeline.unseen import unseen
    from pushgen.reward.calibrate import calibrate as fit
    from pushgen.reward.storage import load_reward, save_reward

    if out.resolve() == model.resolve():
        raise ConfigurationError(f"--out must be another folder than the model's, found {str(out)!r} for both")
    judge, opened = load_reward(model), Log.open(log)
    found = fit(judge, unseen(judge, opened, make_pairs(opened).frame, part), draws=draws, seed=seed)
    judge.residual = found.after
    inputs = {**judge.origin.inputs, "calibration": hash_path(opened.path)}
    # The held-out figures were those of the old probabilities.
    judge.origin = replace(judge.origin, inputs=inputs, held_out={})
    save_reward(judge, out)
    show(found)
    say(f"The calibrated model is {out}.")
    if json is not None:
        if str(json) == "-":
            from pushgen.cli.output import print_json

            print_json(found.as_dict())
        else:
            write_json(json, found.as_dict())


def show(found: "Calibration") -> None:
    """What the step changed, in words on standard error."""
    before, after = found.before, found.after
    say(f"{found.pairs:,} pairs of {found.experiments:,} experiments")
    say(f"slope {before.slope:.3f} -> {after.slope:.3f}, residual scale {before.scale:.3f} -> {after.scale:.3f}")
    say(
        f"calibration error less that of perfect probabilities: {found.excess_before:.3f} before, "
        f"{found.excess_after:.3f} after; log-loss of the observed winner falls by {found.gain} nats per pair "
        "(each half fitted on the other)"
    )
