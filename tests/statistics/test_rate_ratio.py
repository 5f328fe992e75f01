"""Against statsmodels, to the digits it prints."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from pushgen.statistics.proportions import two_proportion_z
from pushgen.statistics.rate_ratio import score_interval, score_z


@pytest.mark.parametrize("counts", [(130, 10_000, 100, 9_000), (3, 50, 9, 40), (700, 1_000, 500, 1_000), (1, 9, 8, 9)])
def test_interval_agrees_with_statsmodels(counts: tuple[int, int, int, int]) -> None:
    expected = confint_proportions_2indep(*counts, compare="ratio", method="score", correction=False)
    found = score_interval(*counts)
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 60), st.integers(60, 500), st.integers(0, 60), st.integers(60, 500))
@settings(max_examples=60, deadline=None)
def test_interval_and_test_never_disagree(a: int, n_a: int, b: int, n_b: int) -> None:
    z = float(two_proportion_z(a, n_a, b, n_b))
    assert score_z(a, n_a, b, n_b) == pytest.approx(z, abs=1e-9)
    found = score_interval(a, n_a, b, n_b)
    if abs(abs(z) - 1.96) > 1e-3:
        assert (found.low > 1.0 or found.high < 1.0) == (abs(z) > 1.96)


def test_no_click_on_one_side() -> None:
    none = score_interval(0, 1000, 20, 1000)
    assert none.low == 0.0
    assert 0.0 < none.high < 0.5
    other = score_interval(20, 1000, 0, 1000)
    assert other.low == pytest.approx(1 / none.high)
    assert other.high == float("inf")
    assert score_interval(0, 10, 0, 10).high == float("inf")
