"""Against closed forms and simulation."""

import numpy as np
import pytest
from scipy.special import betaln

from pushgen.statistics.beta_binomial import compare_rates
from pushgen.statistics.shrinkage import BetaPrior


def p_second_higher(a: int, b: int, c: int, d: int) -> float:
    """P(Beta(c, d) > Beta(a, b)) for whole numbers: Miller, Formulas for Bayesian A/B testing (2014), eq. 6."""
    return sum(np.exp(betaln(a + i, b + d) - np.log(d + i) - betaln(1 + i, d) - betaln(a, b)) for i in range(c))


def test_probability_agrees_with_the_closed_form() -> None:
    found = compare_rates([9, 19], [100, 120], BetaPrior(1.0, 1.0))
    assert found.p_best[1] == pytest.approx(p_second_higher(10, 92, 20, 102), abs=1e-6)


def test_three_arms_agree_with_simulation() -> None:
    clicks, shown = np.array([130, 100, 90]), np.array([10_000, 9_000, 9_000])
    rates = np.random.default_rng(0).beta(0.5 + clicks, 0.5 + shown - clicks, (400_000, 3))
    found = compare_rates(clicks, shown)
    assert found.p_best == pytest.approx(np.bincount(rates.argmax(axis=1)) / 400_000, abs=0.003)
    losses = (rates.max(axis=1, keepdims=True) - rates).mean(axis=0)
    assert found.expected_loss == pytest.approx(losses, rel=0.02)


def test_equal_arms_are_equally_good_and_thin_ones_say_little() -> None:
    found = compare_rates([10, 10, 10], [1000, 1000, 1000])
    assert found.p_best == pytest.approx([1 / 3] * 3)
    assert compare_rates([0, 0], [0, 0]).p_best == pytest.approx([0.5, 0.5], abs=1e-3)
    assert compare_rates([10, 10_000], [1000, 500_000]).p_best.sum() == pytest.approx(1.0)
