"""The inner split of the training part: most of its contents train, some validate."""

import polars as pl

from pushgen import splits
from pushgen.errors import InputError
from pushgen.reward.evidence import usable

SALT = "pushgen-reward-validation-1"
FEWEST_PAIRS = 20
"""Fewer usable pairs on either side are refused."""


def inner_split(pairs: pl.DataFrame, validation: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Usable pairs for training and for validation, by content. Raises `InputError` where either side has too few."""
    kept = usable(pairs)
    parts = splits.keep(kept, "train", validation, SALT), splits.keep(kept, "holdout", validation, SALT)
    for part, name in zip(parts, ("training", "validation"), strict=True):
        if part.height < FEWEST_PAIRS:
            raise InputError(
                expected=f"at least {FEWEST_PAIRS} pairs with clicks for {name}",
                found=f"{part.height} (of {pairs.height} pairs, {kept.height} with clicks)",
                remedy="Train on a log with more experiments.",
            )
    return parts
