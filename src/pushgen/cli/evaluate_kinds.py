"""`pushgen evaluate kinds`: which kind of reward model suits a log, judged on experiments new to each model."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from pushgen.cli.flags import JsonFile, TypedFlags
from pushgen.reward.settings import PRESETS, Kind, RewardConfig

_typed = TypedFlags()
kinds = App(name="kinds", config=_typed)


@kinds.default
def _kinds(
    log: Path,
    *,
    out: Path,
    kinds: tuple[Kind, ...] = ("pair", "score", "list", "linear", "blend"),
    folds: int = 5,
    judged: int | None = None,
    cross_encoder: bool = False,
    preset: Literal["standard", "quick"] = "standard",
    config: Path | None = None,
    json: JsonFile = None,
    draws: int = 2000,
    settings: Annotated[RewardConfig, Parameter(name="*")] = RewardConfig(),
) -> None:
    """Cross-validate the kinds of reward model on a log, beside baselines, with 95% intervals over experiments.

    Experiments that share a content or nearly copied texts stand in one fold, so no model is asked about a text whose
    twin it was trained on. It trains folds x kinds models; a killed run goes on with the first that is missing.

    Parameters
    ----------
    log
        Folder of an imported log with randomised experiments.
    out
        Folder of the predictions, figures, hashed folds and the log of evaluations.
    kinds
        Kinds that are trained.
    folds
        Parts of the experiments.
    judged
        Train and judge the first of these parts only, for a quicker look.
    cross_encoder
        Also train sentence-transformers' CrossEncoder on the same pairs.
    preset
        `quick` for short texts.
    config
        TOML file with settings of the training, as for `pushgen train reward`.
    json
        Also write the figures to this file, or to standard output for `-`.
    draws
        Resamples of the experiments behind the intervals.
    """
    from pushgen.cli.evaluate_reward import show
    from pushgen.logs import Log
    from pushgen.manifest import write_json
    from pushgen.pipeline.cross_validation import CrossValidationConfig, cross_validate
    from pushgen.settings import from_toml

    chosen = PRESETS[preset]
    chosen = _typed.over(from_toml(chosen, config) if config else chosen, settings)
    found = cross_validate(
        Log.open(log),
        out,
        CrossValidationConfig(
            kinds=kinds, cross_encoder=cross_encoder, folds=folds, judged=judged, draws=draws, reward=chosen
        ),
    )
    show(found)
    if json is not None and str(json) == "-":
        from pushgen.cli.output import print_json

        print_json(found.as_dict())
    elif json is not None:
        write_json(json, found.as_dict())


__all__ = ["kinds"]
