"""The demo: one round in the simulated world that fits into six minutes on two cores."""

import dataclasses

from pushgen.curation import CurationConfig, SoftFilter
from pushgen.generation.collapse import CollapseConfig
from pushgen.generation.seq2seq.config import ModelConfig, Seq2SeqConfig
from pushgen.pipeline.round import RoundConfig
from pushgen.reward.settings import RewardConfig
from pushgen.training.loop import LoopConfig
from pushgen.world import WorldConfig


def demo_round() -> RoundConfig:
    """The round of `pushgen demo` and of `benchmarks/world_lift.py`."""
    return RoundConfig(
        # A larger log than the world's default: both models gain more from new contents than from more passes.
        world=WorldConfig(contents=8000, experiments=8000),
        # With n-grams for an encoder the groups of the soft filter are the styles.
        curation=CurationConfig(soft=SoftFilter(by="style")),
        generator=Seq2SeqConfig(loop=LoopConfig(epochs=4, learning_rate=2e-3, warmup_share=0.1)),
        # What a style is worth depends on the topic, and pushes of the world seldom name it: the linear model crosses
        # styles with the caption's topics, in a tenth of the time that the cross-encoder takes to find less.
        reward=RewardConfig(kind="linear"),
    )


def small_round() -> RoundConfig:
    """A round of seconds, for tests: every stage runs, nothing is learnt well, and no generator is good enough."""
    return dataclasses.replace(
        demo_round(),
        world=WorldConfig(contents=300, experiments=300, solo_sends=50),
        generator=Seq2SeqConfig(
            model=ModelConfig(width=64, hidden=128, encoder_layers=1, decoder_layers=1),
            loop=LoopConfig(epochs=1),
            collapse=CollapseConfig(contents=20, min_distinct=0.0, min_specificity=0.0, max_failed=1.0),
        ),
        annotated=200,
        contents=12,
        impressions=2000,
    )
