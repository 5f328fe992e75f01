"""Which rerankers there are, and how each is built from its configuration."""

from collections.abc import Callable

import torch

from pushgen.recommend.rerank.generator_evaluator import GeneratorEvaluator
from pushgen.recommend.rerank.glorank import GloRank
from pushgen.recommend.rerank.index_head import IndexHead
from pushgen.recommend.rerank.nar4rec import Nar4Rec
from pushgen.recommend.rerank.network import RerankNetwork
from pushgen.recommend.rerank.pointer import Pointer
from pushgen.recommend.rerank.pointwise import Pointwise
from pushgen.recommend.rerank.prm import Prm
from pushgen.recommend.rerank.settings import Kind, RerankConfig
from pushgen.recommend.rerank.unirank import UniRank
from pushgen.recommend.tokenize.semantic_ids import SemanticIds

KINDS: dict[Kind, Callable[[SemanticIds, RerankConfig], RerankNetwork]] = {
    "pointwise": lambda ids, config: Pointwise(ids, config.network),
    "prm": lambda ids, config: Prm(ids, config.network),
    "pointer": lambda ids, config: Pointer(ids, config.network),
    "index": lambda ids, config: IndexHead(ids, config.network),
    "nar4rec": lambda ids, config: Nar4Rec(ids, config.network),
    "unirank": lambda ids, config: UniRank(ids, config.network, config.decoding),
    "glorank": lambda ids, config: GloRank(ids, config.network),
    "generator-evaluator": lambda ids, config: GeneratorEvaluator(
        ids, config.network, config.evaluator, config.samples
    ),
}


def ids_for(kind: Kind, ids: SemanticIds) -> SemanticIds:
    """The table that a kind is trained with: GloRank writes codes and needs them to tell items apart."""
    return ids.distinct() if kind == "glorank" else ids


def build(ids: SemanticIds, config: RerankConfig) -> RerankNetwork:
    """The untrained network of a configuration, drawn by its seed; the global random state is as before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return KINDS[config.kind](ids, config)
