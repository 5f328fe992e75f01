"""The analysis of one experiment: checks first, then arms, comparisons, guardrails, segments, decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pushgen.experiments.compare import Comparison, compare
from pushgen.experiments.decide import Decision, Guard, Progress, decide, guard
from pushgen.experiments.design import Shape, plan
from pushgen.experiments.limits import Limits, limits_of
from pushgen.experiments.observations import GUARDED, Check, Observations
from pushgen.experiments.power import ClusteredRatio, Metric, Rate
from pushgen.experiments.settings import AnalysisConfig, Rules
from pushgen.experiments.traffic import SAMPLE_RATIO, check_traffic, choose_control
from pushgen.statistics.beta_binomial import compare_rates
from pushgen.statistics.delta_method import design_effect, ratio_of_sums
from pushgen.statistics.multiplicity import holm
from pushgen.statistics.proportions import wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSummary:
    """One arm by itself. Its interval is for the eye: whether arms differ is told by the comparisons."""

    arm: str
    units: int | None
    """Users, where rows are users."""
    impressions: int
    clicks: int
    ctr: float
    """NaN without impressions."""
    low: float
    high: float
    p_best: float | None
    """Probability that its CTR is the highest, by beta posteriors; null for arms without impressions."""
    expected_loss: float | None
    """CTR given up on average by sending this arm for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentComparison:
    """An arm against the control within a segment."""

    segment: str
    value: str
    comparison: Comparison
    p_holm: float
    """p-value adjusted by Holm for all segments and arms looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything that is known of an experiment."""

    experiment_id: str
    control: str
    method: str
    level: float
    days: int
    """Days with traffic; 0 where dates are unknown."""
    decision: Decision
    checks: tuple[Check, ...]
    """What was looked at before any result, the sample ratio first."""
    arms: tuple[ArmSummary, ...]
    comparisons: tuple[Comparison, ...]
    """CTR of each arm against the control."""
    means: tuple[Comparison, ...]
    """`value` per user of each arm against the control (Welch), where the table has it."""
    guards: tuple[Guard, ...]
    segments: tuple[SegmentComparison, ...]
    notes: tuple[str, ...]


def analyze(observations: Observations, rules: Rules, config: AnalysisConfig | None = None) -> Analysis:
    """Judges one experiment. Where its data are broken, comparisons are left out: nobody should read them.

    Raises `InputError` and `ConfigurationError` where rules and table contradict each other.
    """
    config = config or AnalysisConfig()
    rules.check()
    control = choose_control(observations, config)
    traffic = check_traffic(observations, control, config)
    checks = sorted([*traffic, *observations.checks], key=lambda check: check.name != SAMPLE_RATIO)
    arms = _arms(observations)
    live = {arm.arm: float(arm.units or arm.impressions) for arm in arms if arm.impressions}
    progress = _progress(observations, rules, config, control, live)
    broken = any(check.state == "broken" for check in checks)
    comparisons: list[Comparison] = []
    means: list[Comparison] = []
    guards: list[Guard] = []
    segments: list[SegmentComparison] = []
    if not broken:
        limits = limits_of(rules, live, control, config.planned)
        alone = limits_of(rules, {control: 1.0, "any": 1.0}, control, _rescaled(config, live))
        others = [arm for arm in live if arm != control]
        found = [(arm, compare(observations, arm, control, "ctr", limits)) for arm in others]
        comparisons = [item for _, item in found if item is not None]
        means = [item for arm in others if (item := compare(observations, arm, control, "value", limits)) is not None]
        # Every guardrail must hold for an arm to be shipped, so its own level needs no correction.
        guards = [
            guard(item, config.margin, config.slack)
            for arm in others
            for metric in GUARDED
            if (item := compare(observations, arm, control, metric, alone)) is not None
        ]
        segments = _segments(observations, others, control, alone)
        checks += [
            Check(name="never together", state="warning", words=f"{arm} and {control} had no common day of traffic")
            for arm, item in found
            if item is None
        ]
    decision = decide(checks, comparisons, guards, progress, lift=abs(rules.lift), peeking=rules.method != "fixed")
    return Analysis(
        experiment_id=observations.experiment_id,
        control=control,
        method=rules.method,
        level=rules.level,
        days=observations.days,
        decision=decision,
        checks=tuple(checks),
        arms=tuple(arms),
        comparisons=tuple(comparisons),
        means=tuple(means),
        guards=tuple(guards),
        segments=tuple(segments),
        notes=tuple(_notes(observations, rules, config, control, comparisons, segments)),
    )


def _rescaled(config: AnalysisConfig, live: Mapping[str, float]) -> float | None:
    """The planned size in the unit in which two arms have one each, so that the share of it stays the same."""
    return None if config.planned is None else 2.0 * config.planned / sum(live.values())


