"""A non-autoregressive generator in the manner of NAR4Rec (arXiv 2402.06871): all slots are decided in one pass.

Learned slots attend to each other and to the encoded pool and history; the probability of an item at a slot is the
softmax of their inner product over the pool. Likelihood of liked items of the reference list, and unlikelihood,
-log(1 - p), of as many items without a like, one per slot (sequences of low utility in the paper, which our examples
do not name). Departure: conflicts between slots are settled by confidence, as in UniRank's one-step decoding, instead
of contrastive search, which trades accuracy for diversity.

Shapes: B requests, P places of the pool, L slots, D width.
"""

import math

import torch
from torch import Tensor, nn

from pushgen.nn.transformer import DecoderLayer
from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.encoder import JointEncoder
from pushgen.recommend.rerank.network import RerankNetwork
from pushgen.recommend.rerank.settings import NetworkConfig
from pushgen.recommend.rerank.slots import among, fill, value_at
from pushgen.recommend.tokenize.semantic_ids import SemanticIds


class Nar4Rec(RerankNetwork):
    """Slots against the pool, all at once."""

    def __init__(self, ids: SemanticIds, config: NetworkConfig) -> None:
        super().__init__(ids, config)
        self.encoder = JointEncoder(config)
        self.slots = nn.Embedding(config.length, config.width)
        nn.init.normal_(self.slots.weight, std=1 / math.sqrt(config.width))
        self.layers = nn.ModuleList(
            DecoderLayer(config.width, config.heads, config.hidden, config.dropout) for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width)

    def scores(self, batch: Batch) -> Tensor:
        """Of slots against places, shape (B, L, P)."""
        history_BHD, pool_BPD = self.items(batch.history_BH), self.items(batch.pool_BP)
        seen = self.encoder(history_BHD, batch.past_BH, pool_BPD, batch.free_BP)
        memory = torch.cat((seen.history_BHD, seen.pool_BPD), 1)
        mask_B11S = torch.cat((batch.past_BH, batch.free_BP), 1)[:, None, None, :]
        x_BLD = self.slots.weight.expand(len(batch), -1, -1)
        for layer in self.layers:
            x_BLD = layer(x_BLD, memory, mask_B11S, causal=False)
        return self.norm(x_BLD) @ seen.pool_BPD.transpose(1, 2) / math.sqrt(self.config.width)

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        p_BLP = among(self.scores(batch), batch.free_BP[:, None, :])
        r_BL = value_at(batch.feedback_BP, batch.reference_BL)
        likelihood_BL = p_BLP.gather(2, batch.reference_BL.clamp(min=0)[..., None])[..., 0]
        # A random item without a like for every slot; where there is none, its term is left out.
        plain_BP = batch.free_BP & (batch.feedback_BP == 0)
        drawn = torch.rand(p_BLP.shape, device=p_BLP.device).masked_fill(~plain_BP[:, None, :], -1.0).argmax(-1)
        wrong_BL = p_BLP.gather(2, drawn[..., None])[..., 0].exp()
        unlikelihood_BL = torch.log1p(-wrong_BL.clamp(max=1 - 1e-6)) * plain_BP.any(1, keepdim=True)
        return -(r_BL * likelihood_BL + unlikelihood_BL).mean(1).sum(), (batch.feedback_BP.sum(1) > 0).sum()

    def choose(self, batch: Batch) -> Tensor:
        empty_BL = torch.full((len(batch), self.config.length), -1, device=batch.pool_BP.device)
        return fill(self.scores(batch), empty_BL, batch.free_BP, self.config.length)[0]
