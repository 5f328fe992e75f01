"""What a predictor says of a table of pairs, in the one form that all predictors are measured in."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.protocols import UtilityModel
from pushgen.reward.arms import arms_of, differences
from pushgen.statistics.calibration import p_observed

if TYPE_CHECKING:
    from pushgen.reward.trained import TrainedReward

Array = NDArray[np.float64]
SAMPLE = 2000
"""Pairs that are asked both ways round."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a predictor says of P pairs."""

    mean: Array
    """Log-CTR ratio, or any number whose sign names the winner; shape (P,)."""
    scale: float | Array | None = None
    """Residual standard deviation of a predictor that states probabilities, one or of shape (P,)."""

    def take(self, rows: NDArray[np.int64]) -> "Prediction":
        """What it says of some of the pairs."""
        return Prediction(self.mean[rows], self.scale[rows] if isinstance(self.scale, np.ndarray) else self.scale)

    @property
    def said(self) -> Array:
        """1 where a is called the winner, 0 where b is, a half where neither is; shape (P,)."""
        return np.where(self.mean > 0, 1.0, np.where(self.mean < 0, 0.0, 0.5))

    def p(self, variance: Array | float = 0.0) -> Array:
        """Probability that a wins an observation with this sampling variance; `said` where none is stated."""
        if self.scale is None:
            return self.said
        return p_observed(self.mean, self.scale, variance)


def predict(judge: "TrainedReward", pairs: pl.DataFrame) -> Prediction:
    """What a model says of a frame of `tables.PAIRS`; one of utilities judges the arms that compete as one list."""
    if not isinstance(judge, UtilityModel):
        said = judge.compare(pairs["text_a"].to_list(), pairs["text_b"].to_list(), pairs["caption"].to_list())
        return Prediction(said.mean.astype(np.float64), judge.residual.scale)
    arms = arms_of(pairs)
    ends = [*np.flatnonzero(np.diff(arms.group, prepend=-1)).tolist(), len(arms)]
    lists = [arms.texts[start:end] for start, end in pairwise(ends)]
    utilities = judge.utilities(lists, [arms.captions[start] for start in ends[:-1]])
    values_A = np.concatenate([np.zeros(0), *utilities])
    return Prediction(differences(values_A, arms.keys, pairs), judge.residual.scale)


def swap_error(judge: "TrainedReward", pairs: pl.DataFrame, *, sample: int = SAMPLE, seed: int = 0) -> float:
    """Largest |p(a, b) + p(b, a) - 1| over (a sample of) the pairs; 0 for a model that does not care for the order."""
    some = pairs.sample(min(sample, pairs.height), seed=seed)
    texts_a, texts_b, captions = (some[name].to_list() for name in ("text_a", "text_b", "caption"))
    forth, back = judge.compare(texts_a, texts_b, captions), judge.compare(texts_b, texts_a, captions)
    return float(np.abs(forth.p_a.astype(np.float64) + back.p_a - 1.0).max(initial=0.0))
