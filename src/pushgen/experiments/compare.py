"""One metric of one arm against the control: lift, interval, p-value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.experiments.limits import Limits
from pushgen.experiments.observations import Observations
from pushgen.statistics.confidence_sequences import mixture_half_width, mixture_p
from pushgen.statistics.count_sequences import log_evidence, sequence_interval
from pushgen.statistics.delta_method import Estimate, cuped, difference, ratio_of_sums
from pushgen.statistics.proportions import two_sided_p
from pushgen.statistics.rate_ratio import score_interval, score_z

Array = NDArray[np.float64]
Verdict = Literal["better", "worse", "open"]
METRICS: Mapping[str, tuple[str, str | None]] = {
    "ctr": ("clicks", "impressions"),
    "dislikes": ("dislikes", "impressions"),
    "opt_outs": ("opt_outs", "impressions"),
    "uninstalls": ("uninstalls", "impressions"),
    "value": ("value", None),
}
"""Numerator and denominator of each metric; None counts users."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An arm against the control. Lifts are relative: 0.1 is a rate of 1.1 times the control's."""

    metric: str
    arm: str
    control: str
    value: float
    control_value: float
    lift: float
    low: float
    high: float
    """Ends of the interval, which holds for all arms together at the level asked for; infinite where it is open."""
    events: float
    """Sum of the numerator in the arm."""
    size: float
    """Sum of the denominator in the arm; users for a mean per user."""
    p_value: float
    """Adjusted for several arms; always valid under the sequential method. NaN where the method gives none."""
    verdict: Verdict
    """Whether the metric is higher (better) or lower (worse) than the control's beyond the interval."""
    explained: float | None = None
    """Share of the variance that CUPED took out; null where there was nothing to take."""
    days: int | None = None
    """Days on which both arms had traffic, where fewer than the experiment's; null otherwise."""


def compare(
    observations: Observations, arm: str, control: str, metric: str, limits: Limits, *, only: pl.Expr | None = None
) -> Comparison | None:
    """None where the metric cannot be had: the counts are not there, or one of the two has no traffic.

    Where days are known, only those on which both arms had traffic count: an arm that was added in flight is compared
    with what the control did from then on. `only` narrows the rows down to a segment.
    """
    numerator, denominator = METRICS[metric]
    rows = observations.frame if only is None else observations.frame.filter(only)
    rows = rows.filter(pl.col("arm").is_in([arm, control]))
    usable = numerator in rows.columns and rows[numerator].null_count() == 0
    if not usable or (denominator is None and not observations.per_user):
        return None
    rows, shared = _shared_days(rows, observations)
    parts = {name: rows.filter(pl.col("arm") == name) for name in (arm, control)}
    if any(part.is_empty() or (denominator and not part[denominator].sum()) for part in parts.values()):
        return None
    explained: float | None = None
    if observations.per_user:
        a, b, explained = _estimates(parts[arm], parts[control], numerator, denominator)
        value, control_value = a.value, b.value
        lift, low, high, p = _clustered(a, b, limits, arm)
    else:
        assert denominator is not None
        counts = _by_day(rows, arm, control, numerator, denominator)
        value, control_value = counts[0].sum() / counts[1].sum(), counts[2].sum() / counts[3].sum()
        lift, low, high, p = _counted(counts, limits, arm)
    return Comparison(
        metric=metric,
        arm=arm,
        control=control,
        value=float(value),
        control_value=float(control_value),
        lift=lift,
        low=low,
        high=high,
        events=float(parts[arm][numerator].sum()),
        size=float(parts[arm][denominator].sum() if denominator else parts[arm]["user_id"].n_unique()),
        p_value=p,
        verdict="better" if low > 0 else "worse" if high < 0 else "open",
        explained=explained,
        days=shared,
    )


def _shared_days(rows: pl.DataFrame, observations: Observations) -> tuple[pl.DataFrame, int | None]:
    if rows["day"].has_nulls():
        return rows, None
    live = rows.filter(pl.col("impressions") > 0).group_by("day").agg(pl.col("arm").n_unique().alias("arms"))
    shared = live.filter(pl.col("arms") == 2)
    if shared.height == observations.days:
        return rows, None
    return rows.filter(pl.col("day").is_in(shared["day"].implode())), shared.height


