"""One vector per item out of its codes: the semantic fusion layer of UniRank (arXiv 2605.10527).

    e_i = W [E_1[c_i1] ; ... ; E_M[c_iM]] + b,    W of shape (D, M D)

so that an item which training never saw gets a vector from its codes. With `SemanticIds.atomic`, M is 1 and this is
the usual embedding of item ids. All rerankers read items through it. Code embeddings start from the quantiser's
centroids where the table has them (a choice: nothing is published), so that near codes begin near.

Shapes: I items, M levels, D width.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn

from pushgen.recommend.tokenize.semantic_ids import Floats, SemanticIds


class ItemEncoder(nn.Module):
    """Item numbers to vectors; `NONE` becomes zero."""

    codes: Tensor
    """Codes of all items, counted over all levels, shape (I, M). Part of the data, not of the weights."""

    def __init__(self, ids: SemanticIds, width: int) -> None:
        super().__init__()
        self.sizes = ids.sizes
        self.words = nn.Embedding(sum(ids.sizes), width)
        self.fuse = nn.Linear(len(ids.sizes) * width, width)
        nn.init.normal_(self.words.weight, std=1 / math.sqrt(width))
        start = 0
        for size, book in zip(ids.sizes, ids.codebooks, strict=False):
            with torch.no_grad():
                self.words.weight[start : start + size] = torch.from_numpy(_spread(book, width))
            start += size
        self.register_buffer("codes", torch.empty(0, dtype=torch.int64), persistent=False)
        self.know(ids)

    def know(self, ids: SemanticIds) -> None:
        """Takes over a table with the same levels, which may hold more items."""
        if ids.sizes != self.sizes:
            raise ValueError(f"this model has levels of the sizes {self.sizes}, the table {ids.sizes}")
        starts = np.concatenate(([0], np.cumsum(ids.sizes[:-1], dtype=np.int64)))
        self.codes = torch.from_numpy(ids.codes + starts).to(self.words.weight.device)

    @property
    def items(self) -> int:
        """Items of the catalogue, I."""
        return len(self.codes)

    def codes_of(self, numbers: Tensor) -> Tensor:
        """Codes within their level, shape (..., M); those of the first item for `NONE`."""
        starts = torch.tensor([0, *self.sizes[:-1]], device=self.codes.device).cumsum(0)
        return self.codes[numbers.clamp(min=0)] - starts

    def forward(self, numbers: Tensor) -> Tensor:
        """Vectors of shape (..., D)."""
        words = self.words(self.codes[numbers.clamp(min=0)])
        return self.fuse(words.flatten(-2)) * (numbers >= 0)[..., None]


def _spread(book: Floats, width: int) -> Floats:
    """Centroids as rows of another width and of the length that random rows have: cut, or turned and padded."""
    room = max(width, book.shape[1])
    padded = np.zeros((len(book), room), np.float32)
    padded[:, : book.shape[1]] = book
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(room, room)))[0].astype(np.float32)
    spread = (padded @ turn)[:, :width]
    return spread / max(float(np.sqrt((spread**2).sum(axis=1).mean())), 1e-9)
