"""The hard filter of PushGen (arXiv 2512.14490, section 2.1.2): five cuts that must all hold.

CTR = clicks / impressions, SVR and LVTR = short and long views / clicks, HTR = dislikes / impressions,
PV = impressions. At PV 800 and CTR 0.6% a push has five clicks and the 95% interval of its CTR reaches from
about 0.3% to 1.4%: the raw cut keeps and drops by chance there. `bounds` holds an interval bound against the
threshold instead (the lower one where the rate must be above, the upper one where it must be below).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from pushgen.curation.rates import Bounds, Side, bound


@dataclass(frozen=True, slots=True, kw_only=True)
class HardFilter:
    """Thresholds of the hard filter; a threshold of None switches its rule off."""

    pv_above: int | None = 800
    """Impressions (PV) must be above this."""
    ctr_above: float | None = 0.006
    """Click rate must be above this, in [0, 1]."""
    svr_below: float | None = 0.40
    """Share of clicks with a short view must be below this, in [0, 1]."""
    lvtr_above: float | None = 0.50
    """Share of clicks with a long view must be above this, in [0, 1]."""
    htr_below: float | None = 0.01
    """Dislikes per impression must be below this, in [0, 1]."""
    bounds: Bounds = "raw"
    """Compare raw rates, or the Wilson or Jeffreys bound that speaks against the push."""
    level: float = 0.95
    """Coverage of the two-sided interval whose bound is compared."""
    unknown: Literal["drop", "keep"] = "drop"
    """What to do with a row whose rate is unknown although the log has the column."""


RULES: Mapping[str, tuple[str, str, str, Side]] = {
    "ctr": ("ctr_above", "clicks", "clicks_of", "lower"),
    "svr": ("svr_below", "short_views", "short_views_of", "upper"),
    "lvtr": ("lvtr_above", "long_views", "long_views_of", "lower"),
    "htr": ("htr_below", "dislikes", "dislikes_of", "upper"),
}
"""Name of each rate rule: its threshold, hits, trials, and the bound that speaks against the push."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the hard filter says of every row."""

    broken: dict[str, pl.Series]
    """Per rule in the order of the funnel (`pv`, `ctr`, ... and `ctr unknown` ...): whether the row breaks it."""
    skipped: dict[str, str]
    """Rules that were not applied, and why."""


def judge(counts: pl.DataFrame, config: HardFilter) -> Ruling:
    """Holds every row of a table of counts (`pushgen.curation.counts`) against the rules.

    A rule whose columns the log lacks (they are null in every row) is skipped. Rate rules read a stated `rate`
    where there are no counts; it has no interval and is compared as it is.
    """
    broken: dict[str, pl.Series] = {}
    skipped: dict[str, str] = {}
    if config.pv_above is None:
        skipped["pv"] = "switched off"
    elif _lacks(counts, "impressions"):
        skipped["pv"] = "the log has no impressions"
    else:
        _rule(broken, "pv", counts["impressions"] > config.pv_above, config)
    for name, (setting, hits, trials, side) in RULES.items():
        threshold: float | None = getattr(config, setting)
        stated = name == "ctr" and not _lacks(counts, "rate")
        if threshold is None:
            skipped[name] = "switched off"
        elif _lacks(counts, hits) and not stated:
            skipped[name] = f"the log has no {hits.replace('_', ' ')}"
        elif _lacks(counts, trials) and not stated:
            skipped[name] = "the log has no counts to divide by"
        else:
            rate = bound(counts[hits], counts[trials], side, config.bounds, config.level)
            rate = rate.zip_with(rate.is_not_null(), counts["rate"]) if stated else rate
            _rule(broken, name, rate > threshold if side == "lower" else rate < threshold, config)
    return Ruling(broken, skipped)


def _rule(broken: dict[str, pl.Series], name: str, holds: pl.Series, config: HardFilter) -> None:
    if config.unknown == "drop" and holds.has_nulls():
        broken[f"{name} unknown"] = holds.is_null()
    broken[name] = ~holds.fill_null(True)


def _lacks(counts: pl.DataFrame, column: str) -> bool:
    return counts[column].null_count() == counts.height
