"""Recommendations for all users of a log, part by part, so that neither users nor lists need to fit in memory."""

import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from pushgen.manifest import Manifest, hash_path, is_finished, write_manifest
from pushgen.progress import bar
from pushgen.recommend.data.filter import counted
from pushgen.recommend.data.interactions import Interactions
from pushgen.recommend.data.jagged import NONE, Jagged, offsets_of
from pushgen.recommend.storage import TrainedRetriever
from pushgen.tables import Column, Table, write_table

RECOMMENDATIONS = Table(
    "recommendations",
    (
        Column("user_id", pl.String, required=True),
        Column("rank", pl.Int64, required=True, minimum=1),
        Column("item_id", pl.String, required=True),
        Column("score", pl.Float64, required=True),
    ),
    ("user_id", "rank"),
)
"""The items for each user, best first from rank 1. Scores compare within a user alone."""


def recommend_users(
    trained: TrainedRetriever, log: Interactions, k: int, *, users: Collection[str] | None = None,
    exclude_seen: bool = True,
) -> Iterator[pl.DataFrame]:  # fmt: skip
    """`RECOMMENDATIONS` for the users of a log, or those named, one frame per part of the log.

    Histories hold the behaviours that the model was trained on; items that it does not know are left out of them. A
    user without any such history gets what the model says of nobody in particular.
    """
    chosen = None if users is None else pl.DataFrame({"user_id": sorted(users)}, schema={"user_id": pl.String})
    for part in log.parts():
        own = part if chosen is None else part.join(chosen, on="user_id", how="semi", maintain_order="left")
        runs = own["user_id"].rle()
        user_ids, lengths = runs.struct.field("value"), runs.struct.field("len").to_numpy().astype(int)
        numbers = trained.catalogue.numbers(own["item_id"])
        known = own.select(counted(trained.origin.filter)).to_series().to_numpy() & (numbers != NONE)
        histories = Jagged(numbers, offsets_of(lengths)).where(known)
        found = trained.model.recommend(histories, k, exclude_seen=exclude_seen)
        frame = pl.DataFrame(
            {
                "user_id": user_ids.gather(pl.arange(len(user_ids), eager=True).repeat_by(k).explode()),
                "rank": pl.Series(list(range(1, k + 1)) * len(user_ids), dtype=pl.Int64),
                "item_id": trained.catalogue.ids(found.items),
                "score": found.scores.reshape(-1).astype("float64"),
            }
        )
        yield RECOMMENDATIONS.conform(frame.filter(pl.col("item_id").is_not_null()))


def write_recommendations(
    trained: TrainedRetriever, model: Path, log: Interactions, out: Path, k: int, *, exclude_seen: bool = True
) -> int:
    """Writes a folder of Parquet parts with a manifest and returns its rows; finished work is not done again."""
    started = time.monotonic()
    configuration = {"k": k, "exclude_seen": exclude_seen}
    inputs = {"model": hash_path(model), "log": log.hash}
    draft = Manifest(stage="recommend", configuration=configuration, inputs=inputs, rows_in=0, rows_out=0)
    if is_finished(out, draft.key):
        return int(pl.scan_parquet(out / "*.parquet").select(pl.len()).collect().item())
    (out / "manifest.json").unlink(missing_ok=True)
    users = rows = 0
    with bar("recommending", None) as shown:
        for number, frame in enumerate(recommend_users(trained, log, k, exclude_seen=exclude_seen)):
            write_table(frame, out / f"part-{number:05d}.parquet")
            users, rows = users + frame["user_id"].n_unique(), rows + frame.height
            shown.advance(frame.height)
    manifest = replace(draft, rows_in=users, rows_out=rows, notes=("rows_in are users, rows_out their items",))
    write_manifest(out, manifest, seconds=time.monotonic() - started)
    return rows
