"""Against published boundaries, theory and simulation."""

import numpy as np
import pytest
from scipy import stats

from pushgen.errors import ConfigurationError
from pushgen.statistics.group_sequential import crossing_probabilities, even_looks, spending_bounds, spent


def test_bounds_are_the_published_ones() -> None:
    """Lan and DeMets' bounds of five even looks, two-sided 5%, to the three digits of the usual tables."""
    assert spending_bounds(even_looks(5)) == pytest.approx([4.877, 3.357, 2.680, 2.290, 2.031], abs=5e-4)
    pocock = spending_bounds(even_looks(5), spending="pocock")
    assert pocock == pytest.approx([2.438, 2.427, 2.410, 2.397, 2.386], abs=5e-4)


def test_pococks_constant_keeps_the_level() -> None:
    """Pocock (1977): 2.413 at five looks; O'Brien and Fleming (1979): 2.040 sqrt(5 / k)."""
    for bounds in (np.full(5, 2.413), 2.040 * np.sqrt(5 / np.arange(1, 6))):
        up, down = crossing_probabilities(even_looks(5), bounds)
        assert up.sum() + down.sum() == pytest.approx(0.05, abs=1e-4)
        assert up == pytest.approx(down)


def test_one_look_is_the_plain_test() -> None:
    assert spending_bounds([1.0], 0.05) == pytest.approx([stats.norm.ppf(0.975)])
    up, down = crossing_probabilities([1.0], [1.96], 2.8)
    assert up[0] == pytest.approx(stats.norm.sf(1.96 - 2.8))
    assert down[0] == pytest.approx(stats.norm.cdf(-1.96 - 2.8))


def test_crossings_with_a_drift_agree_with_simulation() -> None:
    fractions, bounds = np.array([0.2, 0.5, 1.0]), np.array([2.5, 2.3, 2.0])
    steps = np.diff(fractions, prepend=0.0)
    walk = np.random.default_rng(1).normal(1.5 * steps, np.sqrt(steps), (400_000, 3)).cumsum(axis=1)
    crossed = np.abs(walk / np.sqrt(fractions)) > bounds
    first = np.where(crossed.any(axis=1), crossed.argmax(axis=1), 3)
    up, down = crossing_probabilities(fractions, bounds, 1.5)
    assert up + down == pytest.approx(np.bincount(first, minlength=4)[:3] / 400_000, abs=0.002)


def test_spending_ends_at_alpha() -> None:
    assert spent([0.0, 1.0], 0.05) == pytest.approx([0.0, 0.05])
    assert spent([0.0, 1.0], 0.05, "pocock") == pytest.approx([0.0, 0.05])


@pytest.mark.parametrize("fractions", [[], [0.5, 0.5], [0.0, 1.0], [0.5, 1.2]])
def test_looks_that_do_not_grow_are_refused(fractions: list[float]) -> None:
    with pytest.raises(ConfigurationError, match="grow"):
        spending_bounds(fractions)
