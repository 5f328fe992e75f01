"""Filling the slots of a list from scores of slots against places of the pool.

Shapes: B requests, L slots, P places of the pool.
"""

import torch
from torch import Tensor

from pushgen.recommend.rerank.settings import Order

NEVER = -1e9
"""Score of what must not be chosen: finite, so that a row without any choice stays a number."""


def among(scores: Tensor, may: Tensor) -> Tensor:
    """Log-probabilities over the places that may be chosen, in float32."""
    return scores.float().masked_fill(~may, NEVER).log_softmax(-1)


def fill(
    scores_BLP: Tensor, slate_BL: Tensor, free_BP: Tensor, count: int, order: Order = "confidence"
) -> tuple[Tensor, Tensor]:
    """Commits the next `count` items of each list without asking the network again; returns list and free places.

    Each item goes where its probability among what is still free is highest over all empty slots (-1), or to the first
    empty slot. An item that is taken is gone for the other slots: the rule of one-step decoding against conflicts. A
    list stays empty at its other slots where its pool has nothing left.
    """
    for _ in range(count):
        p_BLP = among(scores_BLP, free_BP[:, None, :])
        empty_BL = slate_BL < 0
        if order == "left-to-right":
            empty_BL = empty_BL & (empty_BL.int().cumsum(1) == 1)
        p_BLP = p_BLP.masked_fill(~(empty_BL[..., None] & free_BP[:, None, :]), -torch.inf)
        best_B1, index_B1 = p_BLP.flatten(1).max(1, keepdim=True)
        slot_B1, place_B1 = index_B1 // p_BLP.shape[2], index_B1 % p_BLP.shape[2]
        done_B1 = torch.isfinite(best_B1)
        slate_BL = slate_BL.scatter(1, slot_B1, torch.where(done_B1, place_B1, slate_BL.gather(1, slot_B1)))
        free_BP = free_BP & ~torch.zeros_like(free_BP).scatter(1, place_B1, done_B1)
    return slate_BL, free_BP


def best_first(score_BP: Tensor, free_BP: Tensor, length: int) -> Tensor:
    """Places by falling score, shape (B, L), -1 where a pool has no more."""
    masked = score_BP.float().masked_fill(~free_BP, -torch.inf)
    top, place_BL = masked.topk(min(length, masked.shape[1]), dim=1)
    place_BL = torch.where(torch.isfinite(top), place_BL, -1)
    return torch.nn.functional.pad(place_BL, (0, length - place_BL.shape[1]), value=-1)


def gather(states_BPD: Tensor, place_BL: Tensor) -> Tensor:
    """States at the places of a list, shape (B, L, D); zero for -1."""
    index = place_BL.clamp(min=0)[..., None].expand(-1, -1, states_BPD.shape[2])
    return states_BPD.gather(1, index) * (place_BL >= 0)[..., None]


def value_at(values_BP: Tensor, place_BL: Tensor) -> Tensor:
    """Values at the places of a list, shape (B, L); zero for -1."""
    return values_BP.gather(1, place_BL.clamp(min=0)) * (place_BL >= 0)
