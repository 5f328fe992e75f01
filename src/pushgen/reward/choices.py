"""What choosing by a model would have brought: one arm per experiment and picture, judged by observed click rates."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """One row per group of arms that compete (same experiment, same picture); every array has the shape (G,)."""

    experiment: NDArray[np.str_]
    arms: NDArray[np.int64]
    chosen: Array
    """Observed CTR of the chosen arm."""
    mean: Array
    """Mean observed CTR of the group's arms: what a random choice brings."""
    best: Array
    """Highest observed CTR. Part of it is luck, so no chooser reaches it."""
    worst: Array


def choose(pairs: pl.DataFrame, p_a: ArrayLike) -> Choices:
    """Chooses in each group the arm with the highest mean win probability; ties go to the smaller push id."""
    wins = np.asarray(p_a, np.float64)
    sides = [
        pairs.select(
            experiment="experiment_id",
            push=f"push_{side}",
            rival=f"push_{other}",
            ctr=pl.col(f"clicks_{side}") / pl.col(f"impressions_{side}"),
        ).with_columns(pl.Series("win", p))
        for side, other, p in (("a", "b", wins), ("b", "a", 1.0 - wins))
    ]
    arms = (
        pl.concat(sides)
        .group_by("experiment", "push")
        .agg(pl.col("ctr").first(), pl.col("win").mean().round(9), pl.col("rival").min())
        # All arms of a picture are compared with each other, so they share the smallest id among them.
        .with_columns(group=pl.min_horizontal("push", "rival"))
        .sort("experiment", "group", "push")
    )
    groups = (
        arms.group_by("experiment", "group", maintain_order=True)
        .agg(
            pl.len().alias("arms"),
            pl.col("ctr").get(pl.col("win").arg_max()).alias("chosen"),
            pl.col("ctr").mean().alias("mean"),
            pl.col("ctr").max().alias("best"),
            pl.col("ctr").min().alias("worst"),
        )
        .filter(pl.col("arms") > 1)
    )
    columns = {name: groups[name].to_numpy() for name in ("arms", "chosen", "mean", "best", "worst")}
    return Choices(experiment=groups["experiment"].to_numpy(), **columns)
