"""Arms that compete: one row per text of an experiment and picture, from a table of pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """A arms in G groups; arms of a group stand together. Arrays have the shape (A,)."""

    texts: Sequence[str]
    captions: Sequence[str | None]
    categories: Sequence[str | None]
    clicks: Array
    impressions: Array
    weight: Array
    """What the arm's log counts, 1 for the log that the model is for."""
    group: Rows
    """Number of the group, rising from 0."""
    keys: pl.DataFrame
    """`experiment_id, push_id` of each arm."""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def log_rate(self) -> Array:
        """log((c + 1/2) / n), shape (A,); see `reward.evidence` for the halves."""
        return np.log((self.clicks + 0.5) / self.impressions)


def arms_of(pairs: pl.DataFrame) -> Arms:
    """The arms behind a frame of `tables.PAIRS`, ordered by experiment, picture and push id."""
    sides = [
        pairs.select(
            "experiment_id",
            "caption",
            "category",
            "weight",
            push_id=f"push_{side}",
            rival=f"push_{other}",
            text=f"text_{side}",
            clicks=f"clicks_{side}",
            impressions=f"impressions_{side}",
        )
        for side, other in (("a", "b"), ("b", "a"))
    ]
    columns = [pl.col(name).first() for name in ("caption", "category", "text", "clicks", "impressions", "weight")]
    arms = (
        pl.concat(sides)
        .group_by("experiment_id", "push_id")
        .agg(*columns, pl.col("rival").min())
        # All arms of a picture are compared with each other, so they share the smallest id among them.
        .with_columns(first=pl.min_horizontal("push_id", "rival"))
        .sort("experiment_id", "first", "push_id")
    )
    group = arms.select((pl.struct("experiment_id", "first").rle_id()).alias("group"))["group"]
    return Arms(
        texts=arms["text"].to_list(),
        captions=arms["caption"].to_list(),
        categories=arms["category"].to_list(),
        clicks=arms["clicks"].to_numpy().astype(np.float64),
        impressions=arms["impressions"].to_numpy().astype(np.float64),
        weight=arms["weight"].fill_null(1.0).to_numpy(),
        group=group.to_numpy().astype(np.int64),
        keys=arms.select("experiment_id", "push_id"),
    )


def differences(values_A: ArrayLike, keys: pl.DataFrame, pairs: pl.DataFrame) -> Array:
    """Value of arm a less that of arm b for each pair, shape (P,); `keys` tell which arms the values belong to."""
    of_arm = keys.with_columns(value=pl.Series(np.asarray(values_A, np.float64)))
    side_a, side_b = (
        pairs.select("experiment_id", push_id=f"push_{side}")
        .join(of_arm, on=["experiment_id", "push_id"], how="left", maintain_order="left")["value"]
        .to_numpy()
        for side in ("a", "b")
    )
    return side_a - side_b
