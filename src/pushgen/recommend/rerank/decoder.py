"""The autoregressive decoder over what is written, in sight of history and pool.

Shapes: B requests, T written places, S places of the memory, L slots of a list, D width.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pushgen.nn.attention import Cache
from pushgen.nn.transformer import DecoderLayer
from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.encoder import Encoded
from pushgen.recommend.rerank.settings import NetworkConfig


@dataclass(slots=True, eq=False)
class Memory:
    """What a list is written from."""

    pool_BPD: Tensor
    """States of the pool."""
    all_BSD: Tensor
    """States of history and pool."""
    mask_B11S: Tensor

    @classmethod
    def of(cls, batch: Batch, seen: Encoded) -> "Memory":
        mask_BS = torch.cat((batch.past_BH, batch.free_BP), 1)
        return cls(seen.pool_BPD, torch.cat((seen.history_BHD, seen.pool_BPD), 1), mask_BS[:, None, None, :])

    def repeated(self, times: int) -> "Memory":
        """Every request `times` times, copies side by side."""
        return Memory(*(x.repeat_interleave(times, 0) for x in (self.pool_BPD, self.all_BSD, self.mask_B11S)))


class ListDecoder(nn.Module):
    """Transformer decoder with a learned start and an embedding of every place that it writes."""

    def __init__(self, config: NetworkConfig, places: int) -> None:
        super().__init__()
        self.places = nn.Embedding(places, config.width)
        nn.init.normal_(self.places.weight, std=1 / math.sqrt(config.width))
        self.start = nn.Parameter(torch.randn(config.width) / math.sqrt(config.width))
        self.layers = nn.ModuleList(
            DecoderLayer(config.width, config.heads, config.hidden, config.dropout) for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width)

    def forward(self, written_BTD: Tensor, memory: Memory) -> Tensor:
        """State before each of T written things, given the vectors of all of them; shape (B, T, D)."""
        before = torch.cat((self.start.expand(len(written_BTD), 1, -1), written_BTD[:, :-1]), 1)
        x_BTD = before + self.places.weight[: written_BTD.shape[1]]
        for layer in self.layers:
            x_BTD = layer(x_BTD, memory.all_BSD, memory.mask_B11S)
        return self.norm(x_BTD)

    def begin(self, memory: Memory) -> "Writing":
        """The same, thing by thing."""
        return Writing(self, memory)


class Writing:
    """A decoder halfway through: what is written is kept as keys and values."""

    def __init__(self, decoder: ListDecoder, memory: Memory) -> None:
        self._decoder, self._memory, self._place = decoder, memory, 0
        self._own = [Cache() for _ in decoder.layers]
        self._source: list[Cache] = []
        for layer in decoder.layers:
            k, v = layer.cross_attention.project(memory.all_BSD)  # type: ignore[union-attr, operator]
            self._source.append(Cache(k, v))

    def state(self, last_BD: Tensor | None) -> Tensor:
        """State before the next thing, shape (B, D), after the vector of the last one; None at the start."""
        decoder = self._decoder
        size = len(self._memory.pool_BPD)
        last = decoder.start.expand(size, -1) if last_BD is None else last_BD
        x_B1D = (last + decoder.places.weight[self._place])[:, None]
        for layer, own, source in zip(decoder.layers, self._own, self._source, strict=True):
            x_B1D = layer.step(x_B1D, own, source, self._memory.mask_B11S)  # type: ignore[operator]
        self._place += 1
        return decoder.norm(x_B1D)[:, 0]
