"""`pushgen train reward`: from a log to a reward model."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from pushgen import splits
from pushgen.cli.flags import TypedFlags
from pushgen.progress import say
from pushgen.reward.settings import PRESETS, RewardConfig

_typed = TypedFlags()
reward = App(name="reward", config=_typed)


@reward.default
def _train(
    log: Path,
    *,
    out: Path,
    preset: Literal["standard", "quick"] = "standard",
    config: Path | None = None,
    holdout: float = splits.HOLDOUT,
    settings: Annotated[RewardConfig, Parameter(name="*")] = RewardConfig(),
) -> None:
    """Train the model that predicts which of two pushes of one content has the higher click rate.

    A preset is overridden by the TOML file, the file by flags. Contents that are held out are the same for every
    command; `pushgen evaluate reward` measures on them.

    Parameters
    ----------
    log
        Folder of an imported log with randomised experiments.
    out
        Model folder. Finished work on the same log with the same settings is not done again.
    preset
        `quick` for short texts and about a minute and a half on two cores.
    config
        TOML file with settings, the nested ones in the tables [backbone], [pair], [utility] and [linear].
    holdout
        Share of contents that training never sees; 0 uses all, and nothing can then be measured on this log.
    """
    from pushgen.logs import Log
    from pushgen.pipeline.training import train_reward
    from pushgen.settings import from_toml

    chosen = PRESETS[preset]
    chosen = _typed.over(from_toml(chosen, config) if config else chosen, settings)
    train_reward(Log.open(log), out, chosen, holdout=holdout)
    say(f"The reward model is {out}; its card is {out / 'card.md'}. Measure it: pushgen evaluate reward {out} {log}")


__all__ = ["reward"]
