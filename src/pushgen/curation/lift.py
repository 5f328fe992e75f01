"""A filter on the lift of a copy over its experiment, beside the paper's cut on the absolute CTR.

An absolute CTR rewards the content: the dullest copy of a famous person's video passes 0.6%, the best copy of a
niche one does not. Within an experiment content, audience and hour are the same for all arms, so the ratio of an
arm's CTR to that of its experiment is the copy's own doing. Arms with different pictures are not compared.

The ratio of two thin rates is mostly noise, and a cut on noise selects thin arms, not good ones. The ratio is
therefore shrunk by empirical Bayes (`pushgen.statistics.shrinkage`): with k clicks where the pooled rate of the
experiment leads to expect k0, and a relative spread tau of true rates fitted on the whole log, the posterior mean
of the lift is (1/tau**2 + k) / (1/tau**2 + k0). A thin arm stays near 1, a well exposed one keeps its ratio. A push
shown in several experiments adds up its clicks and its expectations.
"""

from dataclasses import dataclass
from math import exp

import polars as pl

from pushgen.errors import ConfigurationError
from pushgen.statistics.shrinkage import LiftPrior, fit_spread


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftFilter:
    """Which arms are good enough copies of their experiment."""

    enabled: bool = False
    """Apply the filter. Pushes without a comparison (no experiment, one arm, no impressions) are then dropped."""
    log_lift_above: float = 0.0
    """The natural logarithm of the shrunk lift must be above this; 0 means better than the experiment."""
    probability: float | None = None
    """If set, in (0, 1): keep where the posterior probability of a lift above `log_lift_above` is at least this."""
    quantile: float | None = None
    """If set, in [0, 1): besides, drop this share of the compared pushes, those with the smallest lifts."""


def arm_expectations(exposures: pl.LazyFrame, media: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    """Clicks and expected clicks of each push over its experiments, and the spread fitted on all of them.

    `exposures` has push_id, experiment_id, impressions, clicks; `media` push_id, media, text_hash. Returns push_id,
    lift_clicks, lift_expected for the pushes that have an arm to be compared with, and tau.
    """
    place = ["experiment_id", "media"]
    arms = (
        exposures.filter(pl.all_horizontal(pl.col("experiment_id", "impressions", "clicks").is_not_null()))
        .filter(pl.col("impressions") > 0)
        .group_by("push_id", "experiment_id")
        .agg(pl.col("impressions", "clicks").sum())
        .join(media.lazy(), on="push_id")
        .sort("experiment_id", "push_id")
        .collect(engine="streaming")
    )
    # Arms with one text are one arm: they would only seem to be a comparison.
    totals = (
        arms.group_by(place, maintain_order=True)
        .agg(
            pl.col("impressions").sum().alias("all_impressions"),
            pl.col("clicks").sum().alias("all_clicks"),
            pl.col("text_hash").n_unique().alias("texts"),
        )
        .with_row_index("group")
    )
    arms = arms.join(totals, on=place, nulls_equal=True, how="left", maintain_order="left").filter(pl.col("texts") > 1)
    texts = arms.group_by("group", "text_hash", maintain_order=True).agg(pl.col("impressions", "clicks").sum())
    prior = fit_spread(texts["clicks"].to_numpy(), texts["impressions"].to_numpy(), texts["group"].to_numpy())
    expected = pl.col("impressions") * pl.col("all_clicks") / pl.col("all_impressions")
    return (
        arms.with_columns(expected=expected)
        .group_by("push_id", maintain_order=True)
        .agg(pl.col("clicks").sum().alias("lift_clicks"), pl.col("expected").sum().alias("lift_expected"))
    ), prior.spread


def judge_lift(rows: pl.DataFrame, spread: float, config: LiftFilter) -> dict[str, pl.Series]:
    """Whether each row breaks the filter, by reason in the order of the funnel.

    `rows` has lift_clicks and lift_expected.
    """
    for name, value in (("probability", config.probability), ("quantile", config.quantile)):
        if value is not None and not 0.0 <= value < 1.0:
            raise ConfigurationError(f"lift: {name} must lie in [0, 1), found {value!r}")
    prior = LiftPrior(spread)
    compared = rows["lift_expected"].is_not_null()
    clicks = rows["lift_clicks"].fill_null(0).to_numpy()
    expected = rows["lift_expected"].fill_null(0.0).to_numpy()
    log_lift = pl.Series("log_lift", prior.shrink(clicks, expected)).log().set(~compared, None)
    if config.probability is None:
        good = log_lift > config.log_lift_above
    else:
        chance = pl.Series(prior.p_above(clicks, expected, exp(config.log_lift_above)))
        good = chance >= config.probability
    broken = {"no comparison": ~compared, "lift": ~good.fill_null(False)}
    if config.quantile is not None:
        cut = config.quantile * int(compared.sum())
        broken["lift quantile"] = ~(log_lift.rank("ordinal") > cut).fill_null(False)
    return broken
