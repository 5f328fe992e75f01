"""Against scipy."""

import math

import pytest
from scipy import stats

from pushgen.errors import ConfigurationError
from pushgen.statistics.sample_ratio import sample_ratio_p


def test_p_is_that_of_scipy() -> None:
    assert sample_ratio_p([1000, 1100, 950]) == pytest.approx(stats.chisquare([1000, 1100, 950]).pvalue)
    expected = stats.chisquare([900, 100], [800, 200]).pvalue
    assert sample_ratio_p([900, 100], [4, 1]) == pytest.approx(expected)


def test_nothing_to_test() -> None:
    assert math.isnan(sample_ratio_p([5]))
    assert math.isnan(sample_ratio_p([0, 0]))
    with pytest.raises(ConfigurationError, match="weight"):
        sample_ratio_p([1, 2], [1, 0])
