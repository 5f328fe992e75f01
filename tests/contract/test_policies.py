"""What every sending policy promises, live or replayed, held against all of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandits.beliefs import Belief, Flat, Known, Lifts
from pushgen.experiments.bandits.expected_gain import ExpectedGain
from pushgen.experiments.bandits.floor import Floor
from pushgen.experiments.bandits.policy import Policy, State
from pushgen.experiments.bandits.simple import PriorOnly, TestThenWinner
from pushgen.experiments.bandits.tally import Tally
from pushgen.experiments.bandits.thompson import TemperedThompson, Thompson
from pushgen.experiments.bandits.ucb import BayesUcb

POLICIES: list[Policy] = [
    TestThenWinner(share=0.2),
    PriorOnly(),
    Thompson(),
    Thompson(draws=25),
    TemperedThompson(heat=0.1),
    BayesUcb(),
    BayesUcb(pieces=2),
    ExpectedGain(),
    Floor(policy=Thompson(), share=0.05),
    Floor(policy=ExpectedGain(), share=0.05),
]
RATES = np.array([0.02, 0.05, 0.03])


def lifts(log_lift: np.ndarray, strength: float = 15.0) -> Lifts:
    column = np.ones((len(log_lift), 1))
    return Lifts(log_lift=log_lift, strength=strength * column, level_alpha=2 * column, level_beta=60 * column)


def play(
    policy: Policy, belief: Belief, *, experiments: int, horizon: int, batches: int = 20, delay: int = 0, seed: int = 0
) -> Tally:
    """Counts of experiments of three arms whose clicks come back `delay` batches later."""
    rng, tally = np.random.default_rng(seed), Tally.empty(3, experiments)
    waiting: list[np.ndarray] = []
    for size in np.diff(np.linspace(0, horizon, batches + 1).astype(int)):
        batch = policy.allocate(State(tally=tally, belief=belief, horizon=horizon), int(size), rng)
        assert (batch.sum(axis=1) == size).all()
        tally = tally.send(batch)
        waiting.append(batch)
        if len(waiting) > delay:
            done = waiting.pop(0)
            tally = tally.settle(done, rng.binomial(done, RATES))
    return tally


def blind(policy: Policy) -> bool:
    return isinstance(policy, PriorOnly)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
class TestEveryPolicy:
    def test_is_a_policy(self, policy: Policy) -> None:
        assert isinstance(policy, Policy)

    @given(
        size=st.integers(0, 200),
        arms=st.integers(1, 6),
        experiments=st.integers(1, 4),
        seed=st.integers(0, 500),
        later=st.integers(0, 300),
    )
    @settings(max_examples=25, deadline=None)
    def test_a_batch_is_divided_whole_and_sleeping_arms_get_nothing(
        self, policy: Policy, size: int, arms: int, experiments: int, seed: int, later: int
    ) -> None:
        rng = np.random.default_rng(seed)
        shown = np.full((experiments, arms), int(rng.integers(0, 500)))
        tally = Tally(shown=shown, clicks=rng.binomial(shown, 0.05), pending=np.full_like(shown, rng.integers(0, 50)))
        awake = rng.random(shown.shape) < 0.7
        awake[np.arange(experiments), rng.integers(arms, size=experiments)] = True
        state = State(
            tally=tally,
            belief=lifts(rng.normal(0, 0.2, shown.shape)),
            horizon=int(tally.sent.max()) + size + later,
            awake=awake,
            worth=rng.uniform(0.5, 1.0, shown.shape),
        )
        batch = policy.allocate(state, size, np.random.default_rng(seed))
        assert batch.shape == shown.shape
        assert (batch >= 0).all()
        assert (batch.sum(axis=1) == size).all()
        assert not batch[~awake].any()
        assert (batch == policy.allocate(state, size, np.random.default_rng(seed))).all()

    def test_with_much_traffic_the_best_arm_gets_most_although_clicks_come_late(self, policy: Policy) -> None:
        right = np.tile(np.log(RATES) - np.log(RATES).mean(), (40, 1))
        for delay in (0, 3):
            shown = play(policy, lifts(right), experiments=40, horizon=4_000, delay=delay).shown
            assert shown[:, 1].sum() > 0.5 * shown.sum()

    def test_a_wrong_belief_is_overcome_by_all_who_look(self, policy: Policy) -> None:
        wrong = lifts(np.tile([0.1, -0.1, 0.0], (15, 1)))
        shown = play(policy, wrong, experiments=15, horizon=60_000, batches=60).shown
        assert (shown[:, 1].sum() > 0.4 * shown.sum()) == (not blind(policy))

    def test_arms_that_are_alike_get_alike_whichever_place_they_stand_in(self, policy: Policy) -> None:
        shown = np.full((400, 3), 100)
        tally = Tally(shown=shown, clicks=np.full((400, 3), 3), pending=np.zeros_like(shown))
        state = State(tally=tally, belief=lifts(np.zeros((400, 3))), horizon=900)
        batch = policy.allocate(state, 30, np.random.default_rng(1))
        assert batch.mean(axis=0) == pytest.approx([10, 10, 10], abs=2.5)

    def test_pending_impressions_are_no_failures(self, policy: Policy) -> None:
        """Two equal arms, one with a large batch out: it must not look worse for it."""
        shown = np.full((300, 2), 1000)
        late = Tally(shown=shown, clicks=np.full((300, 2), 50), pending=np.tile([0, 3], (300, 1)))
        state = State(tally=late, belief=Flat(2), horizon=2_000_000)
        assert policy.allocate(state, 20, np.random.default_rng(0)).mean(axis=0)[1] > 7

    def test_an_arm_that_joins_in_flight_gets_its_chance(self, policy: Policy) -> None:
        """All who look at clicks look at a new arm that is far better, and keep it; a test that is not over, too."""
        rng = np.random.default_rng(0)
        tally = Tally.empty(2).send([4_000, 4_000]).settle([4_000, 4_000], [80, 90]).join(1)
        for _ in range(40):
            batch = policy.allocate(State(tally=tally, belief=Flat(3), horizon=48_000), 1_000, rng)
            tally = tally.send(batch).settle(batch, rng.binomial(batch, [0.02, 0.022, 0.06]))
        assert (tally.shown[0, 2] > 0.5 * 40_000) == (not blind(policy))

    def test_one_arm_gets_all(self, policy: Policy) -> None:
        state = State(tally=Tally.empty(1), belief=Flat(1), horizon=100)
        assert policy.allocate(state, 7, np.random.default_rng(0)).tolist() == [[7]]


def test_no_arm_awake_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least one arm awake"):
        State(tally=Tally.empty(2, 2), belief=Flat(2), awake=np.array([[True, True], [False, False]]))


def test_those_that_look_to_an_end_need_one() -> None:
    state = State(tally=Tally.empty(2), belief=Flat(2))
    assert Thompson().allocate(state, 4, np.random.default_rng(0)).sum() == 4
    for policy in (TemperedThompson(heat=1.0), ExpectedGain(), TestThenWinner(share=0.5)):
        with pytest.raises(ConfigurationError, match=r"horizon|how much"):
            policy.allocate(state, 4, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: TemperedThompson(heat=0.0), "heat"),
        (lambda: Thompson(draws=0), "draws"),
        (lambda: BayesUcb(pieces=0), "pieces"),
        (lambda: Floor(policy=Thompson(), share=1.0), "floor"),
        (lambda: TestThenWinner(share=0.0), "share of the test"),
        (lambda: Known.of([0.1], 10.0), "below 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(make: object, words: str) -> None:
    assert callable(make)
    with pytest.raises(ConfigurationError, match=words):
        make()
