"""What can be set of a reward model and of its training. Nothing heavy is imported here."""

from dataclasses import dataclass, field
from typing import Literal

from pushgen.errors import ConfigurationError

Kind = Literal["pair", "score", "list", "linear", "blend"]
Interaction = Literal["late", "ordered"]
Loss = Literal["counts", "order"]
Pooling = Literal["earned", "all"]
"""`earned`: a further log is taken in where the model then predicts the first log's validation experiments better, by
more than one standard error; that costs a training for each. `all`: every log is."""


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
    freeze_words: bool = True
    """Leave the word embeddings of a pre-trained backbone as they are. They are half of a small one; on headlines the
    accuracy is the same and training is a fifth faster. `own` always learns its words."""
    lora_rank: int = 0
    """Rank of low-rank updates in place of full training, for large backbones; 0 trains all weights. 8 to 64 are
    common; they want about ten times the learning rate."""
    lora_dropout: float = 0.05
    """Share of the input of each update that is dropped in training."""
    vocabulary: int = 8000
    """Largest number of tokens of the tokenizer that `own` gets."""

    def __post_init__(self) -> None:
        if self.lora_rank < 0 or not 0 <= self.lora_dropout < 1:
            raise ConfigurationError(
                "backbone: lora_rank must be at least 0 and lora_dropout in [0, 1), found "
                f"{self.lora_rank} and {self.lora_dropout}"
            )
        if self.width < 32 or self.width % 32 or self.vocabulary < 300:
            raise ConfigurationError(
                f"backbone: width must be a multiple of 32 and vocabulary at least 300, found {self.width} "
                f"and {self.vocabulary}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingConfig:
    """What every network reads."""

    max_tokens: int = 64
    """Tokens of a text that are read. What follows is cut and counted."""
    caption_tokens: int = 0
    """Tokens of the content's caption that are read; 0, as in the paper, reads none. What a style is worth depends on
    the topic, and a short push may not say what it is about. `pair` and `score` read them after each text, `list` reads
    the caption once and lets every text attend to it."""
    dropout: float = 0.1
    """Share of the pooled vector that is dropped in training."""

    def __post_init__(self) -> None:
        if self.max_tokens < 3 or self.caption_tokens < 0 or not 0 <= self.dropout < 1:
            raise ConfigurationError(
                "reward: max_tokens must be at least 3, caption_tokens at least 0 and dropout in [0, 1), found "
                f"{self.max_tokens}, {self.caption_tokens}, {self.dropout}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PairConfig(ReadingConfig):
    """The shape of the pair cross-encoder."""

    interaction: Interaction = "late"
    """`late`: each text runs alone through the lower layers and both attend to each other in the top
    `joint_layers`; one pass, antisymmetric because it treats both texts alike. `ordered`: the paper's
    `[CLS] a [SEP] b [SEP]` through all layers, both ways round, half the
    difference; any encoder, several times slower."""
    joint_layers: int = 2
    """Layers in which the two texts see each other (`late` only)."""

    def __post_init__(self) -> None:
        ReadingConfig.__post_init__(self)  # `super()` does not know a class with slots
        if self.joint_layers < 0:
            raise ConfigurationError(f"pair: joint_layers must be at least 0, found {self.joint_layers}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UtilityConfig(ReadingConfig):
    """The shape of the networks that give each push a utility: `score` (also within `blend`) and `list`."""

    list_layers: int = 1
    """Layers in which the candidates of a content see each other (`list` only)."""
    members: int = 1
    """Networks whose utilities are averaged. They are trained one after the other and share the word embeddings of the
    first, which are half of a small model: two of the packaged MiniLM have 33 million parameters, not 45."""

    def __post_init__(self) -> None:
        ReadingConfig.__post_init__(self)
        if self.list_layers < 0 or self.members < 1:
            raise ConfigurationError(
                "utility: list_layers must be at least 0 and members at least 1, found "
                f"{self.list_layers} and {self.members}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearConfig:
    """The features of the linear model, and how strongly the common penalty holds each kind.

    A larger factor is a weaker hold. The factors were chosen on other seeds of the simulated world than are reported;
    `benchmarks/reward_features.py` shows what each kind adds.
    """

    styles: str = "auto"
    """Style labeller whose probabilities are features, as `pushgen label --labeller` names it; `none` leaves styles and
    crosses out. `auto` takes the packaged one for English and none for other languages."""
    least_texts: int = 10
    """A word or pair of neighbouring words must occur in so many training texts."""
    crosses: bool = True
    """Cross styles with topics: the content's category as the caption tells it where the log states categories, else
    dimensions of the captions."""
    topics: int = 48
    """Dimensions of the captions where the log states no categories."""
    least_captions: int = 3
    """A word must occur in so many captions."""
    word_factor: float = 1.0
    surface_factor: float = 2.0
    style_factor: float = 3.0
    cross_factor: float = 3.0

    def __post_init__(self) -> None:
        factors = (self.word_factor, self.surface_factor, self.style_factor, self.cross_factor)
        if min(self.least_texts, self.least_captions) < 1 or self.topics < 1 or min(factors) < 0:
            raise ConfigurationError(
                "linear: least_texts, least_captions and topics must be at least 1 and all factors at least 0, found "
                f"{self.least_texts}, {self.least_captions}, {self.topics}, {factors}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardConfig:
    """How a reward model is trained."""

    kind: Kind = "blend"
    """`blend`: a weighted sum of `score` networks and a `linear` model, the strongest in cross-validation
    (`benchmarks/results/reward_kinds.md`). `pair`: a cross-encoder over both texts. `score`: a utility for each text,
    read alone; K candidates cost K readings instead of K (K - 1) / 2 comparisons. `list`: utilities of all candidates
    of a content, which see each other. `linear`: words, surface, and styles crossed with topics, in any language; of
    the settings below it reads `linear`, `validation` and `seed`."""
    backbone: BackboneConfig = field(default_factory=BackboneConfig)
    pair: PairConfig = field(default_factory=PairConfig)
    utility: UtilityConfig = field(default_factory=UtilityConfig)
    linear: LinearConfig = field(default_factory=LinearConfig)
    blend_members: int = 2
    """Networks within a `blend`, in place of `utility.members`."""
    loss: Loss = "counts"
    """`counts`: quasi-likelihood of the clicks. `order` (`pair` only): cross-entropy with the posterior of which arm is
    better."""
    epochs: int = 2
    """Passes over the (sampled) pairs or the experiments."""
    learning_rate: float = 1e-4
    """Peak rate of the backbone."""
    head_rate: float = 10.0
    """Factor on the rate for the few weights that start from nothing."""
    batch_pairs: int = 64
    """Pairs per step of `pair`; those of one experiment stay together, so that each text is read once."""
    batch_texts: int = 80
    """Texts per step of `score` and `list`, in whole experiments."""
    pairs_per_epoch: int | None = None
    """Pairs drawn by their evidence for each epoch of `pair`; none takes all."""
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
        if not 0 < self.validation < 0.5 or min(self.batch_pairs, self.batch_texts) < 1 or self.head_rate <= 0:
            raise ConfigurationError(
                "reward: validation must lie in (0, 0.5), batch_pairs, batch_texts and head_rate above 0, found "
                f"{self.validation}, {self.batch_pairs}, {self.batch_texts}, {self.head_rate}"
            )
        if self.loss == "order" and self.kind in ("score", "list", "blend"):
            raise ConfigurationError(f"reward: the loss `order` is of the kind `pair`, found the kind {self.kind!r}")
        if self.pairs_per_epoch is not None and self.pairs_per_epoch < 1:
            raise ConfigurationError(f"reward: pairs_per_epoch must be at least 1, found {self.pairs_per_epoch}")


PRESETS = {
    "standard": RewardConfig(),
    "quick": RewardConfig(
        kind="pair",
        backbone=BackboneConfig(layers=3),
        pair=PairConfig(joint_layers=1, max_tokens=48),
        pairs_per_epoch=8000,
    ),
}
"""`standard` for a real log (about ten minutes on two free cores), `quick` for short texts and a first look."""
