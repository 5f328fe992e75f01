"""Encoder-decoder transformer with a pointer-generator output (See et al., 2017; `nn/pointer.py`).

The control category is the first decoder token, as in the paper's prompt, and its embedding is added at every position:
a small model otherwise forgets it after a few tokens. Embeddings are shared by encoder, decoder and output.

Shapes: B batch, T target positions, S source positions, V vocabulary, D model width.
"""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from pushgen.generation.seq2seq.config import ModelConfig
from pushgen.nn.attention import Cache
from pushgen.nn.pointer import Pointer, match
from pushgen.nn.transformer import DecoderLayer, EncoderLayer

PAD = 0


@dataclass(slots=True)
class State:
    """What decoding carries from step to step."""

    source_BS: Tensor
    mask_BS: Tensor
    key_BSD: Tensor
    own: list[Cache]
    crossed: list[Cache]
    control_B: Tensor
    position: int = 0


class Seq2Seq(nn.Module):
    """The network. Token 0 is padding."""

    def __init__(self, config: ModelConfig, vocabulary: int) -> None:
        super().__init__()
        width = config.width
        self.scale = width**0.5
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=PAD)
        self.source_position = nn.Embedding(config.max_source, width)
        self.target_position = nn.Embedding(config.max_target + 1, width)
        shape = (width, config.heads, config.hidden, config.dropout)
        self.encoder = nn.ModuleList([EncoderLayer(*shape) for _ in range(config.encoder_layers)])
        self.decoder = nn.ModuleList([DecoderLayer(*shape) for _ in range(config.decoder_layers)])
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)
        self.pointer = Pointer(width)
        self.output_bias = nn.Parameter(torch.zeros(vocabulary))
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        for table in (self.source_position, self.target_position):
            nn.init.normal_(table.weight, std=0.1)

    def encode(self, source_BS: Tensor) -> Tensor:
        """The source with its context, shape (B, S, D)."""
        places = torch.arange(source_BS.shape[1], device=source_BS.device)
        x = self.dropout(self.embedding(source_BS) * self.scale + self.source_position(places))
        mask = (source_BS != PAD)[:, None, None, :]
        for layer in self.encoder:
            x = layer(x, mask)
        return self.encoder_norm(x)

    def log_likelihood(self, source_BS: Tensor, control_B: Tensor, target_BT: Tensor) -> Tensor:
        """Mean log-probability over each target's own tokens, shape (B,), float32. Targets end in the end token."""
        memory, mask = self.encode(source_BS), source_BS != PAD
        written = torch.cat((control_B[:, None], target_BT[:, :-1]), dim=1)
        before = torch.nn.functional.pad(written, (1, 0), value=-2)[:, :-1]
        x = self.dropout(self._embedded(written, control_B, 0))
        for layer in self.decoder:
            x = layer(x, memory, mask[:, None, None, :])
        h = self.decoder_norm(x)
        copy = self.pointer.attention(h, self.pointer.key(memory), match(source_BS, written, before), mask)
        found = self.pointer.target_log_probability(h, self._logits(h), copy, source_BS, target_BT)
        real = (target_BT != PAD).float()
        return (found * real).sum(1) / real.sum(1).clamp(min=1)

    def start(self, source_BS: Tensor, control_B: Tensor) -> State:
        """Encodes the sources and projects them once for all steps."""
        memory = self.encode(source_BS)
        crossed: list[Cache] = []
        for layer in self._decoder_layers:
            k, v = layer.cross_attention.project(memory)
            crossed.append(Cache(k, v))
        own = [Cache() for _ in self.decoder]
        return State(source_BS, source_BS != PAD, self.pointer.key(memory), own, crossed, control_B)

    def step(self, state: State, written_B: Tensor, before_B: Tensor) -> Tensor:
        """Probabilities of the next token after the last two written ones, shape (B, V), float32."""
        x = self._embedded(written_B[:, None], state.control_B, state.position)
        mask = state.mask_BS[:, None, None, :]
        for layer, own, crossed in zip(self._decoder_layers, state.own, state.crossed, strict=True):
            x = layer.step(x, own, crossed, mask)
        h = self.decoder_norm(x)
        state.position += 1
        agree = match(state.source_BS, written_B[:, None], before_B[:, None])
        copy = self.pointer.attention(h, state.key_BSD, agree, state.mask_BS)
        return self.pointer.probabilities(h, self._logits(h), copy, state.source_BS)[:, 0]

    @property
    def _decoder_layers(self) -> list[DecoderLayer]:
        return cast(list[DecoderLayer], list(self.decoder))

    def _embedded(self, tokens_BT: Tensor, control_B: Tensor, first: int) -> Tensor:
        places = torch.arange(first, first + tokens_BT.shape[1], device=tokens_BT.device)
        control = self.embedding(control_B)[:, None, :] * self.scale
        return self.embedding(tokens_BT) * self.scale + control + self.target_position(places)

    def _logits(self, h_BTD: Tensor) -> Tensor:
        return nn.functional.linear(h_BTD, self.embedding.weight, self.output_bias)
