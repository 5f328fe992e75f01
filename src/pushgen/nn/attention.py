"""Multi-head attention with a cache for step-by-step decoding (Vaswani et al., 2017, section 3.2).

Shapes: B batch, T queries, S keys, D model width, H heads, K width of a head (D = H * K).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(slots=True)
class Cache:
    """Keys and values of the positions seen so far."""

    k_BHSK: Tensor | None = None
    v_BHSK: Tensor | None = None


class Attention(nn.Module):
    """Attention of queries over a memory."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} is no multiple of the number of heads {heads}")
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def project(self, memory_BSD: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of a memory, each of shape (B, H, S, K)."""
        k, v = self.key_value(memory_BSD).chunk(2, dim=-1)
        return self._split(k), self._split(v)

    def forward(
        self,
        x_BTD: Tensor,
        memory_BSD: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        cache: Cache | None = None,
    ) -> Tensor:
        """Attends over `memory_BSD`, or over what `cache` holds where it is None.

        `mask` is true where a query may look, broadcast to (B, H, T, S). With a cache and a memory, the memory's keys
        are appended to the cache first.
        """
        if memory_BSD is None:
            if cache is None or cache.k_BHSK is None or cache.v_BHSK is None:
                raise ValueError("attention needs a memory or a filled cache")
            k, v = cache.k_BHSK, cache.v_BHSK
        else:
            k, v = self.project(memory_BSD)
            if cache is not None:
                if cache.k_BHSK is not None and cache.v_BHSK is not None:
                    k, v = torch.cat((cache.k_BHSK, k), dim=2), torch.cat((cache.v_BHSK, v), dim=2)
                cache.k_BHSK, cache.v_BHSK = k, v
        q = self._split(self.query(x_BTD))
        if causal:
            places = torch.arange(k.shape[2], device=k.device)
            mask = places[None, :] <= places[:, None]
        # Written out: the fused kernel's backward pass is several times slower than this on a CPU at short lengths.
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask, -1e9)
        mixed = torch.softmax(scores.float(), dim=-1).to(v.dtype) @ v
        batch, _, length, _ = mixed.shape
        return self.out(mixed.transpose(1, 2).reshape(batch, length, -1))

    def _split(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
