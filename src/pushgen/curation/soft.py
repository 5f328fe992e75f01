"""The soft filter: inside each group of similar pushes the worst are cropped by a quantile of the CTR.

PushGen (arXiv 2512.14490, section 2.1.2) crops by quantiles inside each cluster or category, so that a kind of push
with a naturally higher CTR cannot fill the corpus. Neither its quantiles nor its clustering are known. Chosen here:
the lower 30% of each group go (`below`), because a group that passed the hard filter is already good and half of the
order inside it is chance; nothing is cropped at the top, which is an option against clickbait and broken counts
(`above`). CTRs are shrunk before they are ordered (beta-binomial, `pushgen.statistics.shrinkage`): among raw rates
both ends of the order belong to the thinnest pushes.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from pushgen.errors import ConfigurationError
from pushgen.statistics.shrinkage import BetaPrior

GroupBy = Literal["cluster", "style", "category", "all", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftFilter:
    """Which share of each group is cropped."""

    by: GroupBy = "cluster"
    """Groups: clusters of embeddings, styles, the content's category, all rows as one group, or no soft filter."""
    below: float = 0.30
    """Share of each group that is dropped at the lower end, in [0, 1). At least one row of a group stays."""
    above: float = 0.0
    """Share of each group that is dropped at the upper end, in [0, 1)."""
    rate: Literal["shrunk", "raw"] = "shrunk"
    """Order by the CTR shrunk towards that of the whole log, or by the raw CTR."""
    clusters: int = 50
    """Number of clusters; fewer where the sample has fewer than 20 texts a cluster."""
    sample: int = 20_000
    """Distinct texts that the clusters are fitted on."""
    seed: int = 0
    """Seed of the sample and of the clustering."""


def raw_ctr(rows: pl.DataFrame) -> pl.Series:
    """Clicks per impression, or the stated rate where there are no counts; null where nothing is known.

    `rows` has clicks, clicks_of, rate.
    """
    quotient = pl.col("clicks") / pl.col("clicks_of")
    return rows.select(ctr=pl.when(pl.col("clicks_of") > 0).then(quotient).otherwise(pl.col("rate"))).to_series()


def shrunk_ctr(rows: pl.DataFrame, prior: BetaPrior) -> pl.Series:
    """As `raw_ctr`, shrunk towards the prior's mean where there are counts."""
    counted = rows.select((pl.col("clicks_of") > 0).fill_null(False)).to_series()
    shrunk = prior.shrink(rows["clicks"].fill_null(0).to_numpy(), rows["clicks_of"].fill_null(0).to_numpy())
    return pl.Series("ctr", shrunk).zip_with(counted, raw_ctr(rows))


def crop(rate: pl.Series, group: pl.Series, config: SoftFilter) -> pl.Series:
    """Whether each row is dropped: the lower and upper shares of its group, rounded down to whole rows.

    Equal rates are dropped in the order of the rows, the first ones first; an unknown rate is the lowest; rows
    without a group form one.
    """
    for name, share in (("below", config.below), ("above", config.above)):
        if not 0.0 <= share < 1.0:
            raise ConfigurationError(f"soft: {name} must lie in [0, 1), found {share!r}")
    if config.below + config.above >= 1.0:
        raise ConfigurationError("soft: below and above together must be less than 1")
    frame = pl.DataFrame({"rate": rate.fill_null(-1.0), "group": group})
    place = pl.col("rate").rank("ordinal").over("group")
    size = pl.len().over("group")
    # A tolerance, because 0.3 * 10 is not 3 in floating point.
    low = (size * config.below + 1e-9).floor()
    high = (size * config.above + 1e-9).floor()
    return frame.select(((place <= low) | (place > size - high)).alias("cropped")).to_series()
