"""The point-wise baseline: each item is judged against the history alone, blind to the rest of its pool.

Self-attention over the history, attention of the candidate to it as in DIN (arXiv 1706.06978) with the softmax kept,
then a small network on candidate and interest; logistic loss per item. What a list-wise model adds is what it gains
over this one, which reads the same items with the same width.

Shapes: B requests, H places of a history, P places of the pool, D width.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from pushgen.nn.cross_list import CrossList
from pushgen.nn.transformer import EncoderLayer, FeedForward
from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.network import RerankNetwork
from pushgen.recommend.rerank.settings import NetworkConfig
from pushgen.recommend.rerank.slots import best_first
from pushgen.recommend.tokenize.semantic_ids import SemanticIds


class Pointwise(RerankNetwork):
    """Scores one by one, best first."""

    def __init__(self, ids: SemanticIds, config: NetworkConfig) -> None:
        super().__init__(ids, config)
        width = config.width
        self.places = nn.Embedding(config.history, width)
        nn.init.normal_(self.places.weight, std=1 / math.sqrt(width))
        self.layers = nn.ModuleList(
            EncoderLayer(width, config.heads, config.hidden, config.dropout) for _ in range(config.layers)
        )
        self.interest = CrossList(width, config.heads, 0, config.dropout, context=True)
        self.judge = FeedForward(2 * width, config.hidden)
        self.norm, self.head = nn.LayerNorm(2 * width), nn.Linear(2 * width, 1)
        self.dropout = nn.Dropout(config.dropout)

    def scores(self, batch: Batch) -> Tensor:
        """Log-odds of a like, shape (B, P)."""
        newest = torch.arange(batch.history_BH.shape[1] - 1, -1, -1, device=batch.history_BH.device)
        x_BHD = self.dropout(self.items(batch.history_BH) + self.places(newest))
        for layer in self.layers:
            x_BHD = layer(x_BHD, batch.past_BH[:, None, None, :])
        item_BPD = self.dropout(self.items(batch.pool_BP))
        found_BPD = self.interest(item_BPD, batch.free_BP, x_BHD, batch.past_BH)
        both = torch.cat((item_BPD, found_BPD), -1)
        return self.head(both + self.dropout(self.judge(self.norm(both))))[..., 0]

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        each_BP = binary_cross_entropy_with_logits(self.scores(batch).float(), batch.feedback_BP, reduction="none")
        there_BP = batch.free_BP.float()
        return (each_BP * there_BP).sum(), there_BP.sum()

    def choose(self, batch: Batch) -> Tensor:
        return best_first(self.scores(batch), batch.free_BP, self.config.length)
