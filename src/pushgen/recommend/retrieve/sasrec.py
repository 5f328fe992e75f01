"""SASRec: a causal transformer over a history that predicts each next item (Kang and McAuley, ICDM 2018).

Trained with the full cross-entropy over the catalogue at every place, which closes most of its gap to later models
(Klenitskiy and Vasilev, RecSys 2023). Departures: norm before the residual branches and GELU; every history begins with
a learned start token, so that an empty one has an answer; histories longer than the window are cut into several, so
that nothing of training is lost.

Shapes: B requests, T places (start token and items), I items, D width.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from pushgen.errors import ConfigurationError
from pushgen.manifest import fingerprint
from pushgen.nn.linear_cross_entropy import linear_cross_entropy
from pushgen.nn.transformer import EncoderLayer
from pushgen.recommend.data.jagged import Ids, Jagged, concatenate
from pushgen.recommend.protocols import Cases, Floats, Recommendations
from pushgen.recommend.retrieve.index import Index, IndexKind, build_index
from pushgen.settings import as_dict
from pushgen.training.checkpoint import Checkpoint
from pushgen.training.loop import Epoch, LoopConfig, fit
from pushgen.training.precision import best_device, device_of

POOL = 16
"""Batches among which windows are sorted by length, to save padding without losing the random order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SasRecConfig:
    """Settings of SASRec."""

    window: int = 50
    """Most recent items that are read."""
    width: int = 64
    """Width of vectors, D."""
    layers: int = 2
    heads: int = 2
    hidden: int = 256
    """Width inside the feed-forward maps."""
    temperature: float | None = 0.05
    """With a number, scores are cosines divided by it; with None, inner products of the vectors as they are."""
    dropout: float = 0.3
    """On item vectors and residual branches."""
    batch: int = 128
    """Windows per step."""
    validated: int = 5000
    """Validation cases that early stopping looks at, drawn once; 0 takes all."""
    index: IndexKind = "exact"
    """How `recommend` searches."""
    training: LoopConfig = field(
        default_factory=lambda: LoopConfig(epochs=40, learning_rate=1e-3, warmup_share=0.05, patience=5)
    )

    def __post_init__(self) -> None:
        if min(self.window, self.width, self.layers, self.heads, self.hidden, self.batch) < 1 or self.validated < 0:
            raise ConfigurationError("sasrec: window, width, layers, heads, hidden and batch must be at least 1")
        if self.width % self.heads:
            raise ConfigurationError(f"sasrec: width {self.width} is no multiple of heads {self.heads}")
        if not 0 <= self.dropout < 1:
            raise ConfigurationError(f"sasrec: dropout must lie in [0, 1), found {self.dropout!r}")


class SasRecNetwork(nn.Module):
    """Histories to query vectors in the space of the item vectors."""

    def __init__(self, items: int, config: SasRecConfig) -> None:
        super().__init__()
        # The last row is the start token.
        self.embedding = nn.Embedding(items + 1, config.width)
        self.position = nn.Embedding(config.window + 1, config.width)
        self.temperature = config.temperature
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(
            EncoderLayer(config.width, config.heads, config.hidden, config.dropout) for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width)
        for embedding in (self.embedding, self.position):
            nn.init.normal_(embedding.weight, std=0.02)

    def item_vectors(self) -> Tensor:
        """What queries are held against, (I, D)."""
        vectors_ID = self.embedding.weight[:-1]
        return vectors_ID if self.temperature is None else nn.functional.normalize(vectors_ID, dim=1)

    def forward(self, items_BT: Tensor) -> Tensor:
        """Query vectors after each place, (B, T + 1, D), from items that begin at place 0 of (B, T); then `NONE`."""
        start = len(self.embedding.weight) - 1
        tokens = nn.functional.pad(items_BT.clamp(min=0), (1, 0), value=start)
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x_BTD = self.dropout(self.embedding(tokens) * math.sqrt(self.embedding.embedding_dim) + self.position(places))
        # Free places follow the items, so that looking back alone hides them.
        causal = (places[None, :] <= places[:, None])[None, None]
        for layer in self.layers:
            x_BTD = layer(x_BTD, causal)
        h_BTD = self.norm(x_BTD)
        return h_BTD if self.temperature is None else nn.functional.normalize(h_BTD, dim=-1) / self.temperature


