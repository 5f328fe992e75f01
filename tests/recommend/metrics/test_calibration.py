import numpy as np
import pytest
from scipy.stats import entropy

from pushgen.recommend.metrics.calibration import calibration, miscalibration


def test_true_probabilities_are_calibrated_and_doubled_ones_are_not() -> None:
    generator = np.random.default_rng(0)
    p = generator.uniform(0.05, 0.45, 20_000)
    clicks = generator.random(len(p)) < p
    users = generator.integers(0, 2_000, len(p))
    right, double = calibration(p, clicks, users, draws=200), calibration(2 * p, clicks, users, draws=200)
    assert right.ratio.low < 1 < right.ratio.high
    assert right.error.value < 0.02
    assert double.ratio.value == pytest.approx(2 * right.ratio.value)
    assert double.error.value == pytest.approx(p.mean(), abs=0.02)


def test_miscalibration_is_the_divergence_of_the_mixes() -> None:
    had, given = np.array([[6, 4], [1, 0], [0, 0]]), np.array([[1, 1], [3, 0], [1, 1]])
    found = miscalibration(had, given)
    p, q = np.array([0.6, 0.4]), np.array([0.5, 0.5])
    assert found[0] == pytest.approx(entropy(p, 0.99 * q + 0.01 * p))
    assert found[1] == pytest.approx(0)
    assert np.isnan(found[2])
