"""Hand arithmetic, agreement with the truth by simulation, and what a log without probabilities is told."""

import numpy as np
import pytest
from scipy import stats

from pushgen.errors import InputError
from pushgen.experiments.off_policy import cross_fitted, doubly_robust, ips, snips, weigh


def test_estimates_by_hand() -> None:
    reward = [1.0, 0.0, 1.0, 0.0]
    weights = weigh([0.5, 0.2, 0.1, 0.4], [0.25, 0.4, 0.1, 0.4], np.inf)
    assert weights.raw_N == pytest.approx([2.0, 0.5, 1.0, 1.0])
    assert ips(reward, weights).value == pytest.approx(3.0 / 4)
    assert snips(reward, weights).value == pytest.approx(3.0 / 4.5)
    robust = doubly_robust(reward, weights, [0.5] * 4, [0.6] * 4)
    assert robust.value == pytest.approx(0.6 + (2 * 0.5 - 0.5 * 0.5 + 0.5 - 0.5) / 4)
    assert weights.effective_size == pytest.approx(4.5**2 / 6.25)


def test_clipping_bounds_the_weights_at_the_root_of_the_rows() -> None:
    weights = weigh([1.0] * 4, [0.1, 0.5, 1.0, 1.0])
    assert weights.used_N == pytest.approx([2.0, 2.0, 1.0, 1.0])
    found = ips([0.0, 1.0, 0.0, 0.0], weights)
    assert (found.clipped, found.weight) == (0.25, pytest.approx(3.5))


def test_the_own_policy_is_the_plain_mean_with_an_interval_for_rare_events() -> None:
    reward = np.zeros(10_000)
    reward[:12] = 1.0
    found = ips(reward, weigh(np.full(10_000, 0.2), np.full(10_000, 0.2)))
    assert found.value == pytest.approx(0.0012)
    # Equal weights: the mid-p interval lies inside Garwood's exact Poisson interval and close to it.
    exact = stats.chi2.ppf(0.025, 24) / 2e4, stats.chi2.ppf(0.975, 26) / 2e4
    assert exact[0] < found.low < 1.1 * exact[0]
    assert 0.95 * exact[1] < found.high < exact[1]


def test_no_reward_at_all_is_bounded_by_the_rule_of_three() -> None:
    found = ips(np.zeros(1000), weigh(np.full(1000, 0.5), np.full(1000, 0.5)))
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(-np.log(0.025) / 1000)


def simulated(seed: int, count: int = 2000) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    """Five actions of different rates, logged by one policy, judged for the reverse one."""
    rng = np.random.default_rng(seed)
    rates, logged = np.array([0.02, 0.05, 0.1, 0.2, 0.3]), np.array([0.4, 0.25, 0.15, 0.12, 0.08])
    target = logged[::-1]
    action = rng.choice(5, count, p=logged)
    reward = (rng.random(count) < rates[action]).astype(float)
    return action, reward, target[action], logged[action], float(target @ rates)


def test_estimators_find_the_truth_and_intervals_cover_it() -> None:
    inside, errors = 0, {"ips": 0.0, "robust": 0.0}
    for seed in range(300):
        action, reward, target, logged, truth = simulated(seed)
        weights = weigh(target, logged)
        policy = np.tile([0.08, 0.12, 0.15, 0.25, 0.4], (len(action), 1))
        robust = doubly_robust(reward, weights, *cross_fitted(action, reward, policy, seed=seed))
        inside += robust.low <= truth <= robust.high
        errors["ips"] += (ips(reward, weights).value - truth) ** 2
        errors["robust"] += (robust.value - truth) ** 2
    assert inside / 300 == pytest.approx(0.95, abs=0.035)
    assert errors["robust"] < 0.9 * errors["ips"]


def test_predictions_do_not_see_their_own_reward() -> None:
    action, reward, *_ = simulated(1, 400)
    policy = np.full((400, 5), 0.2)
    before, _ = cross_fitted(action, reward, policy)
    for row in (0, 17, 399):
        flipped = reward.copy()
        flipped[row] = 1 - flipped[row]
        assert cross_fitted(action, flipped, policy)[0][row] == before[row]


@pytest.mark.parametrize(
    ("target", "logged", "words"),
    [([0.5, 0.5], [0.5, 0.0], "row 2, field 'logged probability'"), ([0.5, 1.5], [0.5, 0.5], "target probability")],
)
def test_probabilities_that_cannot_be_are_named(target: list[float], logged: list[float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        weigh(target, logged)


def test_a_log_of_one_row_is_refused() -> None:
    with pytest.raises(InputError, match="two rows"):
        ips([1.0], weigh([0.5], [0.5]))