class SasRec:
    """Next-item prediction by self-attention."""

    kind: ClassVar[str] = "sasrec"

    def __init__(self, config: SasRecConfig | None = None) -> None:
        self.config = config or SasRecConfig()
        self._network: SasRecNetwork | None = None
        self._index: Index | None = None
        self.history: list[Epoch] = []
        """What each pass of training gave; validation is 1 - NDCG@10."""

    @property
    def name(self) -> str:
        return self.kind

    @property
    def items(self) -> int:
        return 0 if self._network is None else len(self._network.embedding.weight) - 1

    @property
    def network(self) -> SasRecNetwork:
        if self._network is None:
            raise ConfigurationError("sasrec: the model is not trained yet; call fit first")
        return self._network

    def fit(
        self, training: Jagged, *, items: int, validation: Cases | None = None, scratch: Path | None = None
    ) -> None:
        config = self.config
        with torch.random.fork_rng():
            torch.manual_seed(config.training.seed)
            network = SasRecNetwork(items, config).to(best_device())
        self._network, self._index = network, None
        trainer = _Trainer(network, _windows(training, config.window), _some(validation, config), config)
        identity = [training.values.tolist(), training.offsets.tolist(), items, as_dict(config)]
        checkpoint = Checkpoint(path=scratch / "sasrec.state", identity=fingerprint(identity)) if scratch else None
        self.history = fit(
            network,
            batches=trainer.batches,
            loss=trainer.loss,
            validate=trainer.validate if trainer.validation else None,
            config=config.training,
            description="training SASRec",
            checkpoint=checkpoint,
        )

    def queries(self, histories: Jagged) -> Floats:
        """Query vectors of shape (B, D)."""
        network, found = self.network, list[Tensor]()
        with torch.inference_mode():
            for part in histories.batches(self.config.batch):
                found.append(_last(network, part, self.config.window).cpu())
        return torch.cat(found).numpy() if found else np.empty((0, self.config.width), np.float32)

    def scores(self, histories: Jagged) -> Floats:
        with torch.inference_mode():
            vectors_ID = self.network.item_vectors()
            return (torch.from_numpy(self.queries(histories)).to(vectors_ID.device) @ vectors_ID.T).cpu().numpy()

    def recommend(self, histories: Jagged, k: int, *, exclude_seen: bool = True) -> Recommendations:
        if self._index is None:
            self._index = build_index(self.network.item_vectors().detach().cpu().numpy(), self.config.index)
        return self._index.search(self.queries(histories), k, histories if exclude_seen else None)

    def tensors(self) -> dict[str, Floats]:
        return {name: tensor.cpu().numpy() for name, tensor in self.network.state_dict().items()}

    def restore(self, tensors: dict[str, Floats]) -> None:
        network = SasRecNetwork(len(tensors["embedding.weight"]) - 1, self.config)
        network.load_state_dict({name: torch.from_numpy(array) for name, array in tensors.items()})
        self._network, self._index = network.to(best_device()).eval(), None


