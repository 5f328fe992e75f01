"""Decisions on tables whose right answer is known, and figures against statsmodels."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from pushgen.errors import ConfigurationError, InputError
from pushgen.experiments.analysis import Analysis, analyze
from pushgen.experiments.observations import OBSERVATIONS, observe
from pushgen.experiments.settings import AnalysisConfig, Rules

FIXED = Rules(method="fixed")
NOW = AnalysisConfig(planned=1)
"""A fixed test whose end is reached."""


def table(rows: list[dict[str, Any]], **extra: pl.Series) -> pl.DataFrame:
    return OBSERVATIONS.conform(pl.DataFrame(rows)).with_columns(**extra)


def arms(**counts: tuple[int, int]) -> pl.DataFrame:
    return table([{"arm": arm, "clicks": clicks, "impressions": shown} for arm, (clicks, shown) in counts.items()])


def judged(frame: pl.DataFrame, rules: Rules | None = None, config: AnalysisConfig | None = None) -> Analysis:
    return analyze(observe(frame, "e"), rules or Rules(), config)


def test_two_arms_are_what_statsmodels_says() -> None:
    found = judged(arms(control=(1000, 100_000), b=(1105, 100_200)), FIXED, NOW).comparisons[0]
    expected = confint_proportions_2indep(
        1105, 100_200, 1000, 100_000, compare="ratio", method="score", correction=False
    )
    assert (1 + found.low, 1 + found.high) == pytest.approx(expected, rel=1e-9)
    assert found.p_value == pytest.approx(proportions_ztest([1105, 1000], [100_200, 100_000])[1])
    assert found.lift == pytest.approx(1105 / 100_200 / 0.01 - 1)


def test_a_clear_winner_is_shipped() -> None:
    found = judged(arms(control=(1000, 100_000), b=(1300, 100_000), c=(1010, 100_000)))
    assert (found.decision.action, found.decision.arm) == ("ship", "b")
    assert found.decision.headline.startswith("Ship b: +30.0% CTR over control")
    assert "holdout" in found.decision.next_step
    assert [arm.p_best for arm in found.arms][1] == pytest.approx(1.0, abs=1e-4)


def test_too_little_runs_on_for_a_stated_time() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [
        {"arm": arm, "clicks": 100, "impressions": 10_000, "date": start + timedelta(days=day)}
        for day in range(5)
        for arm in ("control", "b")
    ]
    found = judged(table(rows), FIXED)
    # 163,095 an arm by the plan for 1% and a lift of 10%; 20,000 a day; 100,000 are there.
    assert found.decision.action == "keep running"
    assert found.decision.headline == "Keep running: 12 more days (226,190 impressions)."
    assert found.days == 5


def test_a_fixed_test_is_not_read_before_its_end() -> None:
    frame = arms(control=(100, 10_000), b=(200, 10_000))
    assert judged(frame, FIXED, AnalysisConfig(planned=100_000)).decision.action == "keep running"
    assert judged(frame, FIXED, AnalysisConfig(planned=20_000)).decision.action == "ship"
    assert judged(frame).decision.action == "ship"


def test_no_difference_keeps_the_control() -> None:
    found = judged(arms(control=(10_000, 1_000_000), b=(9_990, 1_000_000)))
    assert found.decision.action == "keep the control"
    assert "10% or more" in found.decision.headline


def test_the_end_without_a_winner_keeps_the_control() -> None:
    found = judged(arms(control=(1000, 100_000), b=(1040, 100_000)), FIXED, AnalysisConfig(planned=200_000))
    assert found.decision.action == "keep the control"
    assert "planned size of 200,000" in found.decision.headline


def test_a_broken_sample_ratio_silences_every_result() -> None:
    found = judged(arms(control=(1000, 100_000), b=(2000, 110_000)))
    assert found.decision.action == "stop"
    assert found.decision.headline == "Stop: the sample ratio is broken."
    assert found.checks[0].name == "sample ratio"
    assert found.checks[0].words.startswith("BROKEN")
    assert found.comparisons == ()
    weighted = judged(arms(control=(1000, 100_000), b=(2200, 110_000)), None, AnalysisConfig(weights={"b": 1.1}))
    assert weighted.decision.action == "ship"


def test_guardrails_stop_or_hold_back_a_winner() -> None:
    def frame(opt_outs: int, shown: int = 200_000) -> pl.DataFrame:
        rows = [
            {"arm": "control", "clicks": shown // 100, "impressions": shown, "opt_outs": shown // 400},
            {"arm": "b", "clicks": shown // 80, "impressions": shown, "opt_outs": opt_outs},
        ]
        return table(rows)

    harmed = judged(frame(900))
    assert harmed.decision.action == "keep the control"
    assert harmed.guards[0].state == "harmed"
    unknown = judged(frame(560))
    assert (unknown.decision.action, unknown.guards[0].state) == ("keep running", "unknown")
    assert "opt-outs" in unknown.decision.headline
    safe = judged(frame(5000, 2_000_000))
    assert (safe.decision.action, safe.guards[0].state) == ("ship", "safe")
    rare = judged(frame(560), None, AnalysisConfig(slack=0.01))
    assert rare.decision.action == "ship"


def test_guardrails_without_a_single_event_are_safe_where_traffic_bounds_them() -> None:
    rows = [{"arm": arm, "clicks": clicks, "impressions": 200_000, "uninstalls": 0}
            for arm, clicks in (("control", 2000), ("b", 2600))]  # fmt: skip
    assert judged(table(rows)).guards[0].state == "safe"
    assert judged(table(rows)).decision.action == "ship"


def test_several_arms_pay_for_each_other() -> None:
    three = arms(control=(1000, 100_000), b=(1095, 100_000), c=(1000, 100_000), d=(1000, 100_000))
    alone = judged(arms(control=(1000, 100_000), b=(1095, 100_000)), FIXED, NOW).comparisons[0]
    corrected = judged(three, FIXED, NOW).comparisons[0]
    assert alone.verdict == "better"
    assert corrected.verdict == "open"
    assert corrected.p_value > alone.p_value
    free = judged(three, Rules(method="fixed", correction="none"), NOW).comparisons[0]
    assert (free.low, free.p_value) == pytest.approx((alone.low, alone.p_value))


def test_group_sequential_needs_its_plan_and_follows_it() -> None:
    rules, frame = Rules(method="group-sequential"), arms(control=(1000, 100_000), b=(1150, 100_000))
    with pytest.raises(ConfigurationError, match="--planned"):
        judged(frame, rules)
    early = judged(frame, rules, AnalysisConfig(planned=1_000_000)).comparisons[0]
    late = judged(frame, rules, AnalysisConfig(planned=200_000)).comparisons[0]
    before = judged(frame, rules, AnalysisConfig(planned=2_000_000)).comparisons[0]
    assert (early.verdict, late.verdict, before.verdict) == ("open", "better", "open")
    assert (before.low, before.high) == (-1.0, float("inf"))
    assert np.isnan(late.p_value)
    late_look = judged(frame, rules, AnalysisConfig(planned=900_000)).comparisons[0]
    assert late_look.low > early.low
    # z = 3.25; the bound of the first of five looks is 4.88, of the last 2.03.
    assert 1 + late.low == pytest.approx(
        confint_proportions_2indep(1150, 100_000, 1000, 100_000, compare="ratio", method="score", correction=False,
                                   alpha=0.04225)[0], rel=1e-3)  # fmt: skip


def users(effect: float, seed: int, count: int = 6000, before: bool = False) -> pl.DataFrame:
    """Users who see several pushes each and differ a lot in how often they open them."""
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, count)
    own = 0.05 * rng.gamma(0.7, 1 / 0.7, count)
    shown = 1 + rng.poisson(8, count)
    clicks = rng.binomial(shown, np.minimum(own * np.where(arm == 1, 1 + effect, 1.0), 1.0))
    past = rng.binomial(60, np.minimum(own, 1.0)).astype(float)
    return OBSERVATIONS.conform(
        pl.DataFrame(
            {
                "arm": np.where(arm == 1, "b", "control"),
                "user_id": [f"u{i}" for i in range(count)],
                "impressions": shown,
                "clicks": clicks,
                "before": past if before else np.full(count, None),
            }
        )
    )


def test_users_are_the_unit_where_they_are_known() -> None:
    frame = users(0.0, 0)
    found = judged(frame, FIXED, NOW)
    totals = frame.group_by("arm").agg(pl.col("clicks", "impressions").sum())
    naive = judged(OBSERVATIONS.conform(totals.sort("arm", descending=True)), FIXED, NOW)
    clustered, counted = found.comparisons[0], naive.comparisons[0]
    assert clustered.lift == pytest.approx(counted.lift)
    assert clustered.high - clustered.low > 1.15 * (counted.high - counted.low)
    assert found.arms[0].units == frame.filter(arm=found.arms[0].arm).height
    assert any("user_id" in note for note in naive.notes)


def test_cuped_narrows_the_interval_of_users_with_a_past() -> None:
    plain = judged(users(0.2, 1), FIXED, NOW).comparisons[0]
    adjusted = judged(users(0.2, 1, before=True), FIXED, NOW).comparisons[0]
    assert adjusted.explained is not None
    assert 0.1 < adjusted.explained < 0.6
    assert adjusted.high - adjusted.low < 0.95 * (plain.high - plain.low)
    assert adjusted.low < 0.2 < adjusted.high


def test_always_valid_intervals_of_users_are_wider_and_find_a_large_effect() -> None:
    frame = users(0.5, 2)
    once, always = judged(frame, FIXED, NOW).comparisons[0], judged(frame).comparisons[0]
    assert always.high - always.low > once.high - once.low
    assert always.verdict == "better"
    assert always.p_value < 0.05


def test_values_per_user_are_compared_as_welch_does() -> None:
    rng = np.random.default_rng(4)
    frame = users(0.0, 4, 400).with_columns(value=pl.Series(rng.gamma(2.0, 3.0, 400)))
    found = judged(frame, FIXED, NOW).means[0]
    from scipy import stats

    split = [frame.filter(arm=arm)["value"].to_numpy() for arm in (found.arm, found.control)]
    expected: Any = stats.ttest_ind(*split, equal_var=False)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    assert found.lift == pytest.approx(split[0].mean() / split[1].mean() - 1)


def test_segments_come_with_holm_and_a_note() -> None:
    rows = [{"arm": arm, "clicks": 100, "impressions": 10_000} for _ in range(4) for arm in ("control", "b")]
    frame = table(rows, country=pl.Series(["de", "de", "fr", "fr", "it", "it", None, None]))
    frame[1, "clicks"] = 150
    found = analyze(observe(frame, "e", segments=["country"]), FIXED, NOW)
    assert [item.value for item in found.segments] == ["de", "fr", "it"]
    german = found.segments[0]
    assert german.p_holm == pytest.approx(3 * german.comparison.p_value)
    assert any("by chance" in note and "Holm" in note for note in found.notes)


def test_the_control_is_named_or_said() -> None:
    frame = arms(a=(1000, 100_000), b=(1300, 100_000))
    found = judged(frame)
    assert found.control == "a"
    assert any("No control was named" in note for note in found.notes)
    assert judged(frame, None, AnalysisConfig(control="b")).comparisons[0].verdict == "worse"
    with pytest.raises(InputError, match="'x' among the arms"):
        judged(frame, None, AnalysisConfig(control="x"))
    with pytest.raises(InputError, match="weights"):
        judged(frame, None, AnalysisConfig(weights={"x": 2.0}))
