"""The test of one round: a random share as control, and a bandit with the reward model's prior on the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.errors import InputError
from pushgen.experiments.bandits.learn import Learnt
from pushgen.experiments.bandits.policy import State
from pushgen.experiments.bandits.stop import LittleLeft, SmallLoss, Stop, Watch
from pushgen.experiments.bandits.tally import Array, Counts, Tally
from pushgen.experiments.bandits.thompson import TemperedThompson
from pushgen.pipeline.loop.config import TrafficConfig
from pushgen.progress import bar
from pushgen.records import Candidate
from pushgen.world import World

DRAWS = 50
"""Draws of Thompson sampling per content and batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What the traffic of a round brought."""

    control: pl.DataFrame
    """Of the random share: `content_id, candidate_id, impressions, clicks`, in the order of the contents."""
    sent: pl.DataFrame
    """The same of the rest, shortlisted candidates alone."""
    stops: Sequence[Stop]
    """Tests that ended before their traffic did."""


def send_round(
    world: World,
    candidates: Mapping[str, Sequence[Candidate]],
    utilities: Mapping[str, Array],
    learnt: Learnt,
    config: TrafficConfig,
    seed: Sequence[int],
) -> Tested:
    """Sends the candidates of every content; `utilities` are the reward model's, in their order.

    Raises `InputError` for a content without a candidate.
    """
    for content_id, texts in candidates.items():
        if not texts:
            raise InputError(
                field="content_id",
                expected="at least one candidate for every content",
                found=f"none for {content_id!r}",
                remedy="Leave contents without a text out of the round.",
            )
    rng = np.random.default_rng(list(seed))
    control = _control(world, candidates, config, rng)
    sent, stops = _bandit(world, candidates, utilities, learnt, config, rng)
    return Tested(control=control, sent=sent, stops=stops)


def _control(
    world: World, candidates: Mapping[str, Sequence[Candidate]], config: TrafficConfig, rng: np.random.Generator
) -> pl.DataFrame:
    """Every candidate of a content is drawn with the same chance, and the drawn ones share its traffic evenly."""
    size = round(config.control_share * config.impressions)
    drawn: list[Candidate] = []
    shown: list[NDArray[np.int64]] = []
    for texts in candidates.values():
        count = min(config.control_arms, len(texts))
        drawn += [texts[place] for place in sorted(rng.choice(len(texts), count, replace=False).tolist())]
        shown.append(rng.multinomial(size, np.full(count, 1.0 / count)))
    impressions = np.concatenate(shown)
    clicks = world.audience(drawn, rng).show(impressions)["clicks"]
    return _table(drawn, impressions, clicks)


def _bandit(
    world: World,
    candidates: Mapping[str, Sequence[Candidate]],
    utilities: Mapping[str, Array],
    learnt: Learnt,
    config: TrafficConfig,
    rng: np.random.Generator,
) -> tuple[pl.DataFrame, list[Stop]]:
    shape = (len(candidates), config.shortlist)
    awake, utility = np.zeros(shape, bool), np.zeros(shape)
    listed: list[Candidate] = []
    names: list[list[str]] = []
    for row, (content_id, texts) in enumerate(candidates.items()):
        order = np.argsort(-utilities[content_id], kind="stable")[: config.shortlist]
        listed += [texts[place] for place in order]
        names.append([texts[place].candidate_id for place in order] + [""] * (config.shortlist - len(order)))
        awake[row, : len(order)] = True
        utility[row, : len(order)] = utilities[content_id][order] - utilities[content_id][order].mean()
    audience, belief = world.audience(listed, rng), learnt.belief(utility)
    size = config.impressions - round(config.control_share * config.impressions)
    policy = TemperedThompson(heat=config.heat, draws=DRAWS)
    tally, watch = Tally.empty(config.shortlist, shape[0]), _watch(names, config)
    waiting: list[tuple[Counts, Counts]] = []
    with bar("batches", config.batches) as shown:
        for number, part in enumerate(np.diff(np.linspace(0, size, config.batches + 1).astype(np.int64)).tolist()):
            state = State(tally=tally, belief=belief, horizon=size, awake=awake)
            if number and number % config.look_every == 0:
                watch.look(state)
            batch = policy.allocate(state, part, rng)
            for row, stop in watch.stops.items():
                batch[row] = 0
                batch[row, stop.arm] = part
            clicks = np.zeros(shape, np.int64)
            clicks[awake] = audience.show(batch[awake])["clicks"]
            tally = tally.send(batch)
            waiting.append((batch, clicks))
            if len(waiting) > config.delay:
                tally = _settle(tally, watch, *waiting.pop(0))
            shown.advance()
    for batch, clicks in waiting:
        tally = _settle(tally, watch, batch, clicks)
    return _table(listed, tally.shown[awake], tally.clicks[awake]), list(watch.stops.values())


def _watch(names: list[list[str]], config: TrafficConfig) -> Watch:
    return Watch(rules=[SmallLoss(share=config.accepted_loss), LittleLeft()], names=names)


def _settle(tally: Tally, watch: Watch, batch: Counts, clicks: Counts) -> Tally:
    watch.settled(batch, clicks)
    return tally.settle(batch, clicks)


def _table(pushes: Sequence[Candidate], impressions: Counts, clicks: Counts) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "content_id": [push.content_id for push in pushes],
            "candidate_id": [push.candidate_id for push in pushes],
            "impressions": impressions,
            "clicks": clicks,
        }
    )
