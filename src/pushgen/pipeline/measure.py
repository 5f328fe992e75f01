"""What a randomised test of several arms over the same contents says: CTR, lift and recovered gap, with intervals.

Contents are the unit of resampling: a content's appeal moves all its arms together, so impressions of one content
are no independent evidence. Within each resample the binomial noise of the counts is already in the counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.errors import InputError

CHOSEN, TEMPLATE, RANDOM, BEST = "chosen", "fixed template", "random candidate", "best candidate"
DRAWS = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One arm of the test, all contents together."""

    name: str
    impressions: int
    clicks: int
    ctr: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """CTR of the chosen arm over another's, minus one, with a 95% interval."""

    versus: str
    lift: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The whole result of one test."""

    contents: int
    arms: tuple[Arm, ...]
    lifts: tuple[Lift, ...]
    recovered: Lift | None
    """Share of the gap between random and best candidate that the choice closes; `lift` holds the share."""


def measure(exposures: pl.DataFrame, *, seed: int = 0) -> Measured:
    """Analyses `arm, content_id, impressions, clicks`, every content once in every arm.

    Raises `InputError` where an arm lacks a content: the comparison would then mix contents.
    """
    arms = [name for name in (CHOSEN, TEMPLATE, RANDOM, BEST) if name in set(exposures["arm"].to_list())]
    arms += sorted(set(exposures["arm"].to_list()) - set(arms))
    complete = exposures.select("arm", "content_id").n_unique() == len(arms) * exposures["content_id"].n_unique()
    if not complete:
        raise InputError(
            field="arm",
            expected="every content in every arm",
            found="an arm without some content",
            remedy="Test the arms on the same contents.",
        )
    wide = exposures.pivot("arm", index="content_id", values=["impressions", "clicks"], aggregate_function="sum")
    shown = np.column_stack([wide[f"impressions_{arm}"].to_numpy() for arm in arms]).astype(np.float64)
    clicked = np.column_stack([wide[f"clicks_{arm}"].to_numpy() for arm in arms]).astype(np.float64)
    draws = np.random.default_rng(seed).multinomial(len(wide), np.full(len(wide), 1 / len(wide)), size=DRAWS)
    rates_BA: NDArray[np.float64] = (draws @ clicked) / (draws @ shown)  # B resamples, A arms
    totals, counts = shown.sum(axis=0), clicked.sum(axis=0)
    rates = counts / totals
    result = tuple(
        Arm(
            name=arm,
            impressions=int(totals[index]),
            clicks=int(counts[index]),
            ctr=float(rates[index]),
            low=float(np.quantile(rates_BA[:, index], 0.025)),
            high=float(np.quantile(rates_BA[:, index], 0.975)),
        )
        for index, arm in enumerate(arms)
    )
    lifts = tuple(
        _interval(arm, rates[0] / rates[index] - 1, rates_BA[:, 0] / rates_BA[:, index] - 1)
        for index, arm in enumerate(arms)
        if arms[0] == CHOSEN and index > 0
    )
    recovered = None
    if {CHOSEN, RANDOM, BEST} <= set(arms):
        chosen, random, best = (arms.index(name) for name in (CHOSEN, RANDOM, BEST))
        gap, gap_B = rates[best] - rates[random], rates_BA[:, best] - rates_BA[:, random]
        # Without text effects there is no gap to close, and a share of nothing is not reported.
        if gap > 0 and np.quantile(gap_B, 0.025) > 0:
            share_B = (rates_BA[:, chosen] - rates_BA[:, random]) / gap_B
            recovered = _interval("gap recovered", (rates[chosen] - rates[random]) / gap, share_B)
    return Measured(contents=len(wide), arms=result, lifts=lifts, recovered=recovered)


def _interval(name: str, value: float, draws: NDArray[np.float64]) -> Lift:
    low, high = np.quantile(draws, [0.025, 0.975])
    return Lift(versus=name, lift=float(value), low=float(low), high=float(high))


def style_shares(styles: Sequence[str | None]) -> dict[str, float]:
    """Share of each style, unlabelled rows left out."""
    known = pl.Series("style", [style for style in styles if style is not None], dtype=pl.String)
    counts = known.value_counts(sort=True)
    return {style: count / len(known) for style, count in counts.iter_rows()} if len(known) else {}
