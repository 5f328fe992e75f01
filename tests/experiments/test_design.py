"""Sizes against statsmodels, published figures and their own promises."""

from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import power_proportions_2indep, samplesize_proportions_2indep_onetail

from pushgen.errors import ConfigurationError, InputError
from pushgen.experiments.design import Shape, plan
from pushgen.experiments.history import read_history
from pushgen.experiments.power import ClusteredRatio, Rate, detectable, power_of
from pushgen.experiments.settings import Rules

FIXED = Rules(method="fixed")


@pytest.mark.parametrize(
    ("baseline", "lift", "thousands"), [(0.006, 0.1, 273), (0.006, 0.05, 1066), (0.012, 0.1, 136), (0.05, 0.05, 122)]
)
def test_sizes_agree_with_statsmodels(baseline: float, lift: float, thousands: int) -> None:
    made = plan(Rate(baseline=baseline), Rules(method="fixed", lift=lift), Shape())
    expected = samplesize_proportions_2indep_onetail(baseline * lift, baseline, 0.8, alternative="two-sided")
    assert made.control == int(np.ceil(expected))
    assert round(made.control / 1000) == thousands
    assert (made.total, made.each_arm, made.inflation) == (2 * made.control, made.control, 1.0)


def test_power_agrees_with_statsmodels_for_unequal_arms() -> None:
    found = power_of(Rate(baseline=0.02), 0.15, 20_000, 1.959963984540054, ratio=0.5)
    expected = power_proportions_2indep(0.003, 0.02, 10_000, ratio=2, return_results=False)
    assert found == pytest.approx(expected)


def test_a_mean_per_user_needs_what_the_t_test_needs() -> None:
    made = plan(ClusteredRatio(baseline=2.0, deviation=3.0), Rules(method="fixed", lift=0.05), Shape())
    expected = TTestIndPower().solve_power(effect_size=0.1 / 3.0, power=0.8, alpha=0.05)
    assert made.unit == "users"
    assert made.control == pytest.approx(expected, rel=1e-3)


def test_the_detectable_lift_undoes_the_size() -> None:
    for rules in (FIXED, Rules(), Rules(method="group-sequential")):
        forward = plan(Rate(baseline=0.01), rules, Shape(arms=3))
        back = plan(Rate(baseline=0.01), rules, Shape(arms=3, size=forward.total))
        assert back.lift == pytest.approx(0.1, rel=1e-4)
    assert detectable(Rate(baseline=0.5), 12, 0.8, 1.96) < 1.0
    assert detectable(Rate(baseline=0.5), 2, 0.8, 1.96) == float("inf")


def test_more_arms_and_more_looks_cost_more() -> None:
    metric = Rate(baseline=0.01)
    sizes = [plan(metric, FIXED, Shape(arms=arms)).control for arms in (2, 3, 5, 9)]
    assert sizes == sorted(sizes)
    bonferroni = plan(metric, Rules(method="fixed", correction="bonferroni"), Shape(arms=5))
    assert plan(metric, FIXED, Shape(arms=5)).control < bonferroni.control
    assert plan(metric, Rules(method="fixed", correction="none"), Shape(arms=5)).control == sizes[0]
    once, grouped, always = (
        plan(metric, rules, Shape()) for rules in (FIXED, Rules(method="group-sequential"), Rules())
    )
    assert once.total < grouped.total < always.total
    assert grouped.inflation == pytest.approx(1.03, abs=0.01)
    assert always.expected < 0.7 * always.total


def test_a_larger_control_makes_the_whole_smaller() -> None:
    even, root = (plan(Rate(baseline=0.01), FIXED, Shape(arms=5, control_weight=weight)) for weight in (1.0, 2.0))
    assert root.total < even.total
    assert root.control == pytest.approx(2 * root.each_arm, abs=2)


def test_days_follow_from_the_traffic() -> None:
    made = plan(Rate(baseline=0.006), FIXED, Shape(daily=100_000))
    assert made.days == 6
    assert "whole week" in made.notes[-1]


@pytest.mark.parametrize(
    ("metric", "rules", "shape", "words"),
    [
        (Rate(baseline=0.0), FIXED, Shape(), "CTR must lie"),
        (Rate(baseline=1.2), FIXED, Shape(), "1.2% *"),
        (Rate(baseline=0.9), Rules(lift=0.2), Shape(), "0.9 and 1.08"),
        (Rate(baseline=0.1), Rules(lift=0.0), Shape(), "lift"),
        (Rate(baseline=0.1), Rules(power=1.0), Shape(), "power"),
        (Rate(baseline=0.1), FIXED, Shape(arms=1), "compares with nothing"),
        (Rate(baseline=0.1), FIXED, Shape(daily=0), "daily"),
        (Rate(baseline=0.5), FIXED, Shape(size=4), "no lift is found"),
        (ClusteredRatio(baseline=1.0, deviation=0.0), FIXED, Shape(), "deviation"),
    ],
)
def test_values_out_of_range_are_named(metric: Rate, rules: Rules, shape: Shape, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        plan(metric, rules, shape)


def test_history_gives_the_spread_over_users(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("user_id,impressions,clicks\na,10,1\nb,20,4\nc,30,1\nd,x,1\n")
    found = read_history(file, "clicks", "impressions")
    # By hand: R = 0.1; (y - R x) / 20 = 0, 0.1, -0.1; their sample deviation is 0.1.
    assert (found.ratio, found.users, found.rejected) == (pytest.approx(0.1), 3, 1)
    assert found.deviation == pytest.approx(0.1)
    assert found.design_effect == pytest.approx((0.1**2 / 3) / (0.1 * 0.9 / 60))
    file.write_text("impressions,clicks\n10,0\n20,0\n")
    with pytest.raises(InputError, match="who differ"):
        read_history(file, "clicks", "impressions")
