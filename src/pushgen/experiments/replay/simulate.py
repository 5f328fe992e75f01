"""The replay itself: batches go out, clicks are drawn from the true rates, policies see counts and nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pushgen.experiments.replay.contests import Array, Contests, Rows
from pushgen.experiments.replay.policy import Belief, Policy, State
from pushgen.experiments.replay.priors import Learnt, LiftPriors, centred, cross_fitted
from pushgen.experiments.replay.settings import ReplayConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """Expected clicks of each contest, mean over seeds; every array has the shape (G,), one per traffic level.

    Expected are the clicks of the impressions that a policy sent, at the true rates: the luck of the last clicks says
    nothing of a policy.
    """

    contests: Contests
    config: ReplayConfig
    learnt: Mapping[Belief, Sequence[Learnt]]
    """What each fold was given."""
    uniform: Mapping[int, Array]
    """By traffic: all arms get the same share."""
    oracle: Mapping[int, Array]
    """By traffic: all to the arm with the highest true rate."""
    clicks: Mapping[str, Mapping[int, Array]]
    """By policy and traffic."""

    def only(self, contests: NDArray[np.bool_]) -> "Replayed":
        """The contests of a mask of shape (G,) alone, with what all of them taught."""
        bounds = ({traffic: clicks[contests] for traffic, clicks in one.items()} for one in (self.uniform, self.oracle))
        uniform, oracle = bounds
        clicks = {
            policy: {traffic: values[contests] for traffic, values in by_traffic.items()}
            for policy, by_traffic in self.clicks.items()
        }
        return replace(self, contests=self.contests.only(contests), uniform=uniform, oracle=oracle, clicks=clicks)


def replay(contests: Contests, policies: Sequence[Policy], config: ReplayConfig) -> Replayed:
    """Every policy on every contest, at every traffic level.

    Raises `ConfigurationError` for a policy that believes in a reward model where there are no utilities.
    """
    config.check()
    beliefs: set[Belief] = {policy.belief for policy in policies if policy.belief != "flat"}
    learnt: dict[Belief, list[Learnt]] = {
        belief: cross_fitted(contests, config.folds, reward=belief == "reward") for belief in sorted(beliefs)
    }
    truths = [
        contests.true_rates(np.random.default_rng([config.seed, seed]) if config.draw_rates else None)
        for seed in range(config.seeds)
    ]
    bounds: list[dict[int, Array]] = [{}, {}]
    clicks: dict[str, dict[int, Array]] = {policy.name: {} for policy in policies}
    for traffic in config.traffic:
        for found, best in zip(bounds, (False, True), strict=True):
            found[traffic] = traffic * np.mean([_bound(contests, truth, best) for truth in truths], axis=0)
        for policy in policies:
            runs = [_run(contests, policy, truth, traffic, config, learnt, seed) for seed, truth in enumerate(truths)]
            clicks[policy.name][traffic] = np.mean(runs, axis=0)
    return Replayed(contests=contests, config=config, learnt=learnt, uniform=bounds[0], oracle=bounds[1], clicks=clicks)


def _bound(contests: Contests, truth: Array, best: bool) -> Array:
    rate = np.zeros(len(contests))
    for numbers, rows in contests.blocks():
        rate[numbers] = truth[rows].max(axis=1) if best else truth[rows].mean(axis=1)
    return rate


def _run(
    contests: Contests,
    policy: Policy,
    truth: Array,
    traffic: int,
    config: ReplayConfig,
    learnt: Mapping[Belief, Sequence[Learnt]],
    seed: int,
) -> Array:
    earned = np.zeros(len(contests))
    sizes = np.diff(np.linspace(0, traffic, config.batches + 1).astype(np.int64))
    for numbers, rows, priors in _beliefs(contests, config.folds, learnt):
        # The same stream of chance for every policy makes their differences less noisy.
        rng = np.random.default_rng([config.seed, seed, traffic, rows.shape[1]])
        shown, clicks, rate = np.zeros(rows.shape, np.int64), np.zeros(rows.shape, np.int64), truth[rows]
        for size in sizes:
            state = State(shown=shown, clicks=clicks, horizon=traffic, priors=priors)
            batch = policy.allocate(state, int(size), rng)
            shown, clicks = shown + batch, clicks + rng.binomial(batch, rate)
        earned[numbers] = (shown * rate).sum(axis=1)
    return earned


def _beliefs(
    contests: Contests, folds: int, learnt: Mapping[Belief, Sequence[Learnt]]
) -> Iterator[tuple[Rows, Rows, Mapping[Belief, LiftPriors]]]:
    """Blocks of contests with equally many arms, and what is believed of them."""
    fold_G, utility = contests.folds(folds), centred(contests)
    for numbers, rows in contests.blocks():
        priors: dict[Belief, LiftPriors] = {}
        for belief, of_fold in learnt.items():
            names = ("strength", "slope", "level_alpha", "level_beta")
            given = np.array([[getattr(one, name) for name in names] for one in of_fold])[fold_G[numbers]]
            strength, slope, level_alpha, level_beta = (given[:, [place]] for place in range(len(names)))
            priors[belief] = LiftPriors(
                log_lift=slope * utility[rows], strength=strength, level_alpha=level_alpha, level_beta=level_beta
            )
        yield numbers, rows, priors
