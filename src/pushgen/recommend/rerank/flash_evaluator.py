"""FlashEvaluator (arXiv 2603.02565): the worth of K lists of one request in a single pass.

1. Once per request: self-attention over the distinct items, then attention to the user's history.
2. The item vectors are gathered into lists, get slots and a [CLS]; self-attention within each list gives its vector.
3. Self-attention over the K list vectors (`nn.cross_list`, which the reward model of texts uses for its candidates),
   then one score per list.

The heavy part grows with the distinct items, not with the K L occurrences. `one_by_one` is the same network run list by
list, each time from the items on: without stage 3 it gives the same scores.

Departures: the distinct items are those of the request's pool, whichever lists are asked for, so that without stage 3
the score of a list does not depend on its rivals. Sizes are not published and follow `NetworkConfig`.

Shapes: B requests, K lists, L slots, P places of the pool, D width.
"""

import math

import torch
from torch import Tensor, nn

from pushgen.nn.cross_list import CrossList
from pushgen.nn.transformer import EncoderLayer
from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.items import ItemEncoder
from pushgen.recommend.rerank.settings import EvaluatorConfig, NetworkConfig
from pushgen.recommend.rerank.slots import gather
from pushgen.recommend.tokenize.semantic_ids import SemanticIds


class FlashEvaluator(nn.Module):
    """Scores of lists; only differences within a request have a meaning."""

    def __init__(self, ids: SemanticIds, config: NetworkConfig, evaluator: EvaluatorConfig) -> None:
        super().__init__()
        width, heads, dropout = config.width, config.heads, config.dropout
        self.config = config
        self.items = ItemEncoder(ids, width)
        self.places = nn.Embedding(config.history, width)
        self.slots = nn.Embedding(config.length + 1, width)
        for table in (self.places, self.slots):
            nn.init.normal_(table.weight, std=1 / math.sqrt(width))

        def layers(count: int) -> nn.ModuleList:
            return nn.ModuleList(EncoderLayer(width, heads, config.hidden, dropout) for _ in range(count))

        self.item_layers, self.list_layers = layers(evaluator.item_layers), layers(evaluator.list_layers)
        self.user = CrossList(width, heads, 0, dropout, context=True)
        self.cross = CrossList(width, heads, evaluator.cross_layers, dropout, context=False)
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 1)

    def read(self, batch: Batch) -> Tensor:
        """Stage 1: a vector per place of the pool, shape (B, P, D)."""
        x_BPD, mask_B11P = self.items(batch.pool_BP), batch.free_BP[:, None, None, :]
        for layer in self.item_layers:
            x_BPD = layer(x_BPD, mask_B11P)
        newest = torch.arange(batch.history_BH.shape[1] - 1, -1, -1, device=x_BPD.device)
        history_BHD = self.items(batch.history_BH) + self.places(newest)
        return self.user(x_BPD, batch.free_BP, history_BHD, batch.past_BH)

    def lists(self, item_BPD: Tensor, lists_BKL: Tensor) -> Tensor:
        """Stage 2: a vector per list, shape (B, K, D). A list may be shorter and end with -1."""
        size, count, length = lists_BKL.shape
        members = gather(item_BPD, lists_BKL.flatten(1)).view(size * count, length, -1)
        x = torch.cat((torch.zeros_like(members[:, :1]), members), 1) + self.slots.weight[: length + 1]
        there = torch.nn.functional.pad(lists_BKL.flatten(0, 1) >= 0, (1, 0), value=True)
        for layer in self.list_layers:
            x = layer(x, there[:, None, None, :])
        return x[:, 0].view(size, count, -1)

    def judge(self, list_BKD: Tensor) -> Tensor:
        """Stage 3: scores, shape (B, K), float32."""
        every = torch.ones(list_BKD.shape[:2], dtype=torch.bool, device=list_BKD.device)
        return self.head(self.norm(self.cross(list_BKD, every)))[..., 0].float()

    def forward(self, batch: Batch, lists_BKL: Tensor) -> Tensor:
        """Scores of lists of places, shape (B, K), in one pass."""
        return self.judge(self.lists(self.read(batch), lists_BKL))

    def one_by_one(self, batch: Batch, lists_BKL: Tensor) -> Tensor:
        """The same for every list as if it were the only one of its request: all stages K times over."""
        size, count, length = lists_BKL.shape
        alone = lists_BKL.reshape(size * count, 1, length)
        return self(batch.repeated(count), alone).view(size, count)
