"""A pointer decoder in the manner of Seq2Slate (arXiv 1810.02019): item after item, each a pointer into the pool.

The state of the decoder is compared with the encoded pool, items that are in the list already are masked, and the
next state sees what was chosen. Cross-entropy against the reference list, weighted by feedback. Departure:
transformers in place of LSTMs.

The pointer is what GloRank (arXiv 2604.25291) lacks among its baselines: a choice is a comparison of contents, not a
row of an output matrix, so that the argument against local indices does not touch it.

Shapes: B requests, P places of the pool, L slots, D width.
"""

import math

import torch
from torch import Tensor, nn

from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.decoder import ListDecoder, Memory
from pushgen.recommend.rerank.encoder import JointEncoder
from pushgen.recommend.rerank.network import RerankNetwork
from pushgen.recommend.rerank.settings import NetworkConfig
from pushgen.recommend.rerank.slots import among, best_first, gather, value_at
from pushgen.recommend.tokenize.semantic_ids import SemanticIds


class Pointer(RerankNetwork):
    """Left to right, greedily."""

    def __init__(self, ids: SemanticIds, config: NetworkConfig) -> None:
        super().__init__(ids, config)
        self.encoder = JointEncoder(config)
        self.decoder = ListDecoder(config, config.length)
        self.query = nn.Linear(config.width, config.width, bias=False)

    def pool(self, batch: Batch) -> Tensor:
        """Vectors of the pool as the encoder reads them, shape (B, P, D)."""
        return self.items(batch.pool_BP)

    def point(self, h_BLD: Tensor, memory: Memory) -> Tensor:
        """Scores of the places of the pool, shape (B, L, P)."""
        return self.query(h_BLD) @ memory.pool_BPD.transpose(1, 2) / math.sqrt(self.config.width)

    def read(self, batch: Batch, pool_BPD: Tensor) -> Memory:
        seen = self.encoder(self.items(batch.history_BH), batch.past_BH, pool_BPD, batch.free_BP)
        return Memory.of(batch, seen)

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        pool_BPD, reference_BL = self.pool(batch), batch.reference_BL
        memory = self.read(batch, pool_BPD)
        h_BLD = self.decoder(gather(pool_BPD, reference_BL), memory)
        there_BL = reference_BL >= 0
        place_BL = reference_BL.clamp(min=0)
        places = torch.arange(pool_BPD.shape[1], device=place_BL.device)
        written_BLP = ((place_BL[..., None] == places) & there_BL[..., None]).int()
        may_BLP = batch.free_BP[:, None, :] & (written_BLP.cumsum(1) - written_BLP == 0)
        p_BLP = among(self.point(h_BLD, memory), may_BLP)
        ce_BL = -p_BLP.gather(2, place_BL[..., None])[..., 0]
        r_BL = value_at(batch.feedback_BP, reference_BL)
        return (r_BL * ce_BL).mean(1).sum(), (batch.feedback_BP.sum(1) > 0).sum()

    def choose(self, batch: Batch) -> Tensor:
        pool_BPD = self.pool(batch)
        memory = self.read(batch, pool_BPD)
        writing, free_BP = self.decoder.begin(memory), batch.free_BP
        chosen: list[Tensor] = []
        for _ in range(self.config.length):
            last = gather(pool_BPD, chosen[-1])[:, 0] if chosen else None
            scores_BP = self.point(writing.state(last)[:, None], memory)[:, 0]
            place_B1 = best_first(scores_BP, free_BP, 1)
            free_BP = free_BP & ~torch.zeros_like(free_BP).scatter(1, place_B1.clamp(min=0), place_B1 >= 0)
            chosen.append(place_B1)
        return torch.cat(chosen, 1)
