"""Priors, policies and figures of a replay against planted truth, hand arithmetic and oracle libraries."""

import numpy as np
import pytest
from scipy import stats

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandits.beliefs import Flat, Lifts
from pushgen.experiments.bandits.expected_gain import value
from pushgen.experiments.bandits.learn import learn, log_likelihood
from pushgen.experiments.bandits.policy import Policy, State
from pushgen.experiments.bandits.simple import TestThenWinner
from pushgen.experiments.bandits.tally import Tally
from pushgen.experiments.bandits.thompson import TemperedThompson, Thompson
from pushgen.experiments.bandits.ucb import BayesUcb
from pushgen.experiments.contests import Contests
from pushgen.experiments.replay.figures import Figures
from pushgen.experiments.replay.lineup import Entry, lineup
from pushgen.experiments.replay.settings import ReplayConfig
from pushgen.experiments.replay.simulate import replay


def planted(contests: int, *, strength: float = 20.0, worth: float = 0.3, shown: int = 3000, seed: int = 0) -> Contests:
    """Contests of 2 to 5 arms; log lifts are a utility of standard deviation `worth` and a gamma residual."""
    rng = np.random.default_rng(seed)
    number = np.repeat(np.arange(contests), rng.integers(2, 6, contests))
    utility = rng.normal(0, worth, len(number))
    level = rng.gamma(3.0, 0.005, contests)[number]
    rate = np.minimum(level * np.exp(utility) * rng.gamma(strength, 1 / strength, len(number)), 0.5)
    names = [f"e{i}" for i in range(contests)]
    trials = np.full(len(number), float(shown))
    return Contests(
        experiments=names,
        contents=names,
        contest=number,
        clicks=rng.binomial(shown, rate).astype(float),
        impressions=trials,
        utility=utility,
    )


def test_strength_and_slope_are_those_that_were_planted() -> None:
    contests = planted(1500)
    with_reward, without = learn(contests, reward=True), learn(contests, reward=False)
    assert with_reward.strength == pytest.approx(20.0, rel=0.15)
    assert with_reward.slope == pytest.approx(1.0, abs=0.08)
    # Without the model its variance is residual too: 1 / (1/20 + 0.3^2) = 7.1 clicks.
    assert without.strength == pytest.approx(7.1, rel=0.2)
    assert without.slope == 0.0


def test_a_reward_that_knows_nothing_gets_no_weight() -> None:
    contests = planted(600, worth=0.0)
    noise = np.random.default_rng(9).normal(0, 0.3, len(contests.contest))
    deaf = Contests(
        experiments=contests.experiments,
        contents=contests.contents,
        contest=contests.contest,
        clicks=contests.clicks,
        impressions=contests.impressions,
        utility=noise,
    )
    assert learn(deaf, reward=True).slope == pytest.approx(0.0, abs=0.1)


def test_the_likelihood_is_beta_binomial_with_the_level_integrated_out() -> None:
    contests = Contests(
        experiments=["e"],
        contents=["e"],
        contest=np.zeros(3, int),
        clicks=np.array([4.0, 9.0, 6.0]),
        impressions=np.array([1000.0, 1200.0, 900.0]),
    )
    pooled = 19.5 / 3100
    log_lift = np.array([0.1, -0.1, 0.0])

    def exact(strength: float) -> float:
        total = 0.0
        for step in np.linspace(-1.0, 1.0, 41):
            mean = pooled * np.exp(step + log_lift)
            beta = strength * (1 / mean - 1)
            chance = stats.betabinom.pmf(contests.clicks, contests.impressions, strength, beta)
            total += float(np.prod(chance))
        return float(np.log(total))

    gap = log_likelihood(contests, 30.0, log_lift) - log_likelihood(contests, 3.0, log_lift)
    assert gap == pytest.approx(exact(30.0) - exact(3.0), abs=0.02)


def test_a_posterior_is_the_prior_without_data_and_the_counts_with_much() -> None:
    one = np.ones((1, 1))
    log_lift = np.array([[0.2, -0.2]])
    priors = Lifts(log_lift=log_lift, strength=15 * one, level_alpha=2 * one, level_beta=98 * one)
    zero = np.zeros((1, 2))
    alpha, beta = priors.posterior(zero, zero)
    assert alpha / (alpha + beta) == pytest.approx(0.02 * np.exp(log_lift))
    shown = np.array([[1e7, 1e7]])
    alpha, beta = priors.posterior(shown, shown * [0.03, 0.05])
    assert alpha / (alpha + beta) == pytest.approx(np.array([[0.03, 0.05]]), rel=1e-3)


