"""UniRank (arXiv 2605.10527): a list is written by taking masks off its slots, the surest first.

A bidirectional encoder reads [history ; pool ; list], where empty slots hold a learned mask. The states at the slots
point into the pool (local pool scoring):

    Z = (H_S W_q) H_C' / sqrt(D),    softmax over the request's own pool, row by row

Training: n ~ Uniform{1..L} slots of the reference list are masked, alpha = n / L, history and pool stay clean, and

    loss = (1/L) sum over masked slots j of (r_j / alpha) CE(softmax(Z_j), l_j)

with l_j the place of the reference item and r_j its feedback. Decoding is in `decoding`: one by one by confidence, from
left to right (autoregressive), all at once, or anything between, from the same weights.

Departures and choices where nothing is published: slots are told apart by learned embeddings, histories by places
from the newest item, the pool has no places; slots beyond a reference that is shorter than L stay masked and cost
nothing; of 4 layers of width 256 the defaults keep 2 of width 64, for two cores.

Shapes: B requests, P places of the pool, L slots, D width.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.decoding import decode
from pushgen.recommend.rerank.encoder import JointEncoder
from pushgen.recommend.rerank.network import RerankNetwork
from pushgen.recommend.rerank.settings import DecodingConfig, NetworkConfig
from pushgen.recommend.rerank.slots import among, gather, value_at
from pushgen.recommend.tokenize.semantic_ids import SemanticIds


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A batch whose items are already vectors: what all passes over it share."""

    batch: Batch
    history_BHD: Tensor
    pool_BPD: Tensor


class UniRank(RerankNetwork):
    """Masked-slot denoising of lists."""

    def __init__(self, ids: SemanticIds, config: NetworkConfig, decoding: DecodingConfig | None = None) -> None:
        super().__init__(ids, config)
        self.decoding = decoding or DecodingConfig()
        self.decoding.passes(config.length)
        self.encoder = JointEncoder(config)
        self.slots = nn.Embedding(config.length, config.width)
        nn.init.normal_(self.slots.weight, std=1 / math.sqrt(config.width))
        self.mask = nn.Parameter(torch.randn(config.width) / math.sqrt(config.width))
        self.query = nn.Linear(config.width, config.width, bias=False)

    def read(self, batch: Batch) -> Request:
        return Request(batch, self.items(batch.history_BH), self.items(batch.pool_BP))

    def scores(self, request: Request, slate_BL: Tensor) -> Tensor:
        """Z, shape (B, L, P), of the slots of a list of places in which -1 is a mask. One pass of the encoder."""
        known_BLD = gather(request.pool_BPD, slate_BL)
        filled_BL1 = (slate_BL >= 0)[..., None]
        slate_BLD = torch.where(filled_BL1, known_BLD, self.mask.to(known_BLD.dtype)) + self.slots.weight
        batch = request.batch
        seen = self.encoder(request.history_BHD, batch.past_BH, request.pool_BPD, batch.free_BP, slate_BLD)
        return self.query(seen.slate_BLD) @ seen.pool_BPD.transpose(1, 2) / math.sqrt(self.config.width)

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        reference_BL = batch.reference_BL
        size, length = reference_BL.shape
        n_B1 = torch.randint(1, length + 1, (size, 1), device=reference_BL.device)
        rank_BL = torch.rand(size, length, device=reference_BL.device).argsort(1).argsort(1)
        masked_BL = rank_BL < n_B1
        z_BLP = self.scores(self.read(batch), reference_BL.masked_fill(masked_BL, -1))
        return masked_loss(z_BLP, batch, masked_BL, n_B1)

    def choose(self, batch: Batch) -> Tensor:
        return decode(self, batch, self.decoding)


def masked_loss(z_BLP: Tensor, batch: Batch, masked_BL: Tensor, n_B1: Tensor) -> tuple[Tensor, Tensor]:
    """The loss above, summed over requests, and how many requests have feedback to learn from.

    A request's loss is (1/L) sum (r / (n / L)) CE = sum (r / n) CE.
    """
    r_BL = value_at(batch.feedback_BP, batch.reference_BL) * masked_BL
    p_BLP = among(z_BLP, batch.free_BP[:, None, :])
    ce_BL = -p_BLP.gather(2, batch.reference_BL.clamp(min=0)[..., None])[..., 0]
    return (r_BL * ce_BL / n_B1).sum(), (batch.feedback_BP.sum(1) > 0).sum()
