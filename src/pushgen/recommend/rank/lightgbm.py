"""Gradient-boosted trees that order what neighbours and successors retrieve: the baseline of two-stage ranking.

LambdaMART (Burges, 2010) by the library LightGBM. Each training history yields one example: its last item is the
target, what comes before is the history, of which every other example shows a random recent part alone, so that short
histories are known too. Counts are made of the histories without their last items, or the target would show in the
features.

Shapes: B requests, C candidates of a request, I items.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError, MissingExtraError
from pushgen.recommend.data.jagged import NONE, Jagged
from pushgen.recommend.protocols import Cases, Floats, Recommendations
from pushgen.recommend.rank.features import NAMES, Features
from pushgen.recommend.retrieve.top import BATCH, by_scores


@dataclass(frozen=True, slots=True, kw_only=True)
class LightGbmConfig:
    """Settings of the tree ranker."""

    candidates: int = 200
    """Items that are retrieved and ordered; what is not among them comes after them, by retrieval."""
    neighbours: int = 200
    """Most similar items that each item keeps."""
    examples: int = 20_000
    """Training histories that are learned from, drawn once."""
    trees: int = 200
    """Most boosting rounds; fewer where validation has stopped to improve."""
    leaves: int = 31
    learning_rate: float = 0.05
    patience: int = 20
    """Rounds without a better validation after which training stops."""
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.candidates, self.neighbours, self.examples, self.trees, self.patience) < 1 or self.leaves < 2:
            raise ConfigurationError("lightgbm: leaves must be at least 2, all other counts at least 1")


class LightGbm:
    """Retrieval and ranking in one."""

    kind: ClassVar[str] = "lightgbm"

    def __init__(self, config: LightGbmConfig | None = None) -> None:
        self.config = config or LightGbmConfig()
        self._features = Features(self.config.neighbours)
        self._booster: Any = None

    @property
    def name(self) -> str:
        return self.kind

    @property
    def items(self) -> int:
        return self._features.items

    def fit(
        self, training: Jagged, *, items: int, validation: Cases | None = None, scratch: Path | None = None
    ) -> None:
        """Raises `MissingExtraError` where lightgbm is not installed."""
        del scratch
        lightgbm, config = _library(), self.config
        long = training.take(np.flatnonzero(training.lengths >= 2))
        if not len(long):
            raise ConfigurationError("lightgbm: no training history has two items, so that there is nothing to predict")
        kept = np.where(training.lengths >= 2, training.lengths - 1, training.lengths)
        self._features.fit(training.head(kept), items)
        rows = np.sort(np.random.default_rng(config.seed).permutation(len(long))[: config.examples])
        chosen = long.take(rows)
        before = chosen.head(chosen.lengths - 1)
        part = np.random.default_rng((config.seed, 1)).integers(1, before.lengths + 1)
        shown = before.tail(np.where(np.arange(len(rows)) % 2, part, before.lengths))
        cases = Cases(histories=shown, targets=chosen.tail(1), users=rows)
        sets = [lightgbm.Dataset(**self._examples(cases), feature_name=list(NAMES))]
        callbacks = []
        if validation is not None and len(validation):
            some = np.sort(np.random.default_rng(0).permutation(len(validation))[: config.examples // 4 + 1])
            held = Cases(validation.histories.take(some), validation.targets.take(some), validation.users[some])
            sets.append(lightgbm.Dataset(**self._examples(held), reference=sets[0]))
            callbacks.append(lightgbm.early_stopping(config.patience, verbose=False))
        parameters = {
            "objective": "lambdarank", "metric": "ndcg", "eval_at": [10], "num_leaves": config.leaves,
            "learning_rate": config.learning_rate, "seed": config.seed, "verbosity": -1, "num_threads": 1,
            "deterministic": True, "force_row_wise": True, "lambdarank_truncation_level": 20,
        }  # fmt: skip
        self._booster = lightgbm.train(parameters, sets[0], config.trees, valid_sets=sets[1:], callbacks=callbacks)
        # From here on the last items count too: they are known now.
        self._features.fit(training, items)

    def scores(self, histories: Jagged) -> Floats:
        parts = [self._scores(part) for part in histories.batches(BATCH)]
        return np.concatenate(parts) if parts else np.empty((0, self.items), np.float32)

    def recommend(self, histories: Jagged, k: int, *, exclude_seen: bool = True) -> Recommendations:
        return by_scores(self, histories, k, exclude_seen=exclude_seen)

    def _scores(self, histories: Jagged) -> Floats:
        retrieval = self._features.retrieval(histories)
        candidates = self._features.candidates(histories, min(self.config.candidates, self.items))
        table = self._features.table(histories, candidates)
        given = candidates != NONE
        # Everything else stays below: retrieval is squeezed into (-2, -1), ranks into (0, 1).
        found = retrieval / (1.0 + np.abs(retrieval)) - 2.0
        said = self._booster.predict(table[given])
        row = np.nonzero(given)[0]
        found[row, candidates[given]] = 1.0 / (1.0 + np.exp(-np.asarray(said)))
        return np.asarray(found, np.float32)

    def _examples(self, cases: Cases) -> dict[str, NDArray[Any]]:
        """Features, labels and rows per request; requests whose target was not retrieved teach nothing."""
        tables: list[NDArray[np.float32]] = []
        labels: list[NDArray[np.float64]] = []
        for start in range(0, len(cases), BATCH):
            histories, targets = (one.slice(start, start + BATCH) for one in (cases.histories, cases.targets))
            candidates = self._features.candidates(histories, min(self.config.candidates, self.items))
            key = np.arange(len(candidates))[:, None] * self.items + candidates
            hit = np.isin(key, targets.rows * self.items + targets.values) & (candidates != NONE)
            kept = hit.any(axis=1)
            tables.append(self._features.table(histories, candidates)[kept])
            labels.append(hit[kept].astype(np.float64))
        table, label = np.concatenate(tables), np.concatenate(labels)
        if not len(table):
            raise ConfigurationError("lightgbm: no target is among the candidates; raise candidates or neighbours")
        sizes = np.full(len(table), table.shape[1])
        return {"data": table.reshape(-1, len(NAMES)), "label": label.reshape(-1), "group": sizes}

    def tensors(self) -> dict[str, NDArray[Any]]:
        text = np.frombuffer(self._booster.model_to_string().encode(), np.uint8)
        return {**self._features.tensors(), "trees": text}

    def restore(self, tensors: dict[str, NDArray[Any]]) -> None:
        self._features.restore(tensors)
        self._booster = _library().Booster(model_str=tensors["trees"].tobytes().decode())


def _library() -> Any:
    try:
        import lightgbm  # type: ignore[import-not-found, import-untyped]
    except ImportError as error:
        raise MissingExtraError("lightgbm", "recommend", "the ranker of boosted trees") from error
    return lightgbm
