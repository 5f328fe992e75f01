"""Against scipy and published values."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from pushgen.statistics.proportions import two_proportion_z, two_sided_p, wilson


def test_the_square_of_z_is_the_chi_squared_statistic() -> None:
    z = two_proportion_z([30, 5], [1000, 200], [50, 9], [1100, 180])
    for index, table in enumerate([[[30, 970], [50, 1050]], [[5, 195], [9, 171]]]):
        expected: Any = stats.chi2_contingency(table, correction=False)
        assert z[index] ** 2 == pytest.approx(expected.statistic)
        assert two_sided_p(z[index]) == pytest.approx(expected.pvalue)
    assert (z < 0).all()


def test_nothing_to_tell_gives_zero() -> None:
    assert two_proportion_z([0, 0, 3], [0, 10, 3], [0, 0, 4], [10, 10, 4]).tolist() == [0, 0, 0]


def test_wilson_agrees_with_scipy_and_holds_at_the_ends() -> None:
    low, high = wilson([0, 5, 10, 0], [10, 10, 10, 0])
    for index, successes in enumerate([0, 5, 10]):
        expected = stats.binomtest(successes, 10).proportion_ci(method="wilson")
        assert low[index] == pytest.approx(expected.low, abs=1e-9)
        assert high[index] == pytest.approx(expected.high, abs=1e-9)
    assert (low[3], high[3]) == (0.0, 1.0)


def test_wilson_covers() -> None:
    k = np.random.default_rng(0).binomial(200, 0.03, 5000)
    low, high = wilson(k, np.full(5000, 200))
    assert np.mean((low <= 0.03) & (high >= 0.03)) == pytest.approx(0.95, abs=0.02)
