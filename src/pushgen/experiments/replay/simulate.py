"""The replay itself: batches go out, clicks are drawn from the true rates, policies see counts and nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pushgen.experiments.bandits.beliefs import Belief, Flat
from pushgen.experiments.bandits.learn import Learnt, centred, cross_fitted, together
from pushgen.experiments.bandits.policy import State
from pushgen.experiments.bandits.tally import Tally
from pushgen.experiments.contests import Array, Contests, Rows
from pushgen.experiments.replay.lineup import Entry, Source
from pushgen.experiments.replay.settings import ReplayConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """Expected clicks of each contest, mean over seeds; every array has the shape (G,), one per traffic level.

    Expected are the clicks of the impressions that a policy sent, at the true rates: the luck of the last clicks says
    nothing of a policy.
    """

    contests: Contests
    config: ReplayConfig
    learnt: Mapping[Source, Sequence[Learnt]]
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


def replay(contests: Contests, entries: Sequence[Entry], config: ReplayConfig) -> Replayed:
    """Every policy on every contest, at every traffic level.

    Raises `ConfigurationError` for a policy that believes in a reward model where there are no utilities.
    """
    config.check()
    sources: set[Source] = {entry.source for entry in entries if entry.source != "flat"}
    learnt: dict[Source, list[Learnt]] = {
        source: cross_fitted(contests, config.folds, reward=source == "reward") for source in sorted(sources)
    }
    truths = [
        contests.true_rates(np.random.default_rng([config.seed, seed]) if config.draw_rates else None)
        for seed in range(config.seeds)
    ]
    bounds: list[dict[int, Array]] = [{}, {}]
    clicks: dict[str, dict[int, Array]] = {entry.name: {} for entry in entries}
    for traffic in config.traffic:
        for found, best in zip(bounds, (False, True), strict=True):
            found[traffic] = traffic * np.mean([_bound(contests, truth, best) for truth in truths], axis=0)
        for entry in entries:
            runs = [_run(contests, entry, truth, traffic, config, learnt, seed) for seed, truth in enumerate(truths)]
            clicks[entry.name][traffic] = np.mean(runs, axis=0)
    return Replayed(contests=contests, config=config, learnt=learnt, uniform=bounds[0], oracle=bounds[1], clicks=clicks)


def _bound(contests: Contests, truth: Array, best: bool) -> Array:
    rate = np.zeros(len(contests))
    for numbers, rows in contests.blocks():
        rate[numbers] = truth[rows].max(axis=1) if best else truth[rows].mean(axis=1)
    return rate


def _run(
    contests: Contests,
    entry: Entry,
    truth: Array,
    traffic: int,
    config: ReplayConfig,
    learnt: Mapping[Source, Sequence[Learnt]],
    seed: int,
) -> Array:
    earned = np.zeros(len(contests))
    sizes = np.diff(np.linspace(0, traffic, config.batches + 1).astype(np.int64))
    for numbers, rows, belief in _beliefs(contests, config.folds, learnt.get(entry.source)):
        # The same stream of chance for every policy makes their differences less noisy.
        rng = np.random.default_rng([config.seed, seed, traffic, rows.shape[1]])
        tally, rate = Tally.empty(rows.shape[1], len(rows)), truth[rows]
        for size in sizes:
            state = State(tally=tally, belief=belief, horizon=traffic)
            batch = entry.policy.allocate(state, int(size), rng)
            tally = tally.send(batch).settle(batch, rng.binomial(batch, rate))
        earned[numbers] = (tally.shown * rate).sum(axis=1)
    return earned


def _beliefs(contests: Contests, folds: int, learnt: Sequence[Learnt] | None) -> Iterator[tuple[Rows, Rows, Belief]]:
    """Blocks of contests with equally many arms, and what is believed of them: nothing, or what their fold learnt."""
    fold_G, utility = contests.folds(folds), centred(contests)
    for numbers, rows in contests.blocks():
        if learnt is None:
            yield numbers, rows, Flat(rows.shape[1])
        else:
            yield numbers, rows, together([learnt[int(fold)] for fold in fold_G[numbers]], utility[rows])
