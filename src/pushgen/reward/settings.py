"""What can be set of a reward model and of its training. Nothing heavy is imported here."""

from dataclasses import dataclass, field
from typing import Literal

from pushgen.errors import ConfigurationError

Interaction = Literal["late", "ordered"]
Loss = Literal["counts", "order"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneConfig:
    """The transformer that reads the texts."""

    name: str = "auto"
    """`minilm` (packaged, English, 22M), `own` (small, from nothing, any language), a model folder or a hub name.
    `auto` takes `minilm` where it is installed and the texts are in Latin script, else `own`."""
    layers: int | None = None
    """Keep only the first layers; none keeps all (`own` has 2)."""
    width: int = 192
    """Hidden size of `own`; a multiple of 32."""
    vocabulary: int = 8000
    """Largest number of tokens of the tokenizer that `own` gets."""

    def __post_init__(self) -> None:
        if self.width < 32 or self.width % 32 or self.vocabulary < 300:
            raise ConfigurationError(
                f"backbone: width must be a multiple of 32 and vocabulary at least 300, found {self.width} "
                f"and {self.vocabulary}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PairConfig:
    """The shape of the pair cross-encoder."""

    interaction: Interaction = "late"
    """`late`: each text runs alone through the lower layers and both attend to each other in the top
    `joint_layers`; one pass, antisymmetric because it treats both texts alike. `ordered`: the paper's
    `[CLS] a [SEP] b [SEP]` through all layers, both ways round, half the
    difference; any encoder, several times slower."""
    joint_layers: int = 2
    """Layers in which the two texts see each other (`late` only)."""
    max_tokens: int = 64
    """Tokens of a text that are read. What follows is cut and counted."""
    caption_tokens: int = 0
    """Tokens of the content's caption that are read after each text; 0, as in the paper, reads none. What a style is
    worth depends on the topic, and a short push may not say what it is about."""
    dropout: float = 0.1
    """Share of the pooled vector that is dropped in training."""

    def __post_init__(self) -> None:
        if self.joint_layers < 0 or self.max_tokens < 3 or self.caption_tokens < 0 or not 0 <= self.dropout < 1:
            raise ConfigurationError(
                "pair: joint_layers and caption_tokens must be at least 0, max_tokens at least 3 and dropout in "
                f"[0, 1), found {self.joint_layers}, {self.caption_tokens}, {self.max_tokens}, {self.dropout}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardConfig:
    """How a reward model of the kind `pair` is trained."""

    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    pair: PairConfig = field(default_factory=PairConfig)
    loss: Loss = "counts"
    """`counts`: quasi-likelihood of the clicks. `order`: cross-entropy with the posterior of which arm is better."""
    epochs: int = 2
    """Passes over the (sampled) pairs."""
    learning_rate: float = 1e-4
    """Peak rate of the backbone."""
    head_rate: float = 10.0
    """Factor on the rate for the few weights that start from nothing."""
    batch_pairs: int = 64
    """Pairs per step; those of one experiment stay together, so that each text is read once."""
    pairs_per_epoch: int | None = None
    """Pairs drawn by their evidence for each epoch; none takes all."""
    validation: float = 0.1
    """Share of the training contents kept for early stopping and for the residual scale."""
    patience: int = 2
    """Epochs without a better validation after which training stops."""
    max_seconds: float | None = None
    """Wall-clock budget of training; a run that meets it is not reproducible byte for byte."""
    bf16: Literal["auto", "yes", "no"] = "auto"
    """bfloat16 in training."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.validation < 0.5 or self.batch_pairs < 1 or self.head_rate <= 0:
            raise ConfigurationError(
                "reward: validation must lie in (0, 0.5), batch_pairs and head_rate above 0, found "
                f"{self.validation}, {self.batch_pairs}, {self.head_rate}"
            )
        if self.pairs_per_epoch is not None and self.pairs_per_epoch < 1:
            raise ConfigurationError(f"reward: pairs_per_epoch must be at least 1, found {self.pairs_per_epoch}")


PRESETS = {
    "standard": RewardConfig(),
    "quick": RewardConfig(
        backbone=BackboneConfig(layers=3),
        pair=PairConfig(joint_layers=1, max_tokens=48),
        pairs_per_epoch=8000,
    ),
}
"""`standard` for a real log (about five minutes on two free cores), `quick` for short texts and the demo."""