def test_an_arm_without_data_is_judged_by_the_level_of_the_others() -> None:
    one = np.ones((1, 1))
    priors = Lifts(log_lift=np.zeros((1, 2)), strength=1e4 * one, level_alpha=0.02 * one, level_beta=one)
    alpha, beta = priors.posterior(np.array([[1e5, 0.0]]), np.array([[5e3, 0.0]]))
    assert (alpha / (alpha + beta))[0, 1] == pytest.approx(0.05, rel=0.01)


def stand(shown: np.ndarray, clicks: np.ndarray, horizon: int | None = None) -> State:
    tally = Tally(shown=shown, clicks=clicks, pending=np.zeros_like(shown))
    return State(tally=tally, belief=Flat(shown.shape[1]), horizon=horizon)


def test_a_test_sends_evenly_and_its_verdict_stands() -> None:
    policy, rng = TestThenWinner(share=0.5), np.random.default_rng(0)
    shown, clicks = np.zeros((1, 3), int), np.zeros((1, 3), int)
    for step in range(4):
        shown = shown + policy.allocate(stand(shown, clicks, 80), 20, rng)
        # The second arm wins the test; afterwards it has no more clicks, and keeps the traffic.
        clicks = np.array([[1, 5, 1]]) if step == 1 else clicks
        if step == 1:
            assert sorted(shown[0]) == [13, 13, 14]
    assert shown[0, 1] == pytest.approx(53, abs=1)


def test_few_draws_over_many_contests_agree_with_many_draws_for_one() -> None:
    shown, clicks = np.array([[400, 400, 100]]), np.array([[8, 12, 2]])
    one = Thompson().allocate(stand(shown, clicks), 10_000, np.random.default_rng(0))[0] / 10_000
    many = stand(np.repeat(shown, 4000, axis=0), np.repeat(clicks, 4000, axis=0))
    batch = Thompson(draws=25).allocate(many, 200, np.random.default_rng(1))
    assert batch.mean(axis=0) / 200 == pytest.approx(one, abs=0.02)


def test_tempering_ends_with_the_best_mean() -> None:
    shown, clicks = np.full((200, 2), 450), np.tile([9, 11], (200, 1))

    def share(policy: Policy, horizon: int) -> float:
        batch = policy.allocate(stand(shown, clicks, horizon), 50, np.random.default_rng(0))
        return float(batch[:, 1].sum() / (50 * 200))

    plain, tempered = Thompson(draws=25), TemperedThompson(heat=1.0, draws=25)
    assert share(plain, 950) == pytest.approx(0.67, abs=0.03)
    assert share(tempered, 950) > 0.95
    assert share(tempered, 100_000) == pytest.approx(share(plain, 100_000), abs=0.03)


def test_expected_gain_is_the_integral_that_it_stands_for() -> None:
    alpha, beta = np.array([[20.0, 18.0, 10.0]]), np.array([[980.0, 982.0, 290.0]])
    found = value(alpha, beta, 400, 5_000)[0]
    rng, mean = np.random.default_rng(0), (alpha / (alpha + beta))[0]
    for arm in range(3):
        rate = rng.beta(alpha[0, arm], beta[0, arm], 400_000)
        after = (alpha[0, arm] + rng.binomial(400, rate)) / (alpha[0, arm] + beta[0, arm] + 400)
        best = np.maximum(after, np.delete(mean, arm).max()).mean()
        assert found[arm] == pytest.approx(400 * mean[arm] + 4_600 * best, rel=0.01)


def test_an_upper_bound_prefers_the_arm_that_is_less_known() -> None:
    state = stand(np.array([[1000, 100]]), np.array([[20, 2]]))
    assert BayesUcb(pieces=2).allocate(state, 10, np.random.default_rng(0)).tolist() == [[0, 10]]


