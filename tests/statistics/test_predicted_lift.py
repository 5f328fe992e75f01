"""The slope of clicks on predictions against planted truth and statsmodels."""

import numpy as np
import pytest

from pushgen.errors import ConfigurationError
from pushgen.statistics.predicted_lift import Groups


def planted(groups: int, slope: float, *, seed: int, rest: float = 0.0) -> Groups:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), 4)
    u = rng.normal(0, 0.25, 4 * groups)
    level = rng.normal(-4.5, 0.7, groups)[group]
    shown = rng.integers(50, 400, 4 * groups)
    rate = np.exp(level + slope * u + rng.normal(0, rest, 4 * groups) if rest else level + slope * u)
    return Groups(u, rng.binomial(shown, np.minimum(rate, 0.5)), shown, group)


def test_the_slope_is_that_of_a_poisson_regression_with_an_intercept_per_group() -> None:
    import statsmodels.api as sm

    groups = planted(12, 0.8, seed=1)
    design = np.column_stack([groups.u, np.eye(groups.count)[groups.label]])
    alive = np.bincount(groups.label, groups.k)[groups.label] > 0
    kept = design[alive][:, np.r_[True, np.bincount(groups.label, groups.k) > 0]]
    model = sm.GLM(groups.k[alive], kept, family=sm.families.Poisson(), offset=np.log(groups.n[alive]))
    assert groups.fit().slope == pytest.approx(model.fit().params[0], abs=1e-5)


@pytest.mark.parametrize("slope", [1.0, 0.0, -0.5])
def test_intervals_cover_the_truth_though_arms_differ_by_more_than_predicted(slope: float) -> None:
    found = [planted(400, slope, seed=seed, rest=0.3).fit() for seed in range(100)]
    covered = sum(abs(one.slope - slope) < 1.96 * one.error for one in found)
    assert 88 <= covered <= 100


def test_gain_is_the_log_likelihood_ratio() -> None:
    groups = Groups([0.2, -0.2], [6, 2], [100, 300], [0, 0])
    p = 100 * np.exp(0.2) / (100 * np.exp(0.2) + 300 * np.exp(-0.2))
    exact = 6 * np.log(p / 0.25) + 2 * np.log((1 - p) / 0.75)
    assert groups.gain(1.0).tolist() == pytest.approx([exact])


def test_nothing_is_told_where_nothing_can_be() -> None:
    for groups in (
        Groups([], [], [], []),
        Groups([0.1, 0.1], [3, 1], [10, 10], [0, 0]),
        Groups([0.1, 0.3], [0, 0], [10, 10], [0, 0]),
        Groups([0.1, 0.3], [0, 0], [0, 0], [0, 0]),
    ):
        assert np.isnan(groups.fit().slope)
    with pytest.raises(ConfigurationError, match="clicks in n"):
        Groups([0.0], [2], [1], [0])
