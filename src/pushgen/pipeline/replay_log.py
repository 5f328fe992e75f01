"""The contests of an imported log, and what a reward model or a file expects of their arms."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pushgen.errors import InputError
from pushgen.experiments.contests import Contests
from pushgen.reward.arms import Arms, arms_of
from pushgen.tables import Column, Table

if TYPE_CHECKING:
    from pushgen.protocols import RewardModel

UTILITIES = Table(
    "utilities",
    (Column("push_id", pl.String, required=True), Column("utility", pl.Float64, required=True)),
    ("push_id",),
)
"""Expected log CTR of each push, up to a constant of its experiment and picture."""


@dataclass(frozen=True, slots=True)
class Replayable:
    """Contests and what was left out of them."""

    contests: Contests
    left_out: Mapping[str, int]
    """Contests left out, by reason."""


def contests_of(pairs: pl.DataFrame, utility: Mapping[str, float] | None = None) -> Replayable:
    """Contests behind a frame of `tables.PAIRS`: arms of one experiment with one picture and different texts.

    With `utility`, by push id, only contests all of whose arms have one are kept. Contests without clicks tell no rate
    and are left out. Raises `InputError` where none remains.
    """
    arms = arms_of(pairs)
    size = int(arms.group[-1]) + 1 if len(arms) else 0
    silent = np.bincount(arms.group, arms.clicks, size) == 0
    ids = arms.keys["push_id"].to_list()
    known = np.array([utility is None or push in utility for push in ids], bool)
    unknown = (np.bincount(arms.group, ~known, size) > 0) & ~silent
    left_out = {"contests without clicks": int(silent.sum()), "contests without utilities": int(unknown.sum())}
    kept = ~(silent | unknown)
    if not kept.any():
        raise InputError(
            expected="experiments with at least two texts under one picture, clicks and, where given, utilities",
            found=", ".join(f"{count} {name}" for name, count in left_out.items()),
            remedy="Give a log with A/B tests, and the utilities of its push ids.",
        )
    values = None if utility is None else np.array([utility.get(push, 0.0) for push in ids])
    return Replayable(_contests(arms, pairs, values).only(kept), {name: n for name, n in left_out.items() if n})


def _contests(
    arms: Arms, pairs: pl.DataFrame, utility: "np.ndarray[tuple[int], np.dtype[np.float64]] | None"
) -> Contests:
    content = dict(pairs.select("experiment_id", "content_id").unique().iter_rows())
    first = np.flatnonzero(np.diff(arms.group, prepend=-1)).tolist()
    experiments = [arms.keys["experiment_id"][row] for row in first]
    return Contests(
        experiments=experiments,
        contents=[content[name] for name in experiments],
        contest=arms.group,
        clicks=arms.clicks,
        impressions=arms.impressions,
        utility=utility,
    )


def utilities_by(model: "RewardModel", pairs: pl.DataFrame) -> dict[str, float]:
    """Mean expected log-CTR ratio of each arm over all arms of its contest, itself included, by push id.

    For a model that is linear in utilities these are the utilities less their mean.
    """
    said = model.compare(pairs["text_a"].to_list(), pairs["text_b"].to_list(), pairs["caption"].to_list())
    mean = pl.Series("mean", said.mean.astype(np.float64))
    sides = [pairs.select(push_id=f"push_{side}").with_columns(sign * mean) for side, sign in (("a", 1), ("b", -1))]
    each = pl.concat(sides).group_by("push_id").agg(utility=pl.col("mean").sum() / (pl.len() + 1))
    return dict(each.iter_rows())


def read_utilities(file: Path) -> dict[str, float]:
    """A table of `push_id, utility` (CSV, JSONL or Parquet). Raises `InputError` for a row that cannot be used."""
    from pushgen.intake.read import load

    loaded = load(file, UTILITIES)
    if loaded.rejects.height:
        first = loaded.rejects.row(0, named=True)
        raise InputError(
            file=str(file),
            row=first["row"],
            field=first["field"],
            expected="a push_id and a finite utility in every row, each push once",
            found=f"{first['reason']} ({loaded.rejects.height} such rows)",
            remedy="Write one row per push; leave out pushes without a utility.",
        )
    return dict(loaded.frame.iter_rows())