def test_luck_in_the_log_is_not_taken_for_truth() -> None:
    """Arms of one rate: shrunk rates do not differ, and no policy gains anything."""
    lucky = planted(400, strength=1e6, worth=0.0, shown=500)
    rates = lucky.true_rates()
    raw = lucky.clicks / lucky.impressions
    level = np.bincount(lucky.contest, lucky.clicks) / np.bincount(lucky.contest, lucky.impressions)
    alive = level[lucky.contest] > 0
    spread = [float(np.std((values / np.maximum(level[lucky.contest], 1e-9))[alive])) for values in (rates, raw)]
    assert spread[0] < 0.1 * spread[1]
    drawn = planted(400).true_rates(np.random.default_rng(0))
    assert drawn.std() > planted(400).true_rates().std()


def test_a_good_reward_earns_more_and_figures_are_the_arithmetic() -> None:
    contests = planted(300, worth=0.3)
    policies = lineup(reward=True)
    replayed = replay(contests, policies, ReplayConfig(traffic=(500, 4_000), seeds=1))
    figures = Figures(replayed, draws=200)
    gains = {(gain.policy, gain.traffic): gain for gain in figures.gains()}
    for traffic in (500, 4_000):
        uniform = replayed.uniform[traffic]
        assert uniform.sum() == pytest.approx(traffic * _mean_rates(contests).sum())
        better = figures.difference("Thompson, reward prior", "Thompson, learnt prior", traffic)
        assert better.difference.low > 0
        one = gains["Thompson, reward prior", traffic]
        clicks = replayed.clicks["Thompson, reward prior"][traffic]
        assert one.gain.value == pytest.approx(clicks.sum() / uniform.sum() - 1)
        assert one.share.value == pytest.approx((clicks - uniform).sum() / (replayed.oracle[traffic] - uniform).sum())
        assert gains["oracle", traffic].share.value == 1.0
        assert all(gain.share.value < 1 for (name, _), gain in gains.items() if name != "oracle")


def _mean_rates(contests: Contests) -> np.ndarray:
    return np.bincount(contests.contest, contests.true_rates()) / np.bincount(contests.contest)


def test_replays_repeat_and_a_part_keeps_what_all_taught() -> None:
    contests = planted(60, shown=1000)
    config, policies = ReplayConfig(traffic=(200,), seeds=2), lineup(reward=True)[3:6]
    first, second = (replay(contests, policies, config) for _ in range(2))
    for name, by_traffic in first.clicks.items():
        assert (by_traffic[200] == second.clicks[name][200]).all()
    mask = contests.folds(5) == 0
    part = first.only(mask)
    assert len(part.contests) == mask.sum() == len(part.uniform[200])
    assert part.learnt is first.learnt


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"contest": np.array([0, 1, 1])}, "at least 2 arms"),
        ({"contest": np.array([1, 0, 1])}, "at least 2 arms"),
        ({"clicks": np.array([1.0, 2.0, 200.0])}, "clicks in n"),
        ({"impressions": np.array([0.0, 100.0, 100.0])}, "clicks in n"),
        ({"utility": np.array([0.0, np.nan, 0.0])}, "finite utility"),
    ],
)
def test_contests_that_cannot_be_are_refused(change: dict[str, np.ndarray], words: str) -> None:
    good = {"contest": np.array([0, 0, 0]), "clicks": np.ones(3), "impressions": np.full(3, 100.0)}
    names = [f"e{i}" for i in range(int((good | change)["contest"].max()) + 1)]
    with pytest.raises(ConfigurationError, match=words):
        Contests(experiments=names, contents=names, **(good | change))


def test_settings_and_logs_that_cannot_be_replayed_are_refused() -> None:
    contests = planted(30)
    with pytest.raises(ConfigurationError, match="one impression per batch"):
        replay(contests, [], ReplayConfig(traffic=(10,)))
    alone = contests.only(contests.folds(5) == 0)
    with pytest.raises(ConfigurationError, match="in one"):
        replay(alone, [Entry(policy=Thompson(), source="learnt")], ReplayConfig(traffic=(100,)))
    blind = Contests(
        experiments=contests.experiments,
        contents=contests.contents,
        contest=contests.contest,
        clicks=contests.clicks,
        impressions=contests.impressions,
    )
    with pytest.raises(ConfigurationError, match="utilities"):
        replay(blind, lineup(reward=True), ReplayConfig(traffic=(100,)))