def _by_day(
    rows: pl.DataFrame, arm: str, control: str, numerator: str, denominator: str
) -> tuple[Array, Array, Array, Array]:
    """Counts per day of the arm and of the control, each of shape (days,); one entry where days are unknown."""
    sums = rows.group_by("day", "arm").agg(pl.col(numerator).sum(), pl.col(denominator).sum())
    days = rows.select(pl.col("day").unique()).sort("day")
    columns: list[Array] = []
    for name in (arm, control):
        own = days.join(sums.filter(pl.col("arm") == name), on="day", how="left", nulls_equal=True).sort("day")
        # Opt-outs may outnumber impressions on a day; the exact test of counts takes shares.
        shown = own[denominator].fill_null(0).to_numpy().astype(np.float64)
        columns += [np.minimum(own[numerator].fill_null(0).to_numpy().astype(np.float64), shown), shown]
    return columns[0], columns[1], columns[2], columns[3]


def _counted(counts: tuple[Array, Array, Array, Array], limits: Limits, arm: str) -> tuple[float, float, float, float]:
    """Lift, its interval and the p-value of independent impressions."""
    if limits.sequential:
        found = sequence_interval(*counts, limits.scale, limits.alpha)
        p = min(1.0, limits.comparisons * float(np.exp(-log_evidence(*counts, limits.scale))))
    else:
        totals = tuple(float(values.sum()) for values in counts)
        found = score_interval(totals[0], totals[1], totals[2], totals[3], limits.critical)
        p = limits.adjusted_p(arm, score_z(totals[0], totals[1], totals[2], totals[3]))
    return found.ratio - 1.0, found.low - 1.0, found.high - 1.0, p


def _clustered(a: Estimate, b: Estimate, limits: Limits, arm: str) -> tuple[float, float, float, float]:
    """Lift, its interval and the p-value of users."""
    from scipy.special import stdtr, stdtrit  # pyright: ignore[reportMissingTypeStubs]

    gap = difference(a, b)
    nan, inf = float("nan"), float("inf")
    if not gap.error > 0:
        return nan, -1.0, inf, 1.0
    lift = a.value / b.value - 1.0 if b.value else nan
    if not np.isfinite(gap.log_ratio):
        # A mean at or below 0 has no ratio; the test of the difference still stands.
        return lift, -inf, inf, limits.adjusted_p(arm, gap.z)
    if limits.sequential:
        half = float(mixture_half_width(gap.log_ratio, gap.log_error, limits.scale, limits.alpha))
        information = (limits.scale / gap.log_error) ** 2
        p = min(1.0, limits.comparisons * float(mixture_p(gap.log_ratio / gap.log_error, information)))
    else:
        # Few users: Student's quantile in place of the normal one that the limit was computed with.
        tail = float(two_sided_p(limits.critical)) / 2.0
        half = float(-stdtrit(gap.freedom, tail)) * gap.log_error
        p = limits.adjusted_p(arm, float(-_normal_quantile(float(stdtr(gap.freedom, -abs(gap.z))))))
    return lift, float(np.exp(gap.log_ratio - half)) - 1.0, float(np.exp(gap.log_ratio + half)) - 1.0, p


def _normal_quantile(p: float) -> float:
    from scipy.special import ndtri  # pyright: ignore[reportMissingTypeStubs]

    return max(float(ndtri(p)), -38.0)


def _estimates(
    a: pl.DataFrame, b: pl.DataFrame, numerator: str, denominator: str | None
) -> tuple[Estimate, Estimate, float | None]:
    """One row per user in each; CUPED where users have a quantity from before."""
    users = [_per_user(part, numerator, denominator) for part in (a, b)]
    y, x, before = ([user[name].to_numpy().astype(np.float64) for user in users] for name in ("y", "x", "before"))
    if all(np.isfinite(values).any() for values in before):
        adjusted = cuped(y, x, before)
        return adjusted.arms[0], adjusted.arms[1], adjusted.explained
    return ratio_of_sums(y[0], x[0]), ratio_of_sums(y[1], x[1]), None


def _per_user(rows: pl.DataFrame, numerator: str, denominator: str | None) -> pl.DataFrame:
    below = pl.col(denominator).sum() if denominator else pl.lit(1.0)
    return rows.group_by("user_id", maintain_order=True).agg(
        pl.col(numerator).sum().alias("y"),
        below.alias("x"),
        pl.col("before").drop_nulls().first().cast(pl.Float64).fill_null(float("nan")).alias("before"),
    )
