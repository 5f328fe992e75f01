"""Generate and judge: many lists are drawn from a generator, an evaluator chooses one (G-K in the papers' tables).

The generator is PRM: a list is drawn without replacement by the softmax of its scores, the first list is the greedy
one, so that K = 1 is PRM itself. The evaluator is FlashEvaluator, trained on lists of both kinds of `list_samples`.

Shapes: B requests, K lists, L slots.
"""

import torch
from torch import Tensor

from pushgen.recommend.rerank.batch import Batch
from pushgen.recommend.rerank.flash_evaluator import FlashEvaluator
from pushgen.recommend.rerank.list_samples import from_scores
from pushgen.recommend.rerank.prm import Prm
from pushgen.recommend.rerank.settings import EvaluatorConfig, NetworkConfig
from pushgen.recommend.tokenize.semantic_ids import SemanticIds


class GeneratorEvaluator(Prm):
    """A PRM whose list is the one of many that the evaluator likes best."""

    def __init__(
        self, ids: SemanticIds, config: NetworkConfig, evaluator: EvaluatorConfig | None = None, samples: int = 20
    ) -> None:
        super().__init__(ids, config)
        self.samples = samples
        self.evaluator = FlashEvaluator(ids, config, evaluator or EvaluatorConfig())

    def greedy(self, batch: Batch) -> Tensor:
        """The list of the generator alone."""
        return super().choose(batch)

    def propose(self, batch: Batch, count: int, seed: int = 0) -> Tensor:
        """Lists of the generator, shape (B, K, L)."""
        return from_scores(batch, self.scores(batch), count, self.config.length, seed)

    def choose(self, batch: Batch) -> Tensor:
        lists_BKL = self.propose(batch, self.samples)
        best_B = self.evaluator(batch, lists_BKL).argmax(1)
        return lists_BKL[torch.arange(len(batch), device=best_B.device), best_B]
