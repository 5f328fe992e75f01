"""What every bandit promises, held against all of them."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandit import Bandit, Priors, Tally
from pushgen.experiments.bayes_ucb import BayesUcb
from pushgen.experiments.thompson import Thompson

Maker = Callable[..., Bandit]
BANDITS: list[Maker] = [Thompson, BayesUcb]
RATES = np.array([0.04, 0.06, 0.10, 0.05])


def play(
    bandit: Bandit, rates: np.ndarray, *, batches: int = 60, size: int = 200, delay: int = 3, seed: int = 0
) -> Tally:
    """Batches whose clicks come back `delay` batches later."""
    rng, tally = np.random.default_rng(seed), Tally.empty(len(rates))
    waiting: list[np.ndarray] = []
    for _ in range(batches):
        batch = bandit.allocate(tally, size, rng)
        tally = tally.send(batch)
        waiting.append(batch)
        if len(waiting) > delay:
            done = waiting.pop(0)
            tally = tally.settle(done, rng.binomial(done, rates))
    for done in waiting:
        tally = tally.settle(done, rng.binomial(done, rates))
    return tally


@pytest.mark.parametrize("make", BANDITS, ids=lambda make: make.__name__)
class TestEveryBandit:
    def test_is_a_bandit(self, make: Maker) -> None:
        assert isinstance(make(priors=Priors.flat(2)), Bandit)

    @given(
        size=st.integers(0, 500),
        arms=st.integers(1, 6),
        floor=st.sampled_from([0.0, 0.05, 0.4]),
        seed=st.integers(0, 1000),
    )
    @settings(max_examples=40, deadline=None)
    def test_a_batch_is_divided_whole_and_sleeping_arms_get_nothing(
        self, make: Maker, size: int, arms: int, floor: float, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        shown = rng.integers(0, 1000, arms)
        tally = Tally(shown_K=shown, clicks_K=rng.binomial(shown, 0.05), pending_K=rng.integers(0, 100, arms))
        available = rng.random(arms) < 0.7
        available[rng.integers(arms)] = True
        bandit = make(priors=Priors.flat(arms), floor=floor)
        batch = bandit.allocate(tally, size, np.random.default_rng(seed), list(available))
        assert batch.sum() == size
        assert (batch >= 0).all()
        assert not batch[~available].any()
        least = min(int(floor * size), size // int(available.sum()))
        assert (batch[available] >= least).all()
        again = bandit.allocate(tally, size, np.random.default_rng(seed), list(available))
        assert (batch == again).all()

    def test_the_best_arm_gets_most_although_clicks_come_late(self, make: Maker) -> None:
        for seed in range(3):
            tally = play(make(priors=Priors.flat(4)), RATES, seed=seed)
            assert tally.shown_K[2] > 0.5 * tally.shown_K.sum()
            # Uniform traffic would have had 6.25%.
            assert tally.clicks_K.sum() / tally.shown_K.sum() > 0.07

    def test_a_right_prior_helps_and_a_wrong_one_is_overcome(self, make: Maker) -> None:
        def clicks(log_ctr: np.ndarray, batches: int) -> float:
            bandit = make(priors=Priors.of(log_ctr, 20.0))
            return float(np.mean([play(bandit, RATES, batches=batches, seed=seed).clicks_K.sum() for seed in range(8)]))

        flat = float(
            np.mean(
                [play(make(priors=Priors.flat(4)), RATES, batches=10, seed=seed).clicks_K.sum() for seed in range(8)]
            )
        )
        assert clicks(np.log(RATES), 10) > flat
        wrong = play(make(priors=Priors.of(np.log([0.06, 0.06, 0.05, 0.06]), 10.0)), RATES, batches=150)
        assert wrong.shown_K[2] > 0.5 * wrong.shown_K.sum()

    def test_pending_impressions_are_no_failures(self, make: Maker) -> None:
        """Two equal arms, one with a large batch out: it must not look worse for it."""
        shown, clicks = np.array([1000, 1000]), np.array([50, 50])
        quiet = Tally(shown_K=shown, clicks_K=clicks, pending_K=np.array([0, 0]))
        late = Tally(shown_K=shown, clicks_K=clicks, pending_K=np.array([500, 500]))
        bandit = make(priors=Priors.flat(2))
        for tally in (quiet, late):
            batch = bandit.allocate(tally, 1000, np.random.default_rng(0))
            assert batch == pytest.approx([500, 500], abs=80)

    def test_no_arm_awake_is_refused(self, make: Maker) -> None:
        with pytest.raises(ConfigurationError, match="at least one is available"):
            make(priors=Priors.flat(2)).allocate(Tally.empty(2), 10, np.random.default_rng(0), [False, False])
        with pytest.raises(ConfigurationError, match="floor"):
            make(priors=Priors.flat(2), floor=1.0)


def test_priors_have_the_mean_and_the_spread_that_they_are_given() -> None:
    priors = Priors.of(np.log([0.01, 0.05]), [25.0, 100.0])
    drawn = np.random.default_rng(0).beta(priors.alpha_K, priors.beta_K, (200_000, 2))
    assert drawn.mean(axis=0) == pytest.approx([0.01, 0.05], rel=0.01)
    assert np.log(drawn).std(axis=0) == pytest.approx([0.2, 0.1], rel=0.04)
    with pytest.raises(ConfigurationError, match="below 0"):
        Priors.of([0.1], 10.0)


def test_a_tally_refuses_what_cannot_be() -> None:
    tally = Tally.empty(2).send([10, 5])
    assert tally.settle([4, 5], [1, 0]).pending_K.tolist() == [6, 0]
    for shown, clicks in (([11, 0], [0, 0]), ([5, 5], [6, 0]), ([1], [0])):
        with pytest.raises(ConfigurationError):
            tally.settle(shown, clicks)
