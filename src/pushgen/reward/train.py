"""Training of a reward model of any kind."""

from pathlib import Path

import polars as pl

from pushgen.reward.origin import Origin
from pushgen.reward.settings import RewardConfig
from pushgen.reward.trained import TrainedReward


def train(
    pairs: pl.DataFrame,
    config: RewardConfig,
    origin: Origin | None = None,
    *,
    styles: Path | None = None,
    scratch: Path | None = None,
) -> TrainedReward:
    """A model of `config.kind` from a frame of `tables.PAIRS`, all of the training part of the split.

    `styles` is the folder of a linear style labeller for the kind `linear`, in place of the one that the configuration
    names. The training of a network that is killed goes on from the state that it leaves in the folder `scratch`.
    Raises `InputError` where too few pairs carry evidence.
    """
    if config.kind in ("linear", "blend"):
        from pushgen.reward.train_linear import train_linear
        from pushgen.styles.linear import LinearLabeller

        labeller = LinearLabeller.load(styles) if styles else None
        if config.kind == "linear":
            return train_linear(pairs, config, origin, styles=labeller)
        from pushgen.reward.train_blend import train_blend

        return train_blend(pairs, config, origin, styles=labeller, scratch=scratch)
    if config.kind in ("score", "list"):
        from pushgen.reward.train_utility import train_utility

        return train_utility(pairs, config, origin, scratch=scratch).model
    from pushgen.reward.train_pair import train_pair

    return train_pair(pairs, config, origin, scratch=scratch).model
