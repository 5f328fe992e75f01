"""The bidirectional encoder over what a user did, what may be shown, and (for UniRank) the list under way.

The input is [history ; separator ; pool ; separator ; list] as in UniRank (arXiv 2605.10527), every item one vector;
without a list it ends before the second separator. A history has places (counted from its newest item), a list has
slots, a pool has neither: permuting it permutes what comes out, so that nothing can leak from the order of a pool.

Shapes: B requests, H places of a history, P places of a pool, L slots of a list, D width.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pushgen.nn.transformer import EncoderLayer
from pushgen.recommend.rerank.settings import NetworkConfig

HISTORY, POOL, SLATE = range(3)


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """The states at each part of the input."""

    history_BHD: Tensor
    pool_BPD: Tensor
    slate_BLD: Tensor
    """L is 0 where no list was given."""


class JointEncoder(nn.Module):
    """Attention from everything to everything."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.width
        self.places = nn.Embedding(config.history, width)
        self.parts = nn.Embedding(3, width)
        for table in (self.places, self.parts):
            nn.init.normal_(table.weight, std=1 / math.sqrt(width))
        self.separators = nn.Parameter(torch.randn(2, width) / math.sqrt(width))
        self.layers = nn.ModuleList(
            EncoderLayer(width, config.heads, config.hidden, config.dropout) for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        history_BHD: Tensor,
        past_BH: Tensor,
        pool_BPD: Tensor,
        free_BP: Tensor,
        slate_BLD: Tensor | None = None,
    ) -> Encoded:
        """Item vectors to states. `past_BH` and `free_BP` are true where there is an item to look at."""
        batch, history = past_BH.shape
        pool = free_BP.shape[1]
        newest = torch.arange(history - 1, -1, -1, device=past_BH.device)
        first, second = self.separators[:, None, None, :].expand(2, batch, 1, -1)
        x = [history_BHD + self.places(newest) + self.parts.weight[HISTORY], first, pool_BPD + self.parts.weight[POOL]]
        one = torch.ones(batch, 1, dtype=torch.bool, device=past_BH.device)
        seen = [past_BH, one, free_BP]
        if slate_BLD is not None:
            x += [second, slate_BLD + self.parts.weight[SLATE]]
            seen += [one, one.expand(-1, slate_BLD.shape[1])]
        x_BSD, mask_B11S = self.dropout(torch.cat(x, 1)), torch.cat(seen, 1)[:, None, None, :]
        for layer in self.layers:
            x_BSD = layer(x_BSD, mask_B11S)
        x_BSD = self.norm(x_BSD)
        end = history + 1 + pool
        return Encoded(x_BSD[:, :history], x_BSD[:, history + 1 : end], x_BSD[:, end + 1 :])
