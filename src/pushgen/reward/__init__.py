"""The reward model: which of two pushes of one content has the higher true click rate."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pushgen.protocols import RewardModel
    from pushgen.training.precision import Bf16

__all__ = ["open_reward"]


def open_reward(path: str | Path, *, bf16: "Bf16" = "no") -> "RewardModel":
    """The reward model of a folder, on the first GPU or else the CPU.

    `bf16` is the arithmetic of its comparisons: `no` repeats to 1e-5 on every machine, `auto` is about twice as
    fast where the hardware has bfloat16 and may flip up to 1% of the decisions.

    Raises `InputError` for a folder that is no reward model, `MissingExtraError` where torch is not installed.
    """
    from pushgen.reward.storage import load_reward

    return load_reward(Path(path), bf16=bf16)
