"""Counts that a log without counts implies, so that one likelihood serves every kind of log.

Rates and confidences. A tool that shows two arms n times each and calls the difference of their rates r_a and r_b
significant with the confidence c = 1 - p saw the two-proportion statistic z = Phi^-1((1 + c) / 2), from which

    n = 2 r (1 - r) z^2 / (r_a - r_b)^2,    r = (r_a + r_b) / 2.

A single test's n is as uncertain as its confidence is rounded, and a confidence that is shown as 0 or 1 gives none. The
site's traffic is much the same from test to test, so the median over the tests of two arms that have one stands for all
of the log, and clicks are rate * n.

A bare winner. One impression each, and the winner's was clicked: of the counts' likelihood there remains
-log sigmoid(delta), the one of Bradley and Terry for a single comparison. A comparison of clicks that are many is worth
more; the weight of a source says how far its winners are trusted (`pushgen.pipeline.sources`).
"""

import numpy as np
import polars as pl

from pushgen.errors import InputError
from pushgen.logs.log import Log
from pushgen.progress import say
from pushgen.tables import EXPOSURES

FEWEST = 20
"""Fewer tests with a confidence between 0 and 1 say too little of the traffic."""


def implied_exposures(log: Log) -> pl.DataFrame:
    """The log's exposures with counts in every arm whose rate or whose experiment's winner is stated.

    Stated counts stay as they are; an arm without any of these keeps its nulls. Raises `InputError` where arms have
    rates and the log has fewer than `FEWEST` tests of two arms with a confidence strictly between 0 and 1.
    """
    given = log.exposures.join(
        log.experiments.select("experiment_id", "stated_winner", "stated_confidence"),
        on="experiment_id",
        how="left",
        maintain_order="left",
    )
    bare = pl.col("impressions").is_null() | pl.col("clicks").is_null()
    rated = bare & pl.col("rate").is_not_null()
    shown = _impressions(given, log) if given.select(rated.any()).item() else 0
    unrated = pl.col("rate").is_null().all().over("experiment_id")
    named = bare & unrated & pl.col("stated_winner").is_not_null()
    won = (pl.col("push_id") == pl.col("stated_winner")).cast(pl.Int64)
    clicks = (pl.col("rate") * shown).round().cast(pl.Int64)
    filled = given.with_columns(
        impressions=pl.when(rated).then(pl.lit(shown)).when(named).then(pl.lit(1)).otherwise("impressions"),
        clicks=pl.when(rated).then(clicks).when(named).then(won).otherwise("clicks"),
    )
    return EXPOSURES.conform(filled)


def _impressions(given: pl.DataFrame, log: Log) -> int:
    """Of an arm, from the confidences."""
    from scipy.special import ndtri  # pyright: ignore[reportMissingTypeStubs]

    sure = (pl.col("stated_confidence") > 0) & (pl.col("stated_confidence") < 1)
    tests = (
        given.filter(sure & pl.col("rate").is_not_null())
        .group_by("experiment_id")
        .agg(pl.len(), pl.col("stated_confidence").first(), mean=pl.mean("rate"), gap=pl.max("rate") - pl.min("rate"))
        .filter((pl.col("len") == 2) & (pl.col("gap") > 0) & (pl.col("mean") < 1))
    )
    if tests.height < FEWEST:
        raise InputError(
            file=str(log.path),
            field="stated_confidence",
            expected=f"at least {FEWEST} tests of two arms with different rates and a confidence between 0 and 1",
            found=f"{tests.height}",
            remedy="State the impressions of each arm, or leave this log out of training.",
        )
    confidence, mean, gap = (tests[name].to_numpy() for name in ("stated_confidence", "mean", "gap"))
    z = np.asarray(ndtri((1.0 + confidence) / 2.0), np.float64)
    shown = max(int(np.median(2.0 * mean * (1.0 - mean) * (z / gap) ** 2)), 1)
    say(f"{log.path}: {shown:,} impressions of each arm, from the confidences of {tests.height:,} tests")
    return shown
