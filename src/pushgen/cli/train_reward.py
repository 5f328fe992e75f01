"""`pushgen train reward`: from a log to a reward model."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from pushgen import splits
from pushgen.cli.flags import TypedFlags
from pushgen.progress import say
from pushgen.reward.settings import PRESETS, Pooling, RewardConfig

_typed = TypedFlags()
reward = App(name="reward", config=_typed)


@reward.default
def _train(
    log: Path,
    /,
    *more: Path,
    out: Path,
    preset: Literal["standard", "quick"] = "standard",
    config: Path | None = None,
    holdout: float = splits.HOLDOUT,
    weight: float = 0.5,
    pooling: Pooling = "earned",
    settings: Annotated[RewardConfig, Parameter(name="*")] = RewardConfig(),
) -> None:
    """Train the model that predicts which of two pushes of one content has the higher click rate.

    A preset is overridden by the TOML file, the file by flags. Contents that are held out are the same for every
    command; `pushgen evaluate reward` measures on them.

    Parameters
    ----------
    log
        Folder of an imported log with randomised experiments.
    more
        Folders of further logs, of other products or years, that may help: with counts, with rates and confidences, or
        with winners only. Nothing is held out from them and nothing is measured on them.
    out
        Model folder. Finished work on the same log with the same settings is not done again.
    preset
        `quick` for short texts and about a minute and a half on two cores.
    config
        TOML file with settings, the nested ones in the tables [backbone], [pair], [utility] and [linear].
    holdout
        Share of contents of the first log that training never sees; 0 uses all, and nothing can then be measured on it.
    weight
        What a comparison of the further logs counts against one of the first log with the same evidence.
    pooling
        `earned` takes a further log in only where the first log's validation experiments are then predicted better, by
        more than a standard error, and trains once more for each; `all` takes all in.
    """
    from pushgen.logs import Log
    from pushgen.pipeline.sources import Source
    from pushgen.pipeline.training import train_reward
    from pushgen.settings import from_toml

    chosen = PRESETS[preset]
    chosen = _typed.over(from_toml(chosen, config) if config else chosen, settings)
    helpers = [Source(Log.open(one), weight) for one in more]
    train_reward(Log.open(log), out, chosen, holdout=holdout, helpers=helpers, pooling=pooling)
    say(f"The reward model is {out}; its card is {out / 'card.md'}. Measure it: pushgen evaluate reward {out} {log}")


__all__ = ["reward"]
