"""What a retriever is worth on cases that it was not trained on, every item of the catalogue a candidate."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError
from pushgen.progress import bar
from pushgen.recommend.data.jagged import Ids, Jagged
from pushgen.recommend.metrics.auc import catalogue_auc
from pushgen.recommend.metrics.catalogue import coverage, gini, novelty, shown
from pushgen.recommend.metrics.ranking import Values, ranking_metrics
from pushgen.recommend.protocols import Cases, Retriever
from pushgen.statistics.bootstrap import Interval, mean_intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateConfig:
    """How a retriever is measured."""

    k: tuple[int, ...] = (5, 10)
    """Lengths of the lists."""
    batch: int = 512
    """Requests at a time."""
    draws: int = 1000
    """Bootstrap draws of users."""
    auc: bool = False
    """Whether the area under the curve over the whole catalogue is measured too, which looks at every score."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.k or min(self.k) < 1 or self.batch < 1 or self.draws < 1:
            raise ConfigurationError("evaluation: k, batch and draws must be at least 1")


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The measures of one retriever on the same cases as its rivals."""

    values: dict[str, Values]
    """Per request, shape (B,): what intervals and paired differences are made of."""
    intervals: dict[str, Interval]
    """Mean over requests, with the interval over users."""
    whole: dict[str, float]
    """Coverage and Gini coefficient of the longest lists. They depend on the number of requests, and a resample of
    users shows fewer items than the users do, so that they have no bootstrap interval."""
    items: Ids
    """What was recommended, shape (B, largest k)."""

    def figures(self) -> dict[str, Any]:
        """Plain values for JSON."""
        means = {name: [one.value, one.low, one.high] for name, one in self.intervals.items()}
        return {**means, **self.whole, "requests": len(self.items)}


def evaluate(
    retriever: Retriever,
    cases: Cases,
    training: Jagged,
    config: EvaluateConfig | None = None,
    *,
    exclude_seen: bool = True,
) -> Evaluation:
    """Ranks the catalogue for every case. `training` tells how popular items are; nothing is learned from it here."""
    config = config or EvaluateConfig()
    longest = max(config.k)
    lists: list[Ids] = []
    areas: list[NDArray[np.float64]] = []
    with bar(f"ranking with {retriever.name}", len(cases)) as shown_bar:
        for start in range(0, len(cases), config.batch):
            histories = cases.histories.slice(start, start + config.batch)
            lists.append(retriever.recommend(histories, longest, exclude_seen=exclude_seen).items)
            if config.auc:
                seen = histories if exclude_seen else Jagged.of([[]] * len(histories))
                targets = cases.targets.slice(start, start + config.batch)
                areas.append(catalogue_auc(retriever.scores(histories), targets, seen))
            shown_bar.advance(len(histories))
    items = np.concatenate(lists)
    popularity = np.bincount(training.values, minlength=retriever.items)
    values = ranking_metrics(items, cases.targets, config.k)
    values[f"novelty@{longest}"] = novelty(items, popularity, len(training))
    if config.auc:
        values["auc"] = np.concatenate(areas)
    intervals = mean_intervals(values, cases.users, draws=config.draws, seed=config.seed)
    whole = {
        f"coverage@{longest}": coverage(items, retriever.items),
        f"gini@{longest}": gini(shown(items, retriever.items)),
    }
    return Evaluation(values, intervals, whole, items)


def compare(one: Evaluation, other: Evaluation, users: Ids, *, draws: int = 1000, seed: int = 0) -> dict[str, Interval]:
    """Mean of `one` less mean of `other`, request by request, with intervals over users."""
    gains = {name: values - other.values[name] for name, values in one.values.items() if name in other.values}
    return mean_intervals(gains, users, draws=draws, seed=seed)