def _arms(observations: Observations) -> list[ArmSummary]:
    sums = observations.frame.group_by("arm", maintain_order=True).agg(pl.col("impressions", "clicks").sum())
    clicks, shown = sums["clicks"].to_numpy(), sums["impressions"].to_numpy()
    low, high = wilson(clicks, shown)
    effects = np.ones(len(shown))
    units: list[int | None] = [None] * len(shown)
    if observations.per_user:
        for place, arm in enumerate(sums["arm"]):
            users = (
                observations.frame.filter(pl.col("arm") == arm)
                .group_by("user_id")
                .agg(pl.col("impressions", "clicks").sum())
            )
            units[place] = users.height
            if shown[place]:
                y, x = users["clicks"].to_numpy(), users["impressions"].to_numpy()
                half = 1.959963984540054 * ratio_of_sums(y, x).error
                rate = clicks[place] / shown[place]
                low[place], high[place] = max(rate - half, 0.0), min(rate + half, 1.0)
                effect = design_effect(y, x)
                effects[place] = effect if np.isfinite(effect) and effect > 0 else 1.0
    live = shown > 0
    p_best, loss = np.full(len(shown), np.nan), np.full(len(shown), np.nan)
    if live.any():
        # Impressions of one user are alike: the posterior counts them for as many as they are worth.
        posterior = compare_rates(clicks[live] / effects[live], shown[live] / effects[live])
        p_best[live], loss[live] = posterior.p_best, posterior.expected_loss
    return [
        ArmSummary(
            arm=str(arm),
            units=units[i],
            impressions=int(shown[i]),
            clicks=int(clicks[i]),
            ctr=float(clicks[i] / shown[i]) if shown[i] else float("nan"),
            low=float(low[i]),
            high=float(high[i]),
            p_best=float(p_best[i]) if live[i] else None,
            expected_loss=float(loss[i]) if live[i] else None,
        )
        for i, arm in enumerate(sums["arm"])
    ]


def _progress(
    observations: Observations, rules: Rules, config: AnalysisConfig, control: str, live: Mapping[str, float]
) -> Progress:
    """Size so far and size needed; without a planned size it follows from the rate of the control as seen."""
    size = int(sum(live.values()))
    daily = config.daily or (size / observations.days if observations.days else None)
    needed = config.planned
    if needed is None:
        metric = _metric(observations, control, rules.lift)
        arms = max(len(live), 2)
        # Without a click in the control nothing can be foreseen: at least as much again.
        needed = plan(metric, rules, Shape(arms=arms)).total if metric else 2 * size
    unit = "users" if observations.per_user else "impressions"
    return Progress(unit=unit, size=size, needed=needed, daily=daily, reached=size >= needed)


def _metric(observations: Observations, control: str, lift: float) -> Metric | None:
    rows = observations.frame.filter(pl.col("arm") == control)
    if not observations.per_user:
        rate = float(rows["clicks"].sum()) / max(float(rows["impressions"].sum()), 1.0)
        return Rate(baseline=rate) if rate > 0 and rate * (1.0 + lift) < 1 else None
    users = rows.group_by("user_id").agg(pl.col("impressions", "clicks").sum())
    found = ratio_of_sums(users["clicks"].to_numpy(), users["impressions"].to_numpy())
    if not (found.value > 0 and found.variance > 0):
        return None
    return ClusteredRatio(baseline=found.value, deviation=float(np.sqrt(found.variance * found.units)))


def _segments(
    observations: Observations, others: Sequence[str], control: str, limits: Limits
) -> list[SegmentComparison]:
    found: list[tuple[str, str, Comparison]] = []
    for segment in observations.segments:
        for value in observations.frame[segment].drop_nulls().unique().sort().to_list():
            for arm in others:
                only = pl.col(segment) == value
                item = compare(observations, arm, control, "ctr", limits, only=only)
                if item is not None:
                    found.append((segment, str(value), item))
    p = [item.p_value if np.isfinite(item.p_value) else 1.0 for *_, item in found]
    adjusted = holm(p)
    return [
        SegmentComparison(segment=segment, value=value, comparison=item, p_holm=float(p_holm))
        for (segment, value, item), p_holm in zip(found, adjusted, strict=True)
    ]


def _notes(
    observations: Observations,
    rules: Rules,
    config: AnalysisConfig,
    control: str,
    comparisons: Sequence[Comparison],
    segments: Sequence[SegmentComparison],
) -> list[str]:
    notes = {
        "sequential": "Intervals and p-values hold at every look: stopping early on them is allowed.",
        "group-sequential": f"Intervals hold for {rules.looks} looks, each once, evenly spaced or late.",
        "fixed": "Intervals hold for one look at the planned size.",
    }
    found = [notes[rules.method]]
    if config.control is None and control != "control":
        found.append(f"No control was named: {control}, the first arm of the table, is taken for it.")
    if len(comparisons) > 1:
        single = rules.method == "fixed" and rules.correction == "dunnett"
        name = "none" if rules.correction == "none" else "Dunnett" if single else "Bonferroni"
        found.append(f"{len(comparisons)} arms against one control, correction: {name}.")
    if not observations.per_user:
        found.append(
            "Every impression counts as independent. Where a user sees several, the intervals are too narrow: "
            "give a table with user_id."
        )
    explained = [item.explained for item in comparisons if item.explained is not None]
    if explained:
        found.append(f"CUPED took {max(explained):.0%} of the variance out, by the quantity from before.")
    if segments:
        chance = (1.0 - rules.level) * len(segments)
        found.append(
            f"{len(segments)} comparisons within segments: {chance:.1f} of them would look significant by chance. "
            "Read the Holm column, and test anew what a segment suggests."
        )
    return found
