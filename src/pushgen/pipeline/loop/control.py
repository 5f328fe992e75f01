"""The random share of a round as the learner gets it: a log whose experiments are the randomised comparisons alone.

What the bandit sent is logged outside any experiment, and such rows never become pairs: an arm that the model preferred
would otherwise be taken for proof that the model was right.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pushgen.logs import Log, write_log
from pushgen.manifest import Manifest, is_finished
from pushgen.pipeline.loop.traffic import Tested
from pushgen.records import Candidate, Content, Push
from pushgen.tables import CONTENTS, EXPERIMENTS, EXPOSURES, PUSHES, Column, Table

SHARE = Table(
    "control",
    (
        *(Column(name, pl.String, required=True) for name in ("content_id", "candidate_id")),
        Column("caption", pl.String),
        Column("text", pl.String, required=True),
        Column("impressions", pl.Int64, required=True, minimum=0),
        Column("clicks", pl.Int64, required=True, minimum=0),
        Column("utility", pl.Float64, required=True),
    ),
    ("content_id", "candidate_id"),
)
"""The random share of a round, with what the serving model predicted for it before any click."""


def shuffled(control: pl.DataFrame, seed: Sequence[int]) -> pl.DataFrame:
    """The table with the counts of each content moved between its candidates at random: a feed that joins wrongly."""
    rng = np.random.default_rng(list(seed))
    places = control.with_row_index("row").with_columns(chance=pl.Series(rng.random(control.height)))
    order = places.sort(pl.col("row").min().over("content_id"), "chance", maintain_order=True)[
        "row"
    ]  # rows of a content stay together, in a random order
    counts = control.select("impressions", "clicks")[order.to_list()]
    return control.with_columns(counts["impressions"], counts["clicks"])


def write_round_log(
    folder: Path,
    number: int,
    contents: Sequence[Content],
    candidates: Mapping[str, Sequence[Candidate]],
    tested: Tested,
    *,
    inputs: Mapping[str, Any],
) -> Log:
    """The log of a round; a finished one is kept."""
    exposures = pl.concat(
        [
            tested.control.with_columns(experiment_id=f"r{number:03d}-" + pl.col("content_id")),
            tested.sent.with_columns(experiment_id=pl.lit(None, pl.String)),
        ]
    ).rename({"candidate_id": "push_id"})
    manifest = Manifest(
        stage="loop log",
        configuration=dict(inputs),
        inputs={},
        rows_in=exposures.height,
        rows_out=exposures.height,
        seed=None,
    )
    if is_finished(folder, manifest.key):
        return Log.open(folder)
    used = set(exposures["push_id"].to_list())
    tests = tested.control.group_by("content_id", maintain_order=True).agg(pl.len().alias("arms"))
    return write_log(
        folder,
        contents=CONTENTS.frame(contents),
        pushes=PUSHES.frame([_push(one) for texts in candidates.values() for one in texts if one.candidate_id in used]),
        exposures=EXPOSURES.conform(exposures),
        experiments=EXPERIMENTS.conform(
            tests.with_columns(
                experiment_id=f"r{number:03d}-" + pl.col("content_id"), arms=pl.col("arms").cast(pl.Int64)
            )
        ),
        manifest=manifest,
    )


def _push(candidate: Candidate) -> Push:
    return Push(
        push_id=candidate.candidate_id,
        content_id=candidate.content_id,
        title=candidate.title,
        body=candidate.body,
        style=candidate.style,
        language=candidate.language,
    )
