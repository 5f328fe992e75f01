"""What every policy of a replay promises, held against all of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.errors import ConfigurationError
from pushgen.experiments.replay.lineup import lineup
from pushgen.experiments.replay.policy import Belief, Policy, RewardOnly, State
from pushgen.experiments.replay.priors import LiftPriors

POLICIES = lineup(reward=True)
RATES = np.array([0.02, 0.05, 0.03])


def priors(log_lift: np.ndarray, strength: float = 15.0) -> dict[Belief, LiftPriors]:
    column = np.ones((len(log_lift), 1))
    levels = {"level_alpha": 2.0 * column, "level_beta": 60.0 * column, "strength": strength * column}
    return {
        "learnt": LiftPriors(log_lift=np.zeros(log_lift.shape), **levels),
        "reward": LiftPriors(log_lift=log_lift, **levels),
    }


def play(policy: Policy, log_lift: np.ndarray, *, horizon: int, batches: int = 20, seed: int = 0) -> np.ndarray:
    """Impressions of each arm over contests of three arms, (g, 3)."""
    rng = np.random.default_rng(seed)
    shown = np.zeros(log_lift.shape, np.int64)
    clicks = shown.copy()
    for size in np.diff(np.linspace(0, horizon, batches + 1).astype(int)):
        state = State(shown=shown, clicks=clicks, horizon=horizon, priors=priors(log_lift))
        batch = policy.allocate(state, int(size), rng)
        assert (batch.sum(axis=1) == size).all()
        shown, clicks = shown + batch, clicks + rng.binomial(batch, RATES)
    return shown


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
class TestEveryPolicy:
    def test_is_a_policy(self, policy: Policy) -> None:
        assert isinstance(policy, Policy)
        assert policy.belief in ("flat", "learnt", "reward")

    @given(size=st.integers(1, 120), arms=st.integers(2, 6), seed=st.integers(0, 500), later=st.integers(0, 300))
    @settings(max_examples=25, deadline=None)
    def test_a_batch_is_divided_whole_and_chance_is_the_seed(
        self, policy: Policy, size: int, arms: int, seed: int, later: int
    ) -> None:
        rng = np.random.default_rng(seed)
        even = np.full((4, arms), int(rng.integers(0, 500)))
        state = State(
            shown=even,
            clicks=rng.binomial(even, 0.05),
            horizon=int(even[0].sum()) + size + later,
            priors=priors(rng.normal(0, 0.2, (4, arms))),
        )
        batch = policy.allocate(state, size, np.random.default_rng(seed))
        assert batch.shape == (4, arms)
        assert (batch >= 0).all()
        assert (batch.sum(axis=1) == size).all()
        assert (batch == policy.allocate(state, size, np.random.default_rng(seed))).all()

    def test_with_much_traffic_the_best_arm_gets_more_than_its_share(self, policy: Policy) -> None:
        right = np.tile(np.log(RATES), (40, 1))
        shown = play(policy, right - right.mean(axis=1, keepdims=True), horizon=4_000)
        assert shown[:, 1].sum() > 0.5 * shown.sum()

    def test_only_the_policy_without_clicks_never_overcomes_a_wrong_reward(self, policy: Policy) -> None:
        wrong = np.tile([0.1, -0.1, 0.0], (40, 1))
        shown = play(policy, wrong, horizon=60_000, batches=60)
        assert (shown[:, 1].sum() > 0.5 * shown.sum()) == (not isinstance(policy, RewardOnly))

    def test_a_permutation_of_the_arms_changes_nothing_on_average(self, policy: Policy) -> None:
        """Arms that are alike get alike, whichever place they stand in."""
        shown = np.full((400, 3), 100)
        state = State(shown=shown, clicks=np.full((400, 3), 3), horizon=900, priors=priors(np.zeros((400, 3))))
        batch = policy.allocate(state, 30, np.random.default_rng(1))
        assert batch.mean(axis=0) == pytest.approx([10, 10, 10], abs=2.5)


def test_what_was_not_learnt_is_not_believed() -> None:
    state = State(shown=np.zeros((1, 2), int), clicks=np.zeros((1, 2), int), horizon=10, priors={})
    with pytest.raises(ConfigurationError, match="needs priors"):
        RewardOnly().allocate(state, 1, np.random.default_rng(0))
