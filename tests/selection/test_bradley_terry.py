import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import norm

from pushgen.selection.bradley_terry import RIDGE, Link, strengths
from pushgen.selection.standing import mean_win


def matrix(count: int, seed: int) -> np.ndarray:
    upper = np.triu(np.random.default_rng(seed).uniform(0.02, 0.98, (count, count)), 1)
    return upper + np.tril(1 - upper.T, -1) + np.eye(count) / 2


def test_two_candidates_by_hand() -> None:
    p = np.array([[0.5, 0.7], [0.3, 0.5]])
    logistic, normal = strengths(p), strengths(p, "normal")
    assert logistic[0] - logistic[1] == pytest.approx(np.log(0.7 / 0.3), abs=1e-3)
    assert normal[0] - normal[1] == pytest.approx(norm.ppf(0.7), abs=1e-3)
    assert logistic.sum() == pytest.approx(0.0)


@pytest.mark.parametrize("link", ["logistic", "normal"])
def test_strengths_come_back_from_their_probabilities(link: Link) -> None:
    truth = np.random.default_rng(0).normal(0, 0.7, 12)
    z = truth[:, None] - truth[None, :]
    p = expit(z) if link == "logistic" else norm.cdf(z)
    np.testing.assert_allclose(strengths(p, link), truth - truth.mean(), atol=2e-3)


@pytest.mark.parametrize("link", ["logistic", "normal"])
def test_it_is_the_maximum_that_a_general_optimiser_finds(link: Link) -> None:
    p = matrix(6, 3)
    log_f = norm.logcdf if link == "normal" else (lambda z: -np.logaddexp(0, -z))

    def loss(t: np.ndarray) -> float:
        each = p * log_f(t[:, None] - t[None, :])
        return float(-each[~np.eye(6, dtype=bool)].sum() + RIDGE / 2 * np.sum(t**2))

    found = minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-8}).x
    np.testing.assert_allclose(strengths(p, link), found - found.mean(), atol=1e-4)


@given(count=st.integers(2, 12), seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_bradley_terry_ranks_all_pairs_as_the_mean_win_probability(count: int, seed: int) -> None:
    p = matrix(count, seed)
    assert np.argsort(strengths(p)).tolist() == np.argsort(mean_win(p)).tolist()


def test_thurstone_may_rank_otherwise() -> None:
    orders = [(np.argsort(strengths(p, "normal")), np.argsort(strengths(p))) for p in (matrix(8, s) for s in range(20))]
    assert any((normal != logistic).any() for normal, logistic in orders)


def test_a_candidate_that_never_loses_has_a_finite_strength() -> None:
    p = np.array([[0.5, 1.0, 1.0], [0.0, 0.5, 1.0], [0.0, 0.0, 0.5]])
    for link in ("logistic", "normal"):
        found = strengths(p, link)
        assert np.isfinite(found).all()
        assert found[0] > found[1] > found[2]
