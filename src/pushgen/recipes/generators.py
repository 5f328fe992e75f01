"""Generators to train: complete configurations for the machines that people have.

The hub models are suggestions; `pushgen train generator --base NAME` takes any causal model of that size.
"""

from pushgen.generation.hf.config import HuggingFaceConfig, HuggingFaceTraining, LoraConfig
from pushgen.generation.patterns.config import PatternsConfig
from pushgen.generation.seq2seq.config import Seq2SeqConfig
from pushgen.training.loop import LoopConfig


def instruct_8b() -> HuggingFaceTraining:
    """An 8B-class instruct model on one GPU of 80 GB: LoRA, bfloat16, packed rows.

    The size that the paper chose; its 32B model overfitted 70 thousand samples.
    """
    return HuggingFaceTraining(
        base="Qwen/Qwen3-8B",
        lora=True,
        low_rank=LoraConfig(rank=32, alpha=64),
        gradient_checkpointing=True,
        loop=LoopConfig(epochs=2, learning_rate=1e-4, warmup_share=0.05, accumulate=4, bf16="yes", patience=1),
        batch_size=4,
        pack=2048,
        evaluations=8,
        decode=HuggingFaceConfig(temperature=0.8, batch=128),
    )


def instruct_8b_4bit() -> HuggingFaceTraining:
    """The same on one GPU of 24 GB: the frozen base in 4 bits, one row at a time."""
    return HuggingFaceTraining(
        base="Qwen/Qwen3-8B",
        lora=True,
        four_bit=True,
        gradient_checkpointing=True,
        loop=LoopConfig(epochs=2, learning_rate=1e-4, warmup_share=0.05, accumulate=16, bf16="yes", patience=1),
        batch_size=1,
        pack=2048,
        evaluations=8,
        decode=HuggingFaceConfig(temperature=0.8, batch=32),
    )


def laptop() -> HuggingFaceTraining:
    """A 0.6B-class model on a laptop: LoRA without a GPU, short prompts."""
    return HuggingFaceTraining(
        base="Qwen/Qwen3-0.6B",
        lora=True,
        low_rank=LoraConfig(rank=8, alpha=16),
        loop=LoopConfig(epochs=1, learning_rate=2e-4, accumulate=4, patience=1),
        batch_size=1,
        pack=1024,
        max_prompt=384,
        decode=HuggingFaceConfig(temperature=0.7, batch=8),
    )


def offline() -> Seq2SeqConfig:
    """The sequence-to-sequence model that is trained from nothing on the log alone."""
    return Seq2SeqConfig()


def patterns() -> PatternsConfig:
    """Frames of the log's own voice, without any model."""
    return PatternsConfig()


RECIPES = {
    "instruct-8b": instruct_8b,
    "instruct-8b-4bit": instruct_8b_4bit,
    "laptop": laptop,
    "seq2seq": offline,
    "patterns": patterns,
}
"""By the name that `pushgen train generator --recipe` takes."""
