"""The local action space that GloRank (arXiv 2604.25291) argues against, as an ablation: do not use it.

The same encoder and decoder as `pointer`, but an item is named by its place in the pool, through an output row per
place. The encoder is told the places, so that the network could learn to follow them. Under a shuffled pool a row
stands for another item in every request, and its gradient keeps the variance of the paper's proposition 2.1; on pools
whose good items stand first it scores by place alone, which is how the leak test finds such pools.

Shapes: B requests, P places of the pool, L slots, D width.
"""

import math

import torch
from torch import Tensor, nn

from pushgen.errors import InputError
from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.decoder import Memory
from pushgen.recommend.rerank.pointer import Pointer
from pushgen.recommend.rerank.settings import NetworkConfig
from pushgen.recommend.tokenize.semantic_ids import SemanticIds


class IndexHead(Pointer):
    """Left to right, greedily, by place. Its answer depends on the order of the pool."""

    def __init__(self, ids: SemanticIds, config: NetworkConfig) -> None:
        super().__init__(ids, config)
        self.pool_places = nn.Embedding(config.pool, config.width)
        nn.init.normal_(self.pool_places.weight, std=1 / math.sqrt(config.width))
        self.rows = nn.Linear(config.width, config.pool)

    def pool(self, batch: Batch) -> Tensor:
        size = batch.pool_BP.shape[1]
        if size > self.config.pool:
            raise InputError(
                field="pools",
                expected=f"at most {self.config.pool} places, one per row of the index head",
                found=str(size),
                remedy="Cut the pool, train with a larger `network.pool`, or use a model without an index head.",
            )
        places = torch.arange(size, device=batch.pool_BP.device)
        return super().pool(batch) + self.pool_places(places)

    def point(self, h_BLD: Tensor, memory: Memory) -> Tensor:
        return self.rows(h_BLD)[..., : memory.pool_BPD.shape[1]]
