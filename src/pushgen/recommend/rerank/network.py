"""What every reranking network is: items read through their codes, a loss on a batch, and a list for a request."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.items import ItemEncoder
from pushgen.recommend.rerank.settings import NetworkConfig
from pushgen.recommend.tokenize.semantic_ids import SemanticIds


class RerankNetwork(nn.Module, ABC):
    """A network that writes lists of `config.length` items."""

    def __init__(self, ids: SemanticIds, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.items = ItemEncoder(ids, config.width)

    @abstractmethod
    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Sum of the losses of the requests that carry evidence, and their number."""

    @abstractmethod
    def choose(self, batch: Batch) -> Tensor:
        """Places of the chosen items, best first, shape (B, L), -1 where a pool has no more; none of them twice."""
