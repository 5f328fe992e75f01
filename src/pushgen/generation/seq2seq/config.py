"""Size, training and decoding of the sequence-to-sequence generator."""

from dataclasses import dataclass, field

from pushgen.errors import ConfigurationError
from pushgen.generation.collapse import CollapseConfig
from pushgen.training.loop import LoopConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """The network."""

    vocabulary: int = 4000
    """Most subwords of the tokenizer; a small corpus gives fewer."""
    width: int = 192
    """Width of all layers."""
    heads: int = 4
    hidden: int = 576
    """Width inside the feed-forward blocks."""
    encoder_layers: int = 2
    decoder_layers: int = 2
    dropout: float = 0.1
    max_source: int = 160
    """Tokens of a caption that are read; the rest is left out."""
    max_target: int = 48
    """Longest push in tokens; longer training pushes are left out and counted."""

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ConfigurationError(f"seq2seq: width {self.width} must be a multiple of heads {self.heads}")
        for name in ("vocabulary", "hidden", "encoder_layers", "decoder_layers", "max_source", "max_target"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"seq2seq: {name} must be at least 1, found {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise ConfigurationError(f"seq2seq: dropout must lie in [0, 1), found {self.dropout}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeConfig:
    """How a text is drawn. Every parameter is explicit; nothing comes from a model file."""

    temperature: float = 0.4
    """0 always takes the most probable token."""
    top_k: int = 40
    """Tokens that a draw may choose from."""
    top_p: float = 0.9
    """Smallest share of the probability that these must hold; the rest of the tokens is cut off."""
    min_tokens: int = 4
    no_repeat: int = 3
    """No sequence of this many tokens occurs twice in a text; 0 allows it."""
    grounded: bool = True
    """A text holds only words of its source and common words of the training pushes (`grounding.py`)."""
    once: bool = True
    """Tokens that human texts hardly ever hold twice are written at most once in a text."""
    batch: int = 64
    """Texts that are written together. The shape of a batch is always full, so that the text of one request does not
    depend on its neighbours."""

    def __post_init__(self) -> None:
        if self.temperature < 0 or not 0 < self.top_p <= 1 or self.top_k < 1 or self.batch < 1:
            raise ConfigurationError(f"decoding: a value lies outside its range: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seq2SeqConfig:
    """Everything about training the offline generator."""

    model: ModelConfig = field(default_factory=ModelConfig)
    loop: LoopConfig = field(default_factory=lambda: LoopConfig(epochs=8, learning_rate=2e-3, warmup_share=0.1))
    decode: DecodeConfig = field(default_factory=DecodeConfig)
    collapse: CollapseConfig = field(default_factory=CollapseConfig)
    batch_size: int = 32
    """Rows per micro-batch."""
    validation: float = 0.1
    """Share of the training contents that only validate: no gradient comes from them."""
    seed: int = 0
    """Seed of initial weights, order and dropout."""

    def __post_init__(self) -> None:
        if self.batch_size < 1 or not 0 < self.validation < 1:
            raise ConfigurationError(
                f"seq2seq: batch_size must be at least 1 and validation in (0, 1), found {self.batch_size} and "
                f"{self.validation}"
            )
