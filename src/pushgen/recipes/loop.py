"""The closed loop of `pushgen loop`: an app with a short past, that learns from its own random share."""

from pushgen.pipeline.loop.config import LoopConfig, TrafficConfig
from pushgen.pipeline.run import RunConfig
from pushgen.reward.settings import LinearConfig, RewardConfig
from pushgen.world import WorldConfig


def closed_loop(poisoned: tuple[int, ...] = ()) -> LoopConfig:
    """The loop of `pushgen loop` and of `benchmarks/closed_loop.py`."""
    return LoopConfig(
        # A short past: the first model knows little, and what the loop teaches shows.
        world=WorldConfig(contents=100, experiments=60, solo_sends=1000),
        reward=RewardConfig(kind="linear"),
        run=RunConfig(part_size=200),
        poisoned=poisoned,
    )


def small_loop(poisoned: tuple[int, ...] = ()) -> LoopConfig:
    """A loop of seconds, for tests: every part for real, and nothing learnt well."""
    return LoopConfig(
        world=WorldConfig(contents=60, experiments=60, solo_sends=150),
        reward=RewardConfig(kind="linear", linear=LinearConfig(least_texts=3)),
        run=RunConfig(part_size=30, styles=("plain", "question", "numbers", "suspense", "emotion")),
        traffic=TrafficConfig(impressions=6000, control_share=0.25, control_arms=3, shortlist=3, batches=6),
        annotated=200,
        contents=30,
        poisoned=poisoned,
    )
