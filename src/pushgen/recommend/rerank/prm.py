"""PRM, the personalised re-ranking model (arXiv 1904.06813): every item of a pool is scored in sight of the others.

Self-attention over the pool, then one score per item; softmax over the pool against the feedback, divided by its sum
(a list-wise cross-entropy). Departure: the history stands in the same encoder instead of behind a pre-trained vector
per user, so that users never seen are served; the initial order is not shown, as pools come shuffled.

Shapes: B requests, P places of the pool.
"""

from torch import Tensor, nn

from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.encoder import JointEncoder
from pushgen.recommend.rerank.network import RerankNetwork
from pushgen.recommend.rerank.settings import NetworkConfig
from pushgen.recommend.rerank.slots import among, best_first
from pushgen.recommend.tokenize.semantic_ids import SemanticIds


class Prm(RerankNetwork):
    """Scores in context, best first."""

    def __init__(self, ids: SemanticIds, config: NetworkConfig) -> None:
        super().__init__(ids, config)
        self.encoder = JointEncoder(config)
        self.head = nn.Linear(config.width, 1)

    def scores(self, batch: Batch) -> Tensor:
        """One score per place, shape (B, P)."""
        history_BHD, pool_BPD = self.items(batch.history_BH), self.items(batch.pool_BP)
        return self.head(self.encoder(history_BHD, batch.past_BH, pool_BPD, batch.free_BP).pool_BPD)[..., 0]

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        p_BP = among(self.scores(batch), batch.free_BP)
        liked_B1 = batch.feedback_BP.sum(1, keepdim=True)
        return -(batch.feedback_BP / liked_B1.clamp(min=1e-9) * p_BP).sum(), (liked_B1 > 0).sum()

    def choose(self, batch: Batch) -> Tensor:
        return best_first(self.scores(batch), batch.free_BP, self.config.length)
