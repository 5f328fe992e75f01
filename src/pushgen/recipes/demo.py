"""The demo: one round in the simulated world that fits into six minutes on two cores."""

import dataclasses

from pushgen.generation.collapse import CollapseConfig
from pushgen.generation.seq2seq.config import ModelConfig, Seq2SeqConfig
from pushgen.pipeline.round import RoundConfig
from pushgen.reward.settings import PRESETS, BackboneConfig, PairConfig, RewardConfig
from pushgen.training.loop import LoopConfig
from pushgen.world import WorldConfig


def demo_round() -> RoundConfig:
    """The round of `pushgen demo` and of `benchmarks/world_lift.py`."""
    return RoundConfig(
        # A larger log than the world's default: both models gain more from new contents than from more passes.
        world=WorldConfig(contents=5000, experiments=5000),
        generator=Seq2SeqConfig(loop=LoopConfig(epochs=4, learning_rate=2e-3, warmup_share=0.1)),
        # Pushes of the world seldom name their topic, and topics prefer other styles: the reward reads the caption.
        reward=dataclasses.replace(
            PRESETS["quick"],
            pair=PairConfig(joint_layers=1, max_tokens=48, caption_tokens=16),
            epochs=1,
            pairs_per_epoch=12_000,
        ),
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
        reward=RewardConfig(
            backbone=BackboneConfig(name="own", width=64, layers=1), pair=PairConfig(joint_layers=1), epochs=1
        ),
        contents=12,
        impressions=2000,
    )
