"""What a table of users from before an experiment says of the metric: its value and its spread over users."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pushgen.errors import InputError
from pushgen.intake import load
from pushgen.statistics.delta_method import design_effect, ratio_of_sums
from pushgen.tables import Column, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A ratio metric over users."""

    ratio: float
    deviation: float
    """Standard deviation over users of (y - R x) / mean(x)."""
    users: int
    rejected: int
    """Rows without usable numbers, or without a denominator above 0 anywhere."""
    design_effect: float | None
    """Variance over that of independent impressions; null for a mean per user."""


def read_history(path: Path, numerator: str, denominator: str | None) -> History:
    """Reads a table with one row per user. Raises `InputError` where it cannot tell a spread."""
    names = [numerator] if denominator is None else [numerator, denominator]
    table = Table("history", tuple(Column(name, pl.Float64, required=True, minimum=0.0) for name in names), ())
    loaded = load(path, table)
    y = loaded.frame[numerator].to_numpy()
    x = loaded.frame[denominator].to_numpy() if denominator else y * 0.0 + 1.0
    found = ratio_of_sums(y, x)
    if not (found.value > 0 and found.variance > 0):
        raise InputError(
            file=str(path),
            field=numerator,
            expected="at least two users who differ, with some of the numerator and of the denominator",
            found=f"{found.units} users, a sum of {y.sum():g} over {x.sum():g}",
            remedy="Give one row per user, from a stretch of time as long as the experiment will be.",
        )
    return History(
        ratio=found.value,
        deviation=(found.variance * found.units) ** 0.5,
        users=found.units,
        rejected=loaded.rejects.height,
        design_effect=design_effect(y, x) if denominator else None,
    )
