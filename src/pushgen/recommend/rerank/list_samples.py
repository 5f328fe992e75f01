"""Lists to compare: good and bad ones around what is known, and draws from the scores of a generator.

Noise belongs to the item, not to its place: the same request with its pool in another order gives the same lists.

Shapes: B requests, K lists, L slots, P places of the pool.
"""

import math

import torch
from torch import Tensor

from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.slots import value_at

STRENGTHS = (0.0, 1.0, 2.0, 4.0)
"""By how much a like raises the log-worth of an item in sampled training lists: from random to nearly perfect."""


def around_feedback(batch: Batch, count: int, length: int) -> Tensor:
    """Random lists (Plackett-Luce) between chance and liked items first, (B, K, L), by the global random state."""
    strength_K = torch.tensor(STRENGTHS, device=batch.pool_BP.device).repeat(math.ceil(count / len(STRENGTHS)))[:count]
    worth_BKP = strength_K[None, :, None] * batch.feedback_BP[:, None, :]
    noise = -torch.log(-torch.log(torch.rand(worth_BKP.shape, device=worth_BKP.device).clamp(1e-12, 1 - 1e-7)))
    return _top(worth_BKP + noise, batch.free_BP, length)


def from_scores(batch: Batch, score_BP: Tensor, count: int, length: int, seed: int = 0) -> Tensor:
    """Lists drawn without replacement by the softmax of scores (Gumbel top-k), the first without noise; (B, K, L)."""
    noise_BKP = gumbel(batch.pool_BP, count, seed)
    noise_BKP[:, 0] = 0.0
    return _top(score_BP.float()[:, None, :] + noise_BKP, batch.free_BP, length)


def list_reward(batch: Batch, lists_BKL: Tensor) -> Tensor:
    """Discounted gain of each list over that of the best one of its pool, in [0, 1], shape (B, K)."""
    size, count, length = lists_BKL.shape
    discount_L = 1.0 / torch.log2(torch.arange(2, length + 2, device=lists_BKL.device, dtype=torch.float32))
    gain = value_at(batch.feedback_BP, lists_BKL.flatten(1)).view(size, count, length)
    best_BL = batch.feedback_BP.sort(1, descending=True).values[:, :length]
    ideal_B = (best_BL * discount_L[: best_BL.shape[1]]).sum(1)
    return (gain * discount_L).sum(-1) / ideal_B.clamp(min=1e-9)[:, None]


def gumbel(numbers_BP: Tensor, count: int, seed: int) -> Tensor:
    """Standard Gumbel noise that depends on item, list and seed alone, shape (B, K, P)."""
    lists = torch.arange(count, device=numbers_BP.device)[None, :, None]
    mixed = _mix(numbers_BP[:, None, :] + _mix(lists + _mix(torch.full_like(lists, seed))))
    uniform = ((mixed >> 11) & ((1 << 53) - 1)).double() / 2**53
    return -torch.log(-torch.log(uniform.clamp(1e-12, 1 - 1e-12))).float()


def _top(worth_BKP: Tensor, free_BP: Tensor, length: int) -> Tensor:
    masked = worth_BKP.masked_fill(~free_BP[:, None, :], -torch.inf)
    top, place = masked.topk(min(length, masked.shape[2]), dim=2)
    place = torch.where(torch.isfinite(top), place, -1)
    return torch.nn.functional.pad(place, (0, length - place.shape[2]), value=-1)


def _mix(values: Tensor) -> Tensor:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014) on signed integers, which wrap."""
    values = values + -0x61C8864680B583EB
    values = (values ^ ((values >> 30) & ((1 << 34) - 1))) * -0x40A7B892E31B1A47
    values = (values ^ ((values >> 27) & ((1 << 37) - 1))) * -0x6B2FB644ECCEEE15
    return values ^ ((values >> 31) & ((1 << 33) - 1))
