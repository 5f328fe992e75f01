"""Decoding and fine-tuning of a Hugging Face causal model."""

from dataclasses import dataclass, field

from pushgen.errors import ConfigurationError
from pushgen.generation.collapse import CollapseConfig
from pushgen.training.loop import LoopConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class HuggingFaceConfig:
    """How a causal model decodes. Every parameter is explicit; the model's own generation config is not read."""

    temperature: float = 0.8
    """0 always takes the most probable token."""
    top_p: float = 0.95
    """Smallest share of the probability that a draw chooses from."""
    top_k: int = 50
    """Tokens that a draw chooses from; 0 sets no limit."""
    min_p: float = 0.0
    """Least probability of a token relative to the most probable one."""
    repetition_penalty: float = 1.0
    """Divides the logits of tokens that prompt or text already hold; 1 changes nothing. Above 1 it also punishes the
    names and numbers of the source."""
    no_repeat: int = 0
    """No sequence of this many tokens occurs twice; 0 allows it."""
    min_tokens: int = 0
    """Tokens that one text must have."""
    max_tokens: int = 64
    """Tokens that one text may have."""
    batch: int = 16
    """Texts that are written together, taken from prompts of near lengths."""
    limit: int = 110
    """Longest text in graphemes that the prompt asks for."""

    def __post_init__(self) -> None:
        checks = {
            "temperature": self.temperature >= 0,
            "top_p": 0 < self.top_p <= 1,
            "top_k": self.top_k >= 0,
            "min_p": 0 <= self.min_p < 1,
            "repetition_penalty": self.repetition_penalty > 0,
            "no_repeat": self.no_repeat >= 0,
            "min_tokens": 0 <= self.min_tokens <= self.max_tokens,
            "max_tokens": self.max_tokens >= 1,
            "batch": self.batch >= 1,
            "limit": self.limit >= 1,
        }
        for name, good in checks.items():
            if not good:
                raise ConfigurationError(f"hf decoding: {name} is out of range: {getattr(self, name)!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraConfig:
    """Low-rank updates in place of all weights (Hu et al., 2022)."""

    rank: int = 16
    """Rank of each update."""
    alpha: int = 32
    """An update is scaled by alpha / rank."""
    dropout: float = 0.05
    """Of what an update reads."""
    targets: str = "all-linear"
    """Layers that get an update, in the words of peft."""
    merge: bool = True
    """The model folder holds the merged weights, and the updates in `adapter/`; otherwise the updates alone, which need
    the base model beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HuggingFaceTraining:
    """How a causal model is fine-tuned."""

    base: str = ""
    """Hub name or folder of the model to start from."""
    lora: bool = False
    """Train low-rank updates instead of all weights."""
    low_rank: LoraConfig = field(default_factory=LoraConfig)
    four_bit: bool = False
    """Hold the frozen base in 4-bit NormalFloat (Dettmers et al., 2023); needs `lora` and bitsandbytes."""
    gradient_checkpointing: bool = False
    """Compute activations again in the backward pass: about a third more time for much less memory."""
    loop: LoopConfig = field(default_factory=lambda: LoopConfig(epochs=2, learning_rate=1e-4, accumulate=4, patience=1))
    batch_size: int = 4
    """Rows per micro-batch and process."""
    pack: int = 0
    """Tokens of a row that several pushes share, each blind to the others; 0 gives every push a row of its own."""
    evaluations: int = 4
    """Validations per epoch; each is a point of the curve and a checkpoint to resume from."""
    max_target: int = 96
    """Longest push in tokens; longer ones are left out and counted."""
    max_prompt: int = 1024
    """Longest prompt in tokens; the source of a longer one is cut."""
    validation: float = 0.1
    """Share of the training contents that only validate."""
    decode: HuggingFaceConfig = field(default_factory=HuggingFaceConfig)
    """How the trained model writes."""
    collapse: CollapseConfig = field(default_factory=lambda: CollapseConfig(contents=24))
    seed: int = 0
    """Seed of new weights, order and dropout."""

    def __post_init__(self) -> None:
        checks = {
            "batch_size": self.batch_size >= 1,
            "pack": self.pack >= 0,
            "evaluations": self.evaluations >= 1,
            "max_target": self.max_target >= 2,
            "max_prompt": self.max_prompt >= 16,
            "validation": 0 < self.validation < 1,
            "low_rank": self.low_rank.rank >= 1 and self.low_rank.alpha >= 1 and 0 <= self.low_rank.dropout < 1,
        }
        for name, good in checks.items():
            if not good:
                raise ConfigurationError(f"hf training: {name} is out of range: {getattr(self, name)!r}")
        if self.four_bit and not self.lora:
            raise ConfigurationError("hf training: four_bit freezes the base, so it needs lora")
        if self.loop.max_seconds is not None:
            raise ConfigurationError("hf training: loop.max_seconds is not supported; lower loop.epochs")
