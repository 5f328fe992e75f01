"""The demo: one round in the simulated world that fits into six minutes on two cores."""

import dataclasses

from pushgen.generation.seq2seq.config import Seq2SeqConfig
from pushgen.pipeline.round import RoundConfig
from pushgen.reward.settings import RewardConfig
from pushgen.world import WorldConfig


def demo_round() -> RoundConfig:
    """The round of `pushgen demo` and of `benchmarks/world_lift.py`."""
    return RoundConfig()


def small_round() -> RoundConfig:
    """A round of seconds, for tests: everything runs, nothing is learnt well."""
    demo = demo_round()
    return dataclasses.replace(
        demo,
        world=WorldConfig(contents=150, experiments=150, solo_sends=50),
        generator=Seq2SeqConfig(),
        reward=RewardConfig(),
        contents=12,
        impressions=2000,
    )
