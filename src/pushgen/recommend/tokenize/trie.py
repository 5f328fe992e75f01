"""The prefix trie of a pool: which code may come next so that every finished row of codes is an item of the pool.

GloRank (arXiv 2604.25291) decodes under such a trie and removes an item's leaf once the item is written, so that no
item comes twice. A pool is small: instead of nodes and edges, the trie is the table of the pool's codes and two masks
(which items are left, and which agree with what is written), for all requests at once. That takes time in proportion
to the pool per code, and no pointers.

Items with equal codes are one path with several leaves; use `SemanticIds.distinct` where that matters.

Shapes: B requests, P places of the pool, L items of a list, M levels, V codes of a level.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


class PoolTrie:
    """One trie per request, walked by all requests in step."""

    def __init__(self, codes_BPM: Tensor, there_BP: Tensor, sizes: Sequence[int]) -> None:
        """`there_BP` is true where the pool has an item."""
        self._codes, self._sizes = codes_BPM, tuple(sizes)
        self._left, self._agrees, self._level = there_BP.clone(), there_BP.clone(), 0

    @property
    def level(self) -> int:
        """Which code of the item under way comes next, from 0."""
        return self._level

    def allowed(self) -> Tensor:
        """True for the codes that may come next, shape (B, V). A request with nothing left allows every code."""
        mask = allowed_codes(self._codes[..., self._level], self._agrees, self._sizes[self._level])
        return mask | ~mask.any(-1, keepdim=True)

    def advance(self, code_B: Tensor) -> None:
        """Walks down by one code."""
        self._agrees = self._agrees & (self._codes[..., self._level] == code_B[:, None])
        self._level += 1

    def finish(self) -> Tensor:
        """The place of the item whose codes are written, shape (B,), -1 where none; its leaf goes, the walk restarts.

        Raises `ValueError` before the last level.
        """
        if self._level != len(self._sizes):
            raise ValueError(f"{self._level} of {len(self._sizes)} codes are written; an item is not finished")
        found = self._agrees.any(-1)
        place_B = torch.where(found, self._agrees.int().argmax(-1), -1)
        taken = torch.zeros_like(self._left).scatter(1, place_B.clamp(min=0)[:, None], found[:, None])
        self._left = self._left & ~taken
        self._agrees, self._level = self._left, 0
        return place_B


def allowed_codes(codes: Tensor, may: Tensor, size: int) -> Tensor:
    """True for each code that an item has which may be written: (..., P) codes and mask to (..., V)."""
    counts = torch.zeros((*codes.shape[:-1], size), dtype=torch.int32, device=codes.device)
    return counts.scatter_add(-1, codes, may.int()) > 0


def allowed_along(codes_BPM: Tensor, there_BP: Tensor, list_BL: Tensor, sizes: Sequence[int]) -> list[Tensor]:
    """What the trie allows at every code of a given list, one mask (B, L, V) per level: for teacher forcing.

    `list_BL` holds places of the pool, each at most once, -1 where the list is shorter; all codes are allowed there.
    """
    there = list_BL >= 0
    place_BL = list_BL.clamp(min=0)
    places = torch.arange(codes_BPM.shape[1], device=codes_BPM.device)
    written_BLP = (place_BL[..., None] == places) & there[..., None]
    before_BLP = written_BLP.int().cumsum(1) - written_BLP.int() > 0
    agrees_BLP = there_BP[:, None, :] & ~before_BLP
    masks: list[Tensor] = []
    for level, size in enumerate(sizes):
        codes_BLP = codes_BPM[..., level][:, None, :].expand_as(agrees_BLP)
        mask = allowed_codes(codes_BLP, agrees_BLP, size)
        masks.append(mask | ~there[..., None])
        agrees_BLP = agrees_BLP & (codes_BLP == codes_BLP.gather(2, place_BL[..., None]))
    return masks
