"""Whether the traffic reached the arms as it was meant to: looked at before any result."""

import polars as pl

from pushgen.errors import InputError
from pushgen.experiments.observations import Check, Observations
from pushgen.experiments.settings import AnalysisConfig
from pushgen.statistics.sample_ratio import sample_ratio_p

SAMPLE_RATIO = "sample ratio"


def choose_control(observations: Observations, config: AnalysisConfig) -> str:
    """The arm that the others are compared with. Raises `InputError` where the named one is not there."""
    arms = observations.arms
    if config.control is None:
        return "control" if "control" in arms else arms[0]
    if config.control not in arms:
        raise InputError(
            field="arm",
            expected=f"the control {config.control!r} among the arms",
            found=", ".join(arms),
            remedy="Name one of them with --control.",
        )
    return config.control


def check_traffic(observations: Observations, control: str, config: AnalysisConfig) -> list[Check]:
    """Sample ratio (where the observations do not bring one along), arms without exposure, arms added in flight."""
    totals = observations.frame.group_by("arm", maintain_order=True).agg(pl.col("impressions").sum())
    empty = totals.filter(pl.col("impressions") == 0)["arm"].to_list()
    live = [arm for arm in observations.arms if arm not in empty]
    checks: list[Check] = []
    if empty:
        fatal = control in empty or len(live) < 2
        words = f"no impression reached {', '.join(empty)}; " + (
            "nothing is left to compare" if fatal else "left out of every comparison"
        )
        checks.append(Check(name="zero exposure", state="broken" if fatal else "warning", words=words))
    frame, late = _common_days(observations, live)
    if late:
        began = ", ".join(f"{arm} on {day}" for arm, day in late.items())
        words = (
            f"added in flight: {began}. Each arm is compared with the control on their common days only, and the "
            f"sample ratio is tested on the {frame['day'].n_unique()} days on which all arms had traffic"
        )
        checks.append(Check(name="arms added in flight", state="warning", words=words))
    if len(live) > 1 and not any(check.name == SAMPLE_RATIO for check in observations.checks):
        checks.insert(0, _sample_ratio(observations, frame, live, config))
    return checks


def _common_days(observations: Observations, live: list[str]) -> tuple[pl.DataFrame, dict[str, str]]:
    """Rows of the days on which every arm had traffic, and the first day of arms that began later than others."""
    frame = observations.frame.filter(pl.col("arm").is_in(live))
    if frame["day"].has_nulls() or frame.is_empty():
        return frame, {}
    seen = frame.filter(pl.col("impressions") > 0)
    first = dict(seen.group_by("arm", maintain_order=True).agg(pl.col("day").min()).iter_rows())
    start = min(first.values())
    late = {str(arm): str(day) for arm, day in first.items() if day > start}
    if observations.per_user and len(seen) == seen["user_id"].n_unique():
        # One row per user: the day is that of the first impression, and thin arms need not have a new user every day.
        latest = max(first.values())
        return (frame.filter(pl.col("day") >= latest), late) if late else (frame, {})
    if not late:
        return frame, {}
    days = seen.group_by("day").agg(pl.col("arm").n_unique().alias("arms")).filter(pl.col("arms") == len(live))
    return frame.filter(pl.col("day").is_in(days["day"].implode())), late


def _sample_ratio(observations: Observations, frame: pl.DataFrame, live: list[str], config: AnalysisConfig) -> Check:
    counted = pl.col("user_id").n_unique() if observations.per_user else pl.col("impressions").sum()
    sizes = dict(frame.group_by("arm").agg(counted.alias("size")).iter_rows())
    counts = [float(sizes.get(arm, 0)) for arm in live]
    unknown = sorted(set(config.weights) - set(observations.arms))
    if unknown:
        raise InputError(
            field="weights",
            expected=f"weights of the arms {', '.join(observations.arms)}",
            found=f"one for {unknown[0]!r}",
            remedy="Name the arms as the table does.",
        )
    p = sample_ratio_p(counts, [config.weights.get(arm, 1.0) for arm in live])
    unit = "users" if observations.per_user else "impressions"
    shown = ", ".join(f"{arm} {count:,.0f}" for arm, count in zip(live, counts, strict=True))
    if p != p:
        return Check(name=SAMPLE_RATIO, state="broken", words=f"no day on which all arms had traffic ({shown})")
    return sample_ratio_check(p, f"{unit} per arm: {shown}", config.sample_ratio_p)


def sample_ratio_check(p: float, counted: str, limit: float) -> Check:
    """The check for a p-value, loud where it is below the limit."""
    if p < limit:
        words = f"BROKEN: {counted}; the promised shares give this with probability {p:.1e}"
        return Check(name=SAMPLE_RATIO, state="broken", words=words)
    return Check(name=SAMPLE_RATIO, state="ok", words=f"as promised (p = {p:.3f}); {counted}")
