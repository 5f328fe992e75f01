"""Pairs: two texts of one experiment under the same picture, with their counts."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pushgen.logs.implied import implied_exposures
from pushgen.logs.log import Log
from pushgen.tables import PAIRS


@dataclass(frozen=True, slots=True)
class Paired:
    """Pairs, and the arms and pairs that made none."""

    frame: pl.DataFrame
    """In `tables.PAIRS`, ordered by experiment and push ids; each unordered pair once, push_a < push_b."""
    left_out: Mapping[str, int]
    """Arms left out, by reason, and under `pairs with different pictures` the pairs of remaining arms."""


def make_pairs(log: Log, min_impressions: int = 0, *, implied: bool = False) -> Paired:
    """All pairs of arms of one experiment with one picture and different texts; excluded experiments give none.

    An arm needs at least `min_impressions`, and at least one impression. Arms without a picture form a group of
    their own. With `implied`, arms without counts have those that their rates or their experiment's winner imply.
    """
    pushes = log.pushes.select("push_id", "content_id", "media", "title", "body")
    contents = log.contents.select("content_id", "caption", "category")
    experiments = log.experiments.select("experiment_id", "excluded")
    text = pl.when(pl.col("title").is_not_null()).then(pl.concat_str("title", pl.lit(": "), "body")).otherwise("body")
    arms = (
        (implied_exposures(log) if implied else log.exposures)
        .join(experiments, on="experiment_id", how="left")
        .join(pushes.with_columns(text.alias("text")), on="push_id", how="left")
        .select("experiment_id", "content_id", "push_id", "media", "text", "impressions", "clicks", "excluded")
    )
    reason = (
        pl.when(pl.col("experiment_id").is_null())
        .then(pl.lit("arms outside any experiment"))
        .when(pl.col("excluded").is_not_null())
        .then(pl.concat_str(pl.lit("arms of excluded experiments: "), "excluded"))
        .when(pl.col("impressions").is_null() | pl.col("clicks").is_null())
        .then(pl.lit("arms without counts"))
        .when(pl.col("impressions") < max(min_impressions, 1))
        .then(pl.lit("arms with too few impressions"))
    )
    arms = arms.with_columns(reason.alias("reason"))
    left_out = {str(name): int(count) for name, count in arms.drop_nulls("reason").group_by("reason").len().iter_rows()}
    arms = arms.filter(pl.col("reason").is_null()).drop("reason", "excluded")
    pairs = arms.join(arms, on="experiment_id", suffix="_b").filter(pl.col("push_id") < pl.col("push_id_b"))
    same_picture = pl.col("media").eq_missing(pl.col("media_b"))
    same_text = pl.col("text") == pl.col("text_b")
    left_out["pairs with different pictures"] = pairs.filter(~same_picture).height
    left_out["pairs with the same text"] = pairs.filter(same_picture & same_text).height
    pairs = pairs.filter(same_picture & ~same_text)
    left_out["arms without a rival"] = arms.height - pl.concat([pairs["push_id"], pairs["push_id_b"]]).n_unique()
    renamed = {"push_id": "push_a", "push_id_b": "push_b", "text": "text_a", "clicks": "clicks_a"}
    renamed |= {"text_b": "text_b", "impressions": "impressions_a"}
    frame = pairs.join(contents, on="content_id", how="left").rename(renamed).sort("experiment_id", "push_a", "push_b")
    return Paired(PAIRS.conform(frame), dict(sorted(left_out.items())))


def pairs(log: Log, min_impressions: int = 0) -> pl.DataFrame:
    """The pairs of a log alone."""
    return make_pairs(log, min_impressions).frame
