"""The inner split of the training part: most of its contents train, some validate. Logs that help only train."""

import polars as pl

from pushgen import splits
from pushgen.errors import InputError
from pushgen.reward.evidence import own, usable

SALT = "pushgen-reward-validation-1"
FEWEST_PAIRS = 20
"""Fewer usable pairs on either side are refused."""


def inner_split(pairs: pl.DataFrame, validation: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Usable pairs for training and for validation, by content. Raises `InputError` where either side has too few."""
    kept = usable(pairs)
    measured = own(kept)
    parts = splits.keep(measured, "train", validation, SALT), splits.keep(measured, "holdout", validation, SALT)
    for part, name in zip(parts, ("training", "validation"), strict=True):
        if part.height < FEWEST_PAIRS:
            raise InputError(
                expected=f"at least {FEWEST_PAIRS} pairs with clicks for {name}",
                found=f"{part.height} (of {pairs.height} pairs, {kept.height} with clicks)",
                remedy="Train on a log with more experiments.",
            )
    return pl.concat([parts[0], kept.filter(pl.col("weight").is_not_null())]), parts[1]
