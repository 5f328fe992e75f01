"""Against statsmodels' robust regressions, scipy's Welch test and planted effects."""

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from pushgen.errors import ConfigurationError
from pushgen.statistics.delta_method import cuped, design_effect, difference, ratio_of_sums


def users(seed: int, count: int, rate: float = 0.05) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Impressions and clicks of users who differ in both, and the clicks of an earlier stretch of time."""
    rng = np.random.default_rng(seed)
    shown, own = 1 + rng.poisson(6, count), rate * rng.gamma(1.0, 1.0, count)
    return rng.binomial(shown, np.minimum(own, 1.0)), shown, rng.binomial(40, np.minimum(own, 1.0))


def test_variance_is_that_of_a_weighted_regression_with_robust_errors() -> None:
    """sum(y) / sum(x) is the intercept of y / x weighted by x; HC1 divides by n - 1 as the delta method does."""
    y, x, _ = users(0, 500)
    model: Any = sm.WLS
    fitted = model(y / x, np.ones(500), weights=x).fit(cov_type="HC1")
    found = ratio_of_sums(y, x)
    assert found.value == pytest.approx(fitted.params[0])
    assert found.error == pytest.approx(fitted.bse[0])


def test_means_are_compared_as_welch_does() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(1.0, 2.0, 40), rng.normal(0.5, 1.0, 90)
    found = difference(ratio_of_sums(a, np.ones(40)), ratio_of_sums(b, np.ones(90)))
    expected: Any = stats.ttest_ind(a, b, equal_var=False)
    assert found.z == pytest.approx(expected.statistic)
    assert found.freedom == pytest.approx(expected.df)
    assert 2 * stats.t.sf(abs(found.z), found.freedom) == pytest.approx(expected.pvalue)


def test_clustered_intervals_cover_and_naive_ones_do_not() -> None:
    inside = {"clustered": 0, "naive": 0}
    for seed in range(400):
        y, x, _ = users(seed, 400)
        found = ratio_of_sums(y, x)
        naive = np.sqrt(found.value * (1 - found.value) / x.sum())
        inside["clustered"] += abs(found.value - 0.05) < 1.96 * found.error
        inside["naive"] += abs(found.value - 0.05) < 1.96 * naive
    assert inside["clustered"] / 400 == pytest.approx(0.95, abs=0.03)
    assert inside["naive"] / 400 < 0.93
    assert design_effect(*users(0, 20_000)[:2]) == pytest.approx(1.34, abs=0.08)


def test_cuped_takes_out_what_the_past_explains() -> None:
    rng = np.random.default_rng(2)
    past = [rng.normal(size=20_000) for _ in range(2)]
    now = [1.0 + 0.1 * arm + 0.8 * w + 0.6 * rng.normal(size=20_000) for arm, w in enumerate(past)]
    ones = [np.ones(20_000)] * 2
    found = cuped(now, ones, past)
    assert found.explained == pytest.approx(0.64, abs=0.01)
    gap = found.arms[1].value - found.arms[0].value
    raw = ratio_of_sums(now[0], ones[0])
    assert found.arms[0].error == pytest.approx(0.6 * raw.error, rel=0.02)
    assert gap == pytest.approx(0.1, abs=4 * 0.6 * np.sqrt(2 / 20_000))


def test_cuped_is_the_regression_on_arm_and_past() -> None:
    rng = np.random.default_rng(3)
    past = [rng.normal(arm * 0.1, 1.0, 300) for arm in range(2)]
    now = [0.2 * arm + w + rng.normal(size=300) for arm, w in enumerate(past)]
    found = cuped(now, [np.ones(300)] * 2, past)
    arm = np.repeat([0.0, 1.0], 300)
    fitted = sm.OLS(np.concatenate(now), np.column_stack([np.ones(600), arm, np.concatenate(past)])).fit()
    assert found.arms[1].value - found.arms[0].value == pytest.approx(fitted.params[1])


def test_a_past_that_says_nothing_changes_nothing() -> None:
    y, x, _ = users(4, 200)
    for before in (np.zeros(200), np.full(200, np.nan)):
        found = cuped([y, y], [x, x], [before, before])
        assert found.explained == pytest.approx(0.0)
        assert found.arms[0].value == pytest.approx(ratio_of_sums(y, x).value)
        assert found.arms[0].error == pytest.approx(ratio_of_sums(y, x).error)


def test_too_little_gives_nan_and_shapes_must_agree() -> None:
    assert np.isnan(ratio_of_sums([1.0], [2.0]).variance)
    assert np.isnan(ratio_of_sums([0.0], [0.0]).value)
    lonely = ratio_of_sums([1.0], [2.0])
    assert difference(lonely, lonely).z == 0.0
    with pytest.raises(ConfigurationError, match="per user"):
        ratio_of_sums([1.0, 2.0], [1.0])
