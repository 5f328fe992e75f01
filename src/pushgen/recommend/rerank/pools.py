"""Pools for lists that are known: what a retriever would have offered, with or without the right items put in.

- `inserted`, the protocol of the reranking papers: the items that the user took stand in the pool by construction, the
  rest are the retriever's best others. It measures how well a model finds them again, not retrieval. The right items
  are then mostly those that the retriever likes least, which a model can learn: `retriever_order` shows how far that
  alone goes.
- `retrieved`: the retriever's best and nothing else; the right items are there as far as it found them.

Pools are shuffled. Right items first, as in code that the papers left, lets a model read the answer off the places;
that order is there for the leak test alone.

Shapes: B requests, P places of a pool, L items of a list.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pushgen.errors import ConfigurationError
from pushgen.progress import bar
from pushgen.recommend.data.jagged import NONE, Ids, Jagged, concatenate
from pushgen.recommend.protocols import Cases, Retriever
from pushgen.recommend.rerank.examples import Examples

AT_ONCE = 512
"""Requests that are ranked together."""
PoolKind = Literal["inserted", "retrieved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolConfig:
    """How pools are made."""

    kind: PoolKind = "inserted"
    """Whether the items that the user took are put in."""
    size: int = 50
    """Places of a pool, P."""
    length: int = 6
    """Items of a reference list, L."""
    shuffle: bool = True
    """False for the leak test alone: the items that the user took stand first."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.length <= self.size:
            raise ConfigurationError(
                f"pools: a list of {self.length} items must have at least one and fit a pool of {self.size}"
            )


def make_examples(cases: Cases, retriever: Retriever, config: PoolConfig | None = None) -> Examples:
    """Pools, feedback and reference lists for cases; a pool holds nothing that the user has had.

    A reference holds the items of the pool that the user took, in their order, and after them random others.
    """
    config = config or PoolConfig()
    generator = np.random.default_rng(config.seed)
    pools = np.full((len(cases), config.size), NONE, np.int64)
    with bar("Making pools", len(cases)) as shown:
        for start in range(0, len(cases), AT_ONCE):
            histories = cases.histories.slice(start, start + AT_ONCE)
            targets = cases.targets.slice(start, start + AT_ONCE)
            pools[start : start + AT_ONCE] = _pools(retriever, histories, targets, config)
            shown.advance(len(histories))
    keys = cases.targets.rows * (retriever.items + 1) + cases.targets.values
    own = np.where(pools == NONE, -1, np.arange(len(pools))[:, None] * (retriever.items + 1) + pools)
    liked = np.isin(own, keys)
    examples = Examples(
        cases.histories,
        pools,
        liked.astype(np.float32),
        _references(cases.targets, pools, liked, config, generator),
        cases.users,
    )
    return examples.shuffled(config.seed) if config.shuffle else examples


def cross_fitted_examples(
    new: Callable[[], Retriever],
    training: Jagged,
    training_users: Ids,
    cases: Cases,
    items: int,
    config: PoolConfig | None = None,
    parts: int = 2,
) -> Examples:
    """Examples whose pools come from a retriever that did not learn from the same users.

    A retriever that has learnt a list offers its items first, which it will not do for lists to come; a reranker that
    is trained on such pools learns to trust it. Users fall into `parts`, each served by a retriever (`new`) fitted on
    the histories of the others.
    """
    made: list[Examples] = []
    for part in range(parts):
        retriever = new()
        retriever.fit(training.take(np.flatnonzero(training_users % parts != part)), items=items)
        rows = np.flatnonzero(cases.users % parts == part)
        own = Cases(histories=cases.histories.take(rows), targets=cases.targets.take(rows), users=cases.users[rows])
        made.append(make_examples(own, retriever, config))
    return Examples(
        concatenate([one.histories for one in made]),
        np.concatenate([one.pools for one in made]),
        np.concatenate([one.feedback for one in made]),
        np.concatenate([one.references for one in made]),
        np.concatenate([one.users for one in made]),
    )


def _pools(retriever: Retriever, histories: Jagged, targets: Jagged, config: PoolConfig) -> Ids:
    """Pools whose inserted items stand first, the others as the retriever ranks them, shape (B, P)."""
    if config.kind == "retrieved":
        return retriever.recommend(histories, config.size).items
    own, _ = targets.padded(int(targets.lengths.max(initial=1)))
    others = retriever.recommend(histories, config.size).items
    others = np.where((others[:, :, None] == own[:, None, :]).any(axis=2), NONE, others)
    both = np.concatenate((own, others), axis=1)
    order = np.argsort(both == NONE, axis=1, kind="stable")[:, : config.size]
    return np.take_along_axis(both, order, axis=1)


def _references(
    targets: Jagged,
    pools: Ids,
    liked: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
    config: PoolConfig,
    generator: np.random.Generator,
) -> Ids:
    """Places of the taken items in their order, then of random others, shape (B, L)."""
    rank = np.full(pools.shape, np.inf)
    padded, there = targets.padded(int(targets.lengths.max(initial=1)))
    for column in range(padded.shape[1]):
        here = (pools == padded[:, column : column + 1]) & there[:, column : column + 1]
        rank[here] = column
    rank = np.where(liked, rank, padded.shape[1] + generator.random(pools.shape))
    rank[pools == NONE] = np.inf
    order = np.argsort(rank, axis=1, kind="stable")[:, : config.length]
    return np.where(np.isfinite(np.take_along_axis(rank, order, axis=1)), order, NONE)
