"""A trained reranker ready for use: raw histories and pools in, places out. One implementation for all networks.

What every network is spared is settled here. A pool may be smaller than the list or empty, hold an item twice (the
first copy counts), and a history may be empty. A list longer than the network's is written block by block: what is
chosen leaves the pool, and the rest is asked again.

Shapes: B requests, P places of a pool, k items of an answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from pushgen.errors import ConfigurationError, InputError
from pushgen.recommend.data.jagged import NONE, Ids, Jagged
from pushgen.recommend.rerank.batch import Batch, requests_of
from pushgen.recommend.rerank.items import ItemEncoder
from pushgen.recommend.rerank.network import RerankNetwork
from pushgen.recommend.rerank.settings import RerankConfig
from pushgen.recommend.tokenize.semantic_ids import SemanticIds
from pushgen.training.precision import device_of


class NetworkReranker:
    """A `protocols.Reranker`."""

    def __init__(
        self,
        network: RerankNetwork,
        ids: SemanticIds,
        config: RerankConfig,
        *,
        name: str | None = None,
        figures: Mapping[str, Any] | None = None,
        at_once: int = 256,
    ) -> None:
        """`at_once` requests go through the network together; it does not change an answer."""
        self.network, self.ids, self.config = network.eval(), ids, config
        self.name = name or config.kind
        self.figures = dict(figures or {})
        self.at_once = at_once

    @property
    def items(self) -> int:
        """Size of the catalogue, I."""
        return len(self.ids)

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())

    def rerank(self, histories: Jagged, pools: Ids, k: int) -> Ids:
        """The places of the k items to show, best first, shape (B, k); see `protocols.Reranker`.

        Raises `InputError` for an item that the model does not know; `with_items` makes it known.
        """
        if k < 1:
            raise ConfigurationError(f"a list has at least one item, found k = {k}")
        self._check("histories", histories.values, histories.rows)
        self._check("pools", pools, np.broadcast_to(np.arange(len(pools))[:, None], pools.shape))
        if len(histories) != len(pools):
            raise InputError(
                field="pools",
                expected=f"one pool for each of the {len(histories)} histories",
                found=str(len(pools)),
                remedy="Give both in the same order, row by row.",
            )
        found = np.full((len(pools), k), NONE, np.int64)
        if not pools.size:
            return found
        for start in range(0, len(pools), self.at_once):
            rows = slice(start, start + self.at_once)
            batch = requests_of(
                histories.slice(start, start + self.at_once),
                pools[rows],
                self.config.network.history,
                self.config.network.length,
                device_of(self.network),
            )
            found[rows] = self._write(batch, k).cpu().numpy()
        return found

    def with_items(self, codes: Ids) -> "NetworkReranker":
        """The same model with items that training never saw behind its own, known by their codes.

        `codes` come from the quantiser that made the model's own, shape (N, M). Raises `ConfigurationError` where the
        model reads plain item ids.
        """
        if len(self.ids.sizes) == 1 and self.ids.sizes[0] == len(self.ids):
            raise ConfigurationError("this model reads plain item ids and cannot know others; train it with codes")
        wider = self.ids.extend(codes)
        for part in encoders(self.network):
            part.know(wider)
        return NetworkReranker(
            self.network, wider, self.config, name=self.name, figures=self.figures, at_once=self.at_once
        )

    def decoded(self, **changes: Any) -> "NetworkReranker":
        """The same UniRank with another way to decode; `changes` are fields of `DecodingConfig`."""
        decoding = replace(self.config.decoding, **changes)
        decoding.passes(self.config.network.length)
        self.network.decoding = decoding  # type: ignore[assignment]
        config = replace(self.config, decoding=decoding)
        return NetworkReranker(self.network, self.ids, config, name=self.name, figures=self.figures)

    @torch.inference_mode()
    def _write(self, batch: Batch, k: int) -> torch.Tensor:
        blocks: list[torch.Tensor] = []
        for _ in range(0, k, self.config.network.length):
            block = self.network.choose(batch)
            taken = torch.zeros_like(batch.pool_BP).scatter_add(1, block.clamp(min=0), (block >= 0).long()) > 0
            batch = batch.where(free_BP=batch.free_BP & ~taken)
            blocks.append(block)
        lists = torch.cat(blocks, 1)
        # Slots that stayed empty go behind the filled ones.
        return lists.gather(1, (lists < 0).int().argsort(dim=1, stable=True))[:, :k]

    def _check(self, field: str, numbers: Ids, rows: Ids) -> None:
        low = NONE if field == "pools" else 0
        wrong = (numbers < low) | (numbers >= self.items)
        if wrong.any():
            raise InputError(
                row=int(rows[wrong][0]) + 1,
                field=field,
                expected=f"numbers of the model's {self.items} items, from 0",
                found=repr(int(numbers[wrong][0])),
                remedy="Number items by the catalogue of the training, or add new ones by `with_items`.",
            )


def encoders(network: nn.Module) -> Iterator[ItemEncoder]:
    """Every part of a network that reads items."""
    return (part for part in network.modules() if isinstance(part, ItemEncoder))
