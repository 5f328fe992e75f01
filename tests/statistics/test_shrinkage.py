"""Shrinkage recovers planted priors and follows hand-derived arithmetic."""

import numpy as np
import pytest

from pushgen.errors import ConfigurationError
from pushgen.statistics.shrinkage import BetaPrior, LiftPrior, fit_beta, fit_spread


def test_beta_recovers_a_planted_prior() -> None:
    rng = np.random.default_rng(0)
    trials = rng.integers(200, 20_000, 20_000)
    hits = rng.binomial(trials, rng.beta(4.0, 196.0, trials.size))
    prior = fit_beta(hits, trials)
    assert prior.mean == pytest.approx(0.02, rel=0.03)
    assert prior.strength == pytest.approx(200, rel=0.10)


def test_spread_recovers_the_planted_one_whatever_the_group_rates() -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(6_000), 4)
    rate = rng.uniform(0.005, 0.05, 6_000)[groups] * rng.gamma(25.0, 1 / 25.0, groups.size)
    trials = rng.integers(500, 6_000, groups.size)
    hits = rng.binomial(trials, rate)
    assert fit_spread(hits, trials, groups).spread == pytest.approx(0.2, rel=0.06)


def test_no_spread_beyond_chance_shrinks_everything() -> None:
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(3_000), 3)
    trials = np.full(groups.size, 1_000)
    hits = rng.binomial(trials, 0.02)
    prior = fit_spread(hits, trials, groups)
    assert prior.spread < 0.05
    assert np.abs(prior.shrink(hits, trials * 0.02) - 1).max() < 0.1


def test_posteriors_by_hand() -> None:
    assert BetaPrior(2, 98).shrink([8], [100]).tolist() == pytest.approx([10 / 200])
    assert LiftPrior(0.5).shrink([10, 0], [6.0, 0.0]).tolist() == pytest.approx([14 / 10, 1.0])


def test_probability_grows_with_the_evidence() -> None:
    p = LiftPrior(0.2).p_above([0, 12, 120, 1_200], [0.0, 10.0, 100.0, 1_000.0], 1.0)
    assert np.all(np.diff(p) > 0)
    assert 0.4 < p[0] < 0.5
    assert p[-1] > 0.99


def test_nothing_to_learn_from() -> None:
    assert fit_beta([], []) == BetaPrior(0.5, 0.5)
    assert 0 < fit_beta([0, 0], [10, 10]).mean < 0.05
    assert fit_spread([1], [10], ["a"]).spread == 0.0
    with pytest.raises(ConfigurationError, match="one shape"):
        fit_beta([1, 2], [3])
