"""The sample-ratio test: did the arms of an experiment get the traffic that equal randomisation gives?"""

import polars as pl

from pushgen.logs.log import RATIOS


def sample_ratios(arms: pl.DataFrame) -> pl.DataFrame:
    """Pearson's chi-squared test of equal impressions over the arms of each experiment.

    `arms` has `experiment_id` and `impressions`, one row per arm as published. Experiments with fewer than two arms,
    without impressions, or with an arm whose impressions are unknown have no test. Returns `RATIOS`.
    """
    from scipy.special import chdtrc  # type: ignore[import-untyped]

    tested = (
        arms.drop_nulls("experiment_id")
        .group_by("experiment_id", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("arms"),
            pl.col("impressions").sum(),
            # sum of (x - m)^2 / m with m the mean of the arms
            (pl.col("impressions").cast(pl.Float64).var(ddof=0) * pl.len() / pl.col("impressions").mean()).alias(
                "chi2"
            ),
            pl.col("impressions").has_nulls().alias("unknown"),
        )
        .filter((pl.col("arms") > 1) & (pl.col("impressions") > 0) & ~pl.col("unknown"))
    )
    p_value = chdtrc(tested["arms"].to_numpy() - 1.0, tested["chi2"].to_numpy())
    return RATIOS.conform(tested.with_columns(pl.Series("p_value", p_value, dtype=pl.Float64)))
