"""GloRank (arXiv 2604.25291): lists are written in codes of items, one global vocabulary for all pools.

An encoder reads history and pool; a decoder writes L x M codes, each under the trie of the pool with the leaves of
written items removed (`tokenize.trie`), so that every list is valid and has no item twice. First stage, here: teacher
forcing against the reference list under the trie's masks, weighted by feedback. Second stage: `policy`.

Backbone, sizes and the recipe of the ids are not published. Chosen: the encoder of the other rerankers, code
embeddings shared between items, decoder input and output, and one more level where codes collide.

Shapes: B requests, P places of the pool, L slots, M levels, T = L M codes of a list, V codes of a level, D width.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.decoder import ListDecoder, Memory
from pushgen.recommend.rerank.encoder import JointEncoder
from pushgen.recommend.rerank.network import RerankNetwork
from pushgen.recommend.rerank.settings import NetworkConfig
from pushgen.recommend.rerank.slots import among, value_at
from pushgen.recommend.tokenize.semantic_ids import SemanticIds
from pushgen.recommend.tokenize.trie import PoolTrie, allowed_along


class GloRank(RerankNetwork):
    """Code after code, left to right. Wants codes that tell items apart, `SemanticIds.distinct`."""

    def __init__(self, ids: SemanticIds, config: NetworkConfig) -> None:
        super().__init__(ids, config)
        self.encoder = JointEncoder(config)
        self.decoder = ListDecoder(config, config.length * len(self.items.sizes))
        self.out = nn.Linear(config.width, config.width)

    def read(self, batch: Batch) -> Memory:
        history_BHD, pool_BPD = self.items(batch.history_BH), self.items(batch.pool_BP)
        return Memory.of(batch, self.encoder(history_BHD, batch.past_BH, pool_BPD, batch.free_BP))

    def log_likelihood(self, batch: Batch, list_BL: Tensor, memory: Memory) -> Tensor:
        """Log-probability of each item of given lists of places, shape (B, L); 0 at -1. Gradients flow."""
        codes_BPM = self.items.codes_of(batch.pool_BP)
        size, length = list_BL.shape
        levels = codes_BPM.shape[2]
        target_BLM = codes_BPM.gather(1, list_BL.clamp(min=0)[..., None].expand(-1, -1, levels))
        words_BTD = torch.cat([self._words(level)[target_BLM[..., level]] for level in range(levels)], -1)
        h_BTD = self.decoder(words_BTD.view(size, length * levels, -1), memory)
        h_BLMD = self.out(h_BTD).view(size, length, levels, -1)
        masks = allowed_along(codes_BPM, batch.free_BP, list_BL, self.items.sizes)
        total_BL = torch.zeros(size, length, device=list_BL.device)
        for level, may_BLV in enumerate(masks):
            p_BLV = among(h_BLMD[:, :, level] @ self._words(level).T, may_BLV)
            total_BL = total_BL + p_BLV.gather(2, target_BLM[..., level][..., None])[..., 0]
        return total_BL * (list_BL >= 0)

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        p_BL = self.log_likelihood(batch, batch.reference_BL, self.read(batch))
        r_BL = value_at(batch.feedback_BP, batch.reference_BL)
        return -(r_BL * p_BL).mean(1).sum(), (batch.feedback_BP.sum(1) > 0).sum()

    def choose(self, batch: Batch) -> Tensor:
        return self.write(batch, self.read(batch), lambda p_BV: p_BV.argmax(-1))

    def sample(self, batch: Batch, memory: Memory) -> Tensor:
        """Lists drawn from the model, shape (B, L)."""
        return self.write(batch, memory, lambda p_BV: torch.multinomial(p_BV.exp(), 1)[:, 0])

    def write(self, batch: Batch, memory: Memory, pick: Callable[[Tensor], Tensor]) -> Tensor:
        """Lists of places under the trie; `pick` turns log-probabilities (B, V) into codes (B,)."""
        trie = PoolTrie(self.items.codes_of(batch.pool_BP), batch.free_BP, self.items.sizes)
        writing, last_BD = self.decoder.begin(memory), None
        chosen: list[Tensor] = []
        for _ in range(self.config.length):
            for level in range(len(self.items.sizes)):
                words_VD = self._words(level)
                h_BD = self.out(writing.state(last_BD))
                code_B = pick(among(h_BD @ words_VD.T, trie.allowed()))
                trie.advance(code_B)
                last_BD = words_VD[code_B]
            chosen.append(trie.finish())
        return torch.stack(chosen, 1)

    def _words(self, level: int) -> Tensor:
        start = sum(self.items.sizes[:level])
        return self.items.words.weight[start : start + self.items.sizes[level]]
