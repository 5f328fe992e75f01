"""Calibration on data of known truth."""

import numpy as np
import pytest

from pushgen.statistics.calibration import (
    calibration_error_by_chance,
    expected_calibration_error,
    fit_residual,
    p_observed,
    reliability,
)


def test_slope_and_scale_are_recovered_through_sampling_noise() -> None:
    generator = np.random.default_rng(0)
    raw = generator.normal(0, 0.5, 20_000)
    variance = generator.uniform(0.01, 0.3, 20_000)
    observed = 0.6 * raw + generator.normal(0, 0.25, 20_000) + generator.normal(0, np.sqrt(variance))
    found = fit_residual(raw, observed, variance)
    assert found.slope == pytest.approx(0.6, abs=0.02)
    assert found.scale == pytest.approx(0.25, abs=0.02)
    blind = fit_residual(raw, observed, np.full(20_000, 1e-6))
    assert blind.scale > 0.4  # without the sampling error the residual would be far too large


def test_observed_winners_follow_the_probability_that_knows_their_sampling_error() -> None:
    generator = np.random.default_rng(1)
    mean = generator.normal(0, 0.3, 40_000)
    variance = generator.uniform(0.05, 0.5, 40_000)
    won = mean + generator.normal(0, 0.3, 40_000) + generator.normal(0, np.sqrt(variance)) > 0
    good, over = p_observed(mean, 0.3, variance), p_observed(mean, 0.3, 0.0)
    assert expected_calibration_error(good, won) < 0.01
    assert expected_calibration_error(over, won) > 0.05


def test_a_useless_prediction_gets_a_slope_of_almost_nothing() -> None:
    generator = np.random.default_rng(0)
    raw, observed = generator.normal(size=5000), generator.normal(0, 0.4, 5000)
    found = fit_residual(raw, observed, np.full(5000, 0.01))
    assert found.slope < 0.05
    assert found.scale == pytest.approx(np.sqrt(0.16 - 0.01), abs=0.02)


def test_reliability_by_hand() -> None:
    rows = reliability([0.05, 0.1, 0.15, 1.0], [0, 0, 1, 1])
    assert [row.count for row in rows] == [1, 2, 0, 0, 0, 0, 0, 0, 0, 1]
    assert rows[1].predicted == pytest.approx(0.125)
    assert rows[1].observed == pytest.approx(0.5)
    assert expected_calibration_error([0.05, 0.1, 0.15, 1.0], [0, 0, 1, 1]) == pytest.approx((0.05 + 0.75) / 4)
    assert expected_calibration_error([], []) == 0.0


def test_perfect_probabilities_show_the_error_by_chance() -> None:
    p = np.random.default_rng(0).uniform(size=500)
    errors = [expected_calibration_error(p, np.random.default_rng(seed).random(500) < p) for seed in range(1000, 1100)]
    assert calibration_error_by_chance(p) == pytest.approx(np.mean(errors), rel=0.1)
