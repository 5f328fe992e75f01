"""The part of a log that a model may be measured on."""

from typing import TYPE_CHECKING, Literal

import polars as pl

from pushgen import splits
from pushgen.errors import ConfigurationError
from pushgen.logs import Log
from pushgen.manifest import hash_path
from pushgen.progress import say

if TYPE_CHECKING:
    from pushgen.reward.trained import TrainedReward

Part = Literal["holdout", "all"]


def unseen(judge: "TrainedReward", log: Log, pairs: pl.DataFrame, part: Part) -> pl.DataFrame:
    """The pairs of a part of the log: `holdout`, those that the model's own training left out, or `all`.

    Warns where the model was trained on some of them. Raises `ConfigurationError` where nothing was held out from it.
    """
    origin = judge.origin
    if part == "all":
        if hash_path(log.path) in origin.inputs.values():
            say("Warning: the model was trained on a part of this log, so it knows its texts; use --part holdout.")
        return pairs
    if not origin.holdout:
        raise ConfigurationError(
            "the model was trained without held-out contents, so nothing in a log is known to be new to it. Train it "
            "with --holdout 0.2, or use another log with --part all."
        )
    return splits.keep(pairs, "holdout", origin.holdout, origin.salt)
