"""Requests whose right answer is known by construction."""

import numpy as np

from pushgen.recommend.data.jagged import Jagged
from pushgen.recommend.rerank.examples import Examples
from pushgen.recommend.rerank.settings import EvaluatorConfig, Kind, NetworkConfig, PolicyConfig, RerankConfig
from pushgen.recommend.tokenize.semantic_ids import SemanticIds

CLUSTERS, EACH, LENGTH, POOL = 4, 12, 3, 10
ITEMS = CLUSTERS * EACH
IDS = SemanticIds(np.stack([np.arange(ITEMS) // EACH, np.arange(ITEMS) % EACH], axis=1), (CLUSTERS, EACH))
"""The first code of an item is its cluster, the second its place in there."""


def settings(kind: Kind, *, width: int = 32, layers: int = 1, epochs: int = 3, rate: float = 3e-3) -> RerankConfig:
    return RerankConfig(
        kind=kind,
        network=NetworkConfig(width=width, layers=layers, heads=2, length=LENGTH, history=6, pool=POOL, dropout=0.0),
        evaluator=EvaluatorConfig(lists=8),
        policy=PolicyConfig(requests=128, group=4),
        samples=8,
        epochs=epochs,
        learning_rate=rate,
    )


def clusters(count: int, seed: int, known: int = EACH) -> Examples:
    """A user likes one cluster; three items of a pool of ten belong to it. Items beyond `known` of a cluster are absent."""
    rng = np.random.default_rng(seed)
    histories, pools = [], []
    for liked in rng.integers(CLUSTERS, size=count):
        own = rng.permutation(known) + EACH * liked
        others = rng.permutation([item for item in range(ITEMS) if item // EACH != liked and item % EACH < known])
        histories.append(own[3 : 3 + rng.integers(1, 5)])
        pools.append(rng.permutation(np.concatenate((own[:3], others[: POOL - 3]))))
    pool = np.stack(pools)
    liked = pool // EACH == np.array([row[0] // EACH for row in histories])[:, None]
    return examples(histories, pool, liked)


def partners(count: int, seed: int) -> Examples:
    """An item is liked where its partner stands in the same pool: nothing about the item or the history tells."""
    rng = np.random.default_rng(seed)
    pools = []
    for _ in range(count):
        pairs = rng.permutation(ITEMS // 2)
        single = 2 * pairs[2:8] + rng.integers(2, size=6)
        pools.append(rng.permutation(np.concatenate((2 * pairs[:2], 2 * pairs[:2] + 1, single))))
    pool = np.stack(pools)
    liked = (pool[:, :, None] ^ 1 == pool[:, None, :]).any(axis=2)
    return examples([rng.integers(ITEMS, size=3) for _ in range(count)], pool, liked)


def examples(histories: list[np.ndarray], pool: np.ndarray, liked: np.ndarray) -> Examples:
    rng = np.random.default_rng(0)
    order = np.argsort(np.where(liked, rng.random(liked.shape), 2.0), axis=1)[:, :LENGTH]
    return Examples(Jagged.of(histories), pool, liked.astype(np.float32), order, np.arange(len(pool)))


def precision(found: Examples, places: np.ndarray) -> float:
    """Share of liked items among the chosen."""
    return float((np.take_along_axis(found.feedback, np.maximum(places, 0), axis=1) * (places >= 0)).mean())