class _Trainer:
    """What the training loop needs to know of the model."""

    def __init__(self, network: SasRecNetwork, windows: Jagged, validation: Cases | None, config: SasRecConfig) -> None:
        self._network, self._windows, self._config = network, windows, config
        self.validation = validation

    def batches(self, epoch: int) -> Iterator[Ids]:
        """Rows of windows, batch by batch, of similar length within a batch."""
        generator = np.random.default_rng((self._config.training.seed, epoch))
        order, size = generator.permutation(len(self._windows)), self._config.batch
        lengths = self._windows.lengths
        cut = [order[start : start + size * POOL] for start in range(0, len(order), size * POOL)]
        found: list[Ids] = []
        for pool in cut:
            ranked = pool[np.argsort(lengths[pool], kind="stable")]
            found += [ranked[start : start + size] for start in range(0, len(ranked), size)]
        return iter([found[place] for place in generator.permutation(len(found))])

    def loss(self, rows: Ids) -> tuple[Tensor, Tensor]:
        """Sum of the cross-entropies of the next items, and how many there are."""
        part, device = self._windows.take(rows), device_of(self._network)
        items, mask = part.padded(int(part.lengths.max()), newest="first free")
        items_BT, mask_BT = torch.from_numpy(items).to(device), torch.from_numpy(mask).to(device)
        h_BTD = self._network(items_BT[:, :-1])
        targets = items_BT[mask_BT]
        # Under autocast the vectors come in bfloat16 and so must the items.
        h_ND = h_BTD[mask_BT]
        total = linear_cross_entropy(h_ND, self._network.item_vectors().to(h_ND.dtype), targets)
        return total, mask_BT.sum()

    def validate(self) -> float:
        """1 - NDCG@10 over the whole catalogue, the history left out."""
        assert self.validation is not None
        found, vectors_ID = list[Tensor](), self._network.item_vectors().float()
        for start in range(0, len(self.validation), self._config.batch):
            histories = self.validation.histories.slice(start, start + self._config.batch)
            targets = self.validation.targets.slice(start, start + self._config.batch)
            found.append(_ndcg(_last(self._network, histories, self._config.window), vectors_ID, histories, targets))
        return 1.0 - float(torch.cat(found).mean())


def _last(network: SasRecNetwork, histories: Jagged, window: int) -> Tensor:
    """Query vectors at the end of each history, (B, D), in float32."""
    longest = min(window, int(histories.lengths.max(initial=0)))
    items, mask = histories.padded(longest, newest="first free")
    device = device_of(network)
    h_BTD = network(torch.from_numpy(items).to(device))
    return h_BTD[torch.arange(len(items), device=device), torch.from_numpy(mask.sum(axis=1)).to(device)].float()


def _ndcg(queries_BD: Tensor, vectors_ID: Tensor, histories: Jagged, targets: Jagged) -> Tensor:
    """NDCG@10 of each request, (B,)."""
    scores = (queries_BD @ vectors_ID.T).float()
    device = scores.device
    rows, values = (torch.from_numpy(one).to(device) for one in (targets.rows, targets.values))
    own = scores[rows, values]
    seen = tuple(torch.from_numpy(one).to(device) for one in (histories.rows, histories.values))
    scores[seen] = -torch.inf
    rank = (scores[rows] > own[:, None]).sum(1)
    gain = torch.where(rank < 10, 1.0 / torch.log2(rank + 2.0), 0.0)
    total = torch.zeros(len(targets), device=device).index_add_(0, rows, gain)
    discount = (1.0 / torch.log2(torch.arange(10, device=device) + 2.0)).cumsum(0)
    return total / discount[torch.from_numpy(targets.lengths.clip(max=10) - 1).to(device)]


def _windows(training: Jagged, window: int) -> Jagged:
    """Histories cut from their ends into pieces of at most `window` + 1 items: the last item is only predicted."""
    pieces, left = [], training
    while len(left.values):
        pieces.append(left.tail(window + 1))
        left = left.head(left.lengths - window - 1)
    whole = concatenate(pieces)
    return whole.take(np.flatnonzero(whole.lengths))


def _some(validation: Cases | None, config: SasRecConfig) -> Cases | None:
    if validation is None or not len(validation) or not config.validated or config.validated >= len(validation):
        return validation if validation is not None and len(validation) else None
    rows = np.sort(np.random.default_rng(0).permutation(len(validation))[: config.validated])
    return Cases(validation.histories.take(rows), validation.targets.take(rows), validation.users[rows])
