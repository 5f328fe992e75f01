"""How UniRank (arXiv 2605.10527) turns its scores into a list: schedules, orders, refinement.

Each pass of a schedule encodes the list as far as it is filled and commits some slots: (1, 1, 1, 1, 1, 1) asks the
network before every item, (6,) once. Confidence is the probability of an item at a slot among the items that are left.

Refinement: the appendix of the paper masks one filled slot and decides it anew, the one whose item has the lowest
probability or the largest gap to a rival. Departure: each of these passes scores every slot given all others, as one
batch of L lists, so that probability and gap are those of masked slots, which is what the network was trained for.

Shapes: B requests, L slots, P places of the pool.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pushgen.recommend.data.jagged import NONE
from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.settings import Criterion, DecodingConfig
from pushgen.recommend.rerank.slots import among, fill

if TYPE_CHECKING:
    from pushgen.recommend.rerank.unirank import UniRank


def decode(network: "UniRank", batch: Batch, config: DecodingConfig) -> Tensor:
    """Places of each list in the order of its slots, shape (B, L)."""
    request = network.read(batch)
    slate_BL = torch.full((len(batch), network.config.length), NONE, device=batch.pool_BP.device)
    free_BP = batch.free_BP
    for count in config.passes(network.config.length):
        slate_BL, free_BP = fill(network.scores(request, slate_BL), slate_BL, free_BP, count, config.order)
    for _ in range(config.refinements):
        slate_BL = refine(network, batch, slate_BL, config.criterion)
    return slate_BL


def refine(network: "UniRank", batch: Batch, slate_BL: Tensor, criterion: Criterion) -> Tensor:
    """The lists with the item of one slot each replaced by the best for it given the others, which may be itself."""
    size, length = slate_BL.shape
    own_BL = slate_BL.clamp(min=0)
    # Copy l of a request has slot l masked.
    repeated = batch.repeated(length)
    one_out = slate_BL.repeat_interleave(length, 0).view(size, length, length)
    one_out = one_out.masked_fill(torch.eye(length, dtype=torch.bool, device=slate_BL.device), NONE)
    z = network.scores(network.read(repeated), one_out.flatten(0, 1)).view(size, length, length, -1)
    z_BLP = z.diagonal(dim1=1, dim2=2).transpose(1, 2)
    used_BP = torch.zeros_like(batch.pool_BP).scatter_add(1, own_BL, (slate_BL >= 0).long())
    may_BLP = (batch.free_BP & (used_BP == 0))[:, None, :].expand(-1, length, -1)
    may_BLP = may_BLP.scatter(2, own_BL[..., None], (slate_BL >= 0)[..., None])
    p_BLP = among(z_BLP, may_BLP)
    best_BL, rival_BL = p_BLP.max(-1)
    own_p_BL = p_BLP.gather(2, own_BL[..., None])[..., 0]
    doubt_BL = -own_p_BL if criterion == "probability" else best_BL - own_p_BL
    slot_B1 = doubt_BL.masked_fill(slate_BL < 0, -torch.inf).argmax(1, keepdim=True)
    better = torch.where(slate_BL.gather(1, slot_B1) >= 0, rival_BL.gather(1, slot_B1), NONE)
    return slate_BL.scatter(1, slot_B1, better)
