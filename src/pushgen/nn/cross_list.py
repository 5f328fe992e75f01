"""Candidates that are judged together: each attends to a shared context and then to its rivals.

FlashEvaluator (arXiv 2603.02565), the cross-list stage: self-attention over the vectors of all candidates of a request,
so that one pass gives all their scores. There are no positions, so a permutation of the candidates permutes what comes
out and nothing else. Departure: the last map of every residual branch starts at zero, so that an untrained block hands
its input on unchanged and the model begins as one that judges each candidate alone.

Shapes: B requests, K candidates, S places of the context, D width.
"""

import torch
from torch import Tensor, nn

from pushgen.nn.attention import Attention
from pushgen.nn.transformer import EncoderLayer


class CrossList(nn.Module):
    """Attention to a context, where the block is made for one, then self-attention over the candidates."""

    def __init__(self, width: int, heads: int, layers: int, dropout: float, *, context: bool) -> None:
        super().__init__()
        self.context = _Context(width, heads, dropout) if context else None
        self.layers = nn.ModuleList(EncoderLayer(width, heads, 4 * width, dropout) for _ in range(layers))
        for layer in self.layers:
            for last in (layer.attention.out, layer.feed[-1]):  # type: ignore[union-attr, index]
                _zero(last)  # type: ignore[arg-type]

    def forward(
        self, x_BKD: Tensor, mask_BK: Tensor, context_BSD: Tensor | None = None, context_mask_BS: Tensor | None = None
    ) -> Tensor:
        """Vectors of the same shape. Masks are true where there is something; a request may have no context at all."""
        if self.context is not None and context_BSD is not None and context_mask_BS is not None:
            x_BKD = self.context(x_BKD, context_BSD, context_mask_BS)
        for layer in self.layers:
            x_BKD = layer(x_BKD, mask_BK[:, None, None, :])
        return x_BKD


class _Context(nn.Module):
    """Attention of each candidate to the context of its request."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm, self.memory_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.dropout = nn.Dropout(dropout)
        _zero(self.attention.out)

    def forward(self, x_BKD: Tensor, context_BSD: Tensor, mask_BS: Tensor) -> Tensor:
        found = self.attention(self.norm(x_BKD), self.memory_norm(context_BSD), mask=mask_BS[:, None, None, :])
        # Attention over nothing is a mean of padding, not zero.
        return x_BKD + torch.where(mask_BS.any(1)[:, None, None], self.dropout(found), 0.0)


def _zero(linear: nn.Linear) -> None:
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
