"""From a log to the rows that the filters judge, each row that cannot be judged counted under its reason."""

import polars as pl

from pushgen import splits
from pushgen.curation.counts import LogTables, counts_per_push, exposure_rows, merge_texts, push_rows
from pushgen.curation.funnel import Funnel
from pushgen.curation.lift import arm_expectations
from pushgen.curation.settings import CurationConfig


def gather(log: LogTables, config: CurationConfig, funnel: Funnel) -> tuple[pl.DataFrame, float]:
    """One row of counts per content and text (`counts.merge_texts`), and the spread of the lifts, 0 if not needed."""
    rows = push_rows(log, funnel)
    rows = funnel.take(rows, ~rows["blank"], "empty text").drop("blank")
    if config.part != "all":
        inside = splits.keep(rows.select("content_id").unique(), config.part)["content_id"]
        rows = funnel.take(rows, rows["content_id"].is_in(inside.implode()), f"not in the part {config.part!r}")
    if config.require_caption or config.soft.by == "category":
        told = (pl.col("caption").str.strip_chars() != "").fill_null(False).any().alias("told")
        facts = log.contents.group_by("content_id").agg(told, pl.col("category").min()).collect(engine="streaming")
        rows = rows.join(facts, on="content_id", how="left", maintain_order="left")
        if config.require_caption:
            rows = funnel.take(rows, rows["told"], "no caption")
    exposures = exposure_rows(log, funnel)
    spread = 0.0
    sums: tuple[str, ...] = ()
    counts = counts_per_push(exposures)
    if config.lift.enabled:
        arms, spread = arm_expectations(exposures, rows.select("push_id", "media", "text_hash"))
        counts = counts.join(arms, on="push_id", how="left")
        funnel.notes.append(f"relative spread of true click rates within an experiment: {spread:.4f}")
        sums = ("lift_clicks", "lift_expected")
    shown = (pl.col("impressions").fill_null(0) > 0) | (pl.col("rates") > 0).fill_null(False)
    # Rates can come without impressions; clicks without impressions or rate tell nothing.
    rows = rows.join(counts.filter(shown), on="push_id", how="left", maintain_order="left")
    known = rows["impressions"].is_not_null() | rows["rates"].is_not_null()
    if not known.all():
        outside = _excluded_pushes(log, rows.filter(~known)["push_id"])
        rows = rows.with_columns(known=known, outside=pl.col("push_id").is_in(outside.implode()))
        rows = funnel.take(rows, ~rows["outside"], "excluded experiment")
        rows = funnel.take(rows, rows["known"], "no exposure").drop("known", "outside")
    merged = merge_texts(rows, sums)
    funnel.count("same text of the same content", rows.height - merged.height)
    if config.soft.by == "category":
        merged = merged.join(rows.select("push_id", "category"), on="push_id", how="left", maintain_order="left")
    return merged, spread


def _excluded_pushes(log: LogTables, silent: pl.Series) -> pl.Series:
    """Those of the pushes that were shown, but in excluded experiments only."""
    marked = log.experiments.filter(pl.col("excluded").is_not_null()).select("experiment_id").unique()
    found = (
        log.exposures.filter(pl.col("push_id").is_in(silent.implode()))
        .join(marked, on="experiment_id", how="semi")
        .select("push_id")
        .unique()
    )
    return found.collect(engine="streaming")["push_id"]
