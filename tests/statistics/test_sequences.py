"""Always-valid tests and intervals: theory, agreement of the two kinds, and what they promise under simulation."""

import numpy as np
import pytest
from scipy import integrate, stats

from pushgen.errors import ConfigurationError
from pushgen.statistics.confidence_sequences import mixture_drift, mixture_half_width, mixture_p, mixture_z
from pushgen.statistics.count_sequences import log_evidence, sequence_interval


def test_boundary_by_hand() -> None:
    # x = 3: sqrt((4/3) (2 ln 20 + ln 4))
    assert mixture_z(3.0) == pytest.approx(np.sqrt(4 / 3 * (2 * np.log(20) + np.log(4))))
    assert mixture_z(0.0) == np.inf
    assert mixture_p(mixture_z(3.0), 3.0) == pytest.approx(0.05)
    assert mixture_p(0.0, 3.0) == 1.0


@pytest.mark.parametrize("z", [-4.5, 0.3, 2.9])
def test_the_interval_leaves_out_zero_where_the_test_rejects(z: float) -> None:
    error, scale = 0.04, 0.1
    half = mixture_half_width(z * error, error, scale)
    assert bool(abs(z * error) > half) == bool(abs(z) > mixture_z((scale / error) ** 2))
    limit = float(mixture_z((scale / error) ** 2))
    assert mixture_half_width(limit * error, error, scale) == pytest.approx(limit * error)


def test_evidence_is_the_integral_that_it_says() -> None:
    a, n_a, b, n_b, scale = 130, 10_000, 100, 9_000, 0.1
    share = n_a / (n_a + n_b)

    def integrand(s: float) -> float:
        return float(np.exp(a * s - (a + b) * np.log1p(share * np.expm1(s))) * stats.norm.pdf(s, 0.0, scale))

    assert log_evidence(a, n_a, b, n_b, scale) == pytest.approx(np.log(integrate.quad(integrand, -1, 1)[0]))


def test_one_stretch_of_time_is_many_of_equal_shares() -> None:
    parts = log_evidence([10, 20, 30], [1000, 2000, 3000], [12, 9, 20], [500, 1000, 1500], 0.2)
    assert parts == pytest.approx(float(log_evidence(60, 6000, 41, 3000, 0.2)))
    together = sequence_interval([10, 20, 30], [1000, 2000, 3000], [12, 9, 20], [500, 1000, 1500], 0.2)
    assert together.low == pytest.approx(sequence_interval(60, 6000, 41, 3000, 0.2).low)


def test_counts_and_normal_theory_agree_where_both_are_right() -> None:
    a, n_a, b, n_b = 10_600, 1_000_000, 10_000, 1_000_000
    error = np.sqrt(1 / a + 1 / b)
    estimate = np.log(a / b)
    found = sequence_interval(a, n_a, b, n_b, 0.1)
    half = mixture_half_width(estimate, error, 0.1)
    assert np.log([found.low, found.high]) == pytest.approx([estimate - half, estimate + half], abs=2e-3)


def test_the_interval_leaves_out_one_where_the_evidence_suffices() -> None:
    for clicks in range(100, 200, 5):
        found = sequence_interval(clicks, 10_000, 100, 10_000, 0.2)
        assert (found.low > 1.0) == bool(log_evidence(clicks, 10_000, 100, 10_000, 0.2) > np.log(20)), clicks


def test_clicks_on_one_side_only_leave_one_end_open() -> None:
    assert sequence_interval(0, 1000, 40, 1000, 0.1).low == 0.0
    assert sequence_interval(40, 1000, 0, 1000, 0.1).high == np.inf
    nothing = sequence_interval(0, 1000, 0, 1000, 0.1)
    assert (nothing.low, nothing.high, np.isnan(nothing.ratio)) == (0.0, np.inf, True)


def test_a_stretch_with_one_arm_only_tells_nothing() -> None:
    alone = sequence_interval([30, 50], [1000, 5000], [20, 0], [1000, 0], 0.1)
    assert alone == sequence_interval(30, 1000, 20, 1000, 0.1)


def test_rates_that_drift_together_do_not_look_like_an_effect() -> None:
    """Shares of traffic move with the rate (Simpson's paradox): counts in one heap err, stretches do not."""
    rng = np.random.default_rng(3)
    shown_a, shown_b = np.array([9000, 1000]), np.array([1000, 9000])
    rate = np.array([0.05, 0.01])
    a, b = rng.binomial(shown_a, rate, (500, 2)), rng.binomial(shown_b, rate, (500, 2))
    right = log_evidence(a, shown_a, b, shown_b, 0.2) > np.log(20)
    heap = log_evidence(a.sum(axis=1), 10_000, b.sum(axis=1), 10_000, 0.2) > np.log(20)
    assert right.mean() <= 0.05
    assert heap.mean() > 0.95


def test_peeking_is_paid_for() -> None:
    """2,000 A/A tests at 1%, looked at 100 times: the naive test errs in a quarter of them or more."""
    rng = np.random.default_rng(0)
    clicks = rng.binomial(250, 0.01, (2, 2000, 100)).cumsum(axis=2).astype(float)
    shown = 250.0 * np.arange(1, 101)
    counts = [values[..., None] for values in (clicks[0], np.broadcast_to(shown, clicks[0].shape), clicks[1])]
    evidence = log_evidence(counts[0], counts[1], counts[2], counts[1], 0.1)
    z = (clicks[0] - clicks[1]) / np.sqrt(np.maximum(clicks.sum(axis=0), 1.0))
    assert (evidence.max(axis=1) > np.log(20)).mean() <= 0.05
    assert (np.abs(z).max(axis=1) > 1.96).mean() > 0.25


def test_the_interval_covers_a_true_lift_at_every_look() -> None:
    rng = np.random.default_rng(5)
    looks = 2000.0 * np.arange(1, 31)
    a = rng.binomial(2000, 0.022, (400, 30)).cumsum(axis=1).astype(float)
    b = rng.binomial(2000, 0.020, (400, 30)).cumsum(axis=1).astype(float)
    shown = np.broadcast_to(looks, a.shape)[..., None]
    against_truth = log_evidence(a[..., None], shown, b[..., None], shown, 0.1, ratio=1.1)
    assert (against_truth.max(axis=1) > np.log(20)).mean() <= 0.06


def test_the_drift_gives_the_power_that_it_promises() -> None:
    drift, looks = mixture_drift(0.8), 60
    steps = np.random.default_rng(2).normal(drift / looks, np.sqrt(1 / looks), (100_000, looks))
    fractions = np.arange(1, looks + 1) / looks
    z = steps.cumsum(axis=1) / np.sqrt(fractions)
    assert (z > mixture_z(drift**2 * fractions)).any(axis=1).mean() == pytest.approx(0.8, abs=0.005)


def test_impossible_counts_and_scales_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="between 0 and the impressions"):
        log_evidence(11, 10, 1, 10, 0.1)
    with pytest.raises(ConfigurationError, match="scale"):
        log_evidence(1, 10, 1, 10, 0.0)
