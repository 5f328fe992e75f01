"""Whether a model trained with a further log predicts the experiments of its own log better than one without."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.reward.evidence import evidence, usable
from pushgen.reward.inner import inner_split
from pushgen.reward.predictions import predict
from pushgen.reward.trained import TrainedReward
from pushgen.statistics.bootstrap import ClusterBootstrap, Interval

LEVEL = 0.68
"""Of the interval that must lie above 0: one standard error, as in the choice of a penalty by cross-validation."""


def gain(rival: TrainedReward, model: TrainedReward, pairs: pl.DataFrame, validation: float) -> Interval:
    """Log-likelihood of the validation experiments per independent contrast, in nats, of the rival less the model's.

    Both were trained on the training part of these pairs, so the part for validation is new to both, but for their
    early stopping and their residual. The interval is over experiments.
    """
    held = usable(inner_split(pairs, validation)[1])
    share = evidence(held).share
    difference = _likelihood(rival, held) - _likelihood(model, held)
    return ClusterBootstrap(held["experiment_id"], level=LEVEL).mean(difference, share)


def _likelihood(model: TrainedReward, held: pl.DataFrame) -> NDArray[np.float64]:
    """Of the observed ratio d ~ N(mean, scale^2 + v), up to a constant; shape (P,)."""
    given, said = evidence(held), predict(model, held)
    total = np.square(said.scale or 0.0) + given.variance
    return -0.5 * (np.log(total) + (given.ratio - said.mean) ** 2 / total)
