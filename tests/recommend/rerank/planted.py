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


def settings(
    kind: Kind, *, width: int = 32, layers: int = 1, epochs: int = 4, rate: float = 5e-3, policy: int = 1
) -> RerankConfig:
    return RerankConfig(
        kind=kind,
        network=NetworkConfig(width=width, layers=layers, heads=2, length=LENGTH, history=6, pool=POOL, dropout=0.0),
        evaluator=EvaluatorConfig(lists=8, learning_rate=2e-3),
        policy=PolicyConfig(epochs=policy, requests=64, group=4),
        samples=8,
        epochs=epochs,
        learning_rate=rate,
        batch=32,
    )


def clusters(count: int, seed: int, known: int = EACH) -> Examples:
    """A user likes one cluster; three items of a pool of ten belong to it. Only `known` items of a cluster occur."""
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


def company(count: int, seed: int) -> Examples:
    """Four items of one cluster and two of each other one: liked are the four. Neither item nor history tells which."""
    rng = np.random.default_rng(seed)
    pools = []
    for most in rng.integers(CLUSTERS, size=count):
        sizes = np.where(np.arange(CLUSTERS) == most, 4, 2)
        own = [rng.permutation(EACH)[:size] + EACH * cluster for cluster, size in enumerate(sizes)]
        pools.append(rng.permutation(np.concatenate(own)))
    pool = np.stack(pools)
    kind = pool // EACH
    liked = (kind[:, :, None] == kind[:, None, :]).sum(axis=2) == 4
    return examples([rng.integers(ITEMS, size=3) for _ in range(count)], pool, liked)


def examples(histories: list[np.ndarray], pool: np.ndarray, liked: np.ndarray) -> Examples:
    rng = np.random.default_rng(0)
    order = np.argsort(np.where(liked, rng.random(liked.shape), 2.0), axis=1)[:, :LENGTH]
    return Examples(Jagged.of(histories), pool, liked.astype(np.float32), order, np.arange(len(pool)))


def precision(found: Examples, places: np.ndarray) -> float:
    """Share of liked items among the chosen."""
    return float((np.take_along_axis(found.feedback, np.maximum(places, 0), axis=1) * (places >= 0)).mean())
