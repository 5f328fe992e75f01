"""How rerankers are built and trained. Nothing heavy is imported here: the command line reads it."""

from dataclasses import dataclass, field
from typing import Literal

from pushgen.errors import ConfigurationError

Kind = Literal["pointwise", "prm", "pointer", "index", "nar4rec", "unirank", "glorank", "generator-evaluator"]
Order = Literal["confidence", "left-to-right"]
Criterion = Literal["probability", "gap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """The size of a network. The defaults train on two cores in minutes."""

    width: int = 64
    """Width of a vector, D."""
    layers: int = 2
    """Transformer layers of the encoder, and of the decoder where there is one."""
    heads: int = 2
    """Attention heads."""
    dropout: float = 0.1
    """Dropout of the input and of residual branches."""
    history: int = 50
    """Newest items of a history that are read, H."""
    length: int = 6
    """Items of a list, L. A longer list is written block by block."""
    pool: int = 50
    """Largest pool, which only the index head needs to know."""

    def __post_init__(self) -> None:
        for name in ("width", "layers", "heads", "history", "length", "pool"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"reranker: {name} must be at least 1, found {getattr(self, name)}")
        if self.width % self.heads:
            raise ConfigurationError(f"reranker: the width {self.width} is no multiple of the {self.heads} heads")
        if not 0.0 <= self.dropout < 1.0:
            raise ConfigurationError(f"reranker: dropout must lie in [0, 1), found {self.dropout}")

    @property
    def hidden(self) -> int:
        """Width inside a feed-forward block."""
        return 4 * self.width


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingConfig:
    """How UniRank fills the slots of a list. Concerns no weight: one trained network serves every schedule."""

    schedule: tuple[int, ...] = ()
    """Slots filled per pass, such as 5, 1; must add up to the length of a list. Empty: all but one, then the last."""
    order: Order = "confidence"
    """Where the next item goes: the slot and item of the highest probability, or the first slot that is empty."""
    refinements: int = 0
    """Passes after the last in which one filled slot is decided anew."""
    criterion: Criterion = "probability"
    """Which slot: the one whose item has the lowest probability given the others, or the largest gap to a rival's."""

    def __post_init__(self) -> None:
        if any(count < 1 for count in self.schedule) or self.refinements < 0:
            raise ConfigurationError(
                f"decoding: each pass of the schedule fills at least one slot, and refinements are not negative; found "
                f"{self.schedule} and {self.refinements}"
            )

    def passes(self, length: int) -> tuple[int, ...]:
        """Slots per pass for lists of this length. Raises `ConfigurationError` where the schedule does not fit."""
        schedule = self.schedule or ((length - 1, 1) if length > 1 else (1,))
        if sum(schedule) != length:
            raise ConfigurationError(f"decoding: the schedule {schedule} does not fill lists of {length} items")
        return schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatorConfig:
    """The list-wise evaluator (FlashEvaluator), which judges the lists of a generator or of a policy."""

    item_layers: int = 1
    """Self-attention layers over the distinct items of a request."""
    list_layers: int = 1
    """Self-attention layers within a list."""
    cross_layers: int = 1
    """Self-attention layers over the lists of a request; 0 judges each list alone."""
    lists: int = 16
    """Lists per request in training."""
    epochs: int = 4
    """Passes over the training requests, at most."""
    learning_rate: float = 1e-3
    """Peak learning rate; rates that suit the generator let the cross-list stage diverge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConfig:
    """The second stage of GloRank: group-relative policy optimisation against a frozen evaluator."""

    epochs: int = 1
    """Passes over the training requests; 0 leaves the supervised model."""
    group: int = 8
    """Lists sampled per request."""
    kl: float = 0.05
    """Weight of the divergence from the supervised model."""
    learning_rate: float = 1e-4
    """Peak learning rate of this stage."""
    requests: int = 2000
    """Training requests that a pass looks at, drawn anew for each; all where there are fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankConfig:
    """A reranker and its training."""

    kind: Kind = "unirank"
    """Which model; `pushgen.recommend.rerank.kinds` lists them."""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    evaluator: EvaluatorConfig = field(default_factory=EvaluatorConfig)
    policy: PolicyConfig = field(default_factory=PolicyConfig)
    samples: int = 20
    """Lists that the generator of `generator-evaluator` writes per request."""
    epochs: int = 8
    """Passes over the training requests, at most."""
    patience: int = 2
    """Passes without a better validation after which training stops; 0 never stops early."""
    learning_rate: float = 3e-3
    """Peak learning rate (UniRank: 3e-3)."""
    weight_decay: float = 0.05
    """AdamW's decay of matrices (UniRank: 0.05)."""
    batch: int = 64
    """Requests per step (UniRank: 64)."""
    max_seconds: float | None = None
    """Wall-clock budget of each stage of a training."""
    seed: int = 0
    """Draws weights, order, masks and samples."""

    def __post_init__(self) -> None:
        for name in ("samples", "epochs", "batch"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"reranker: {name} must be at least 1, found {getattr(self, name)}")
