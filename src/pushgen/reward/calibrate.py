"""Calibration as a step of its own: a model's slope and residual scale from experiments that it was not trained on.

Training ends with the same fit on its validation experiments. It is done again where a model is to judge another log or
another season, whose differences are larger or smaller, or more or less predictable. The method is that of temperature
scaling (Guo et al., 2017) with the second number that `p_a` needs: the slope stretches the means, the scale says what
they leave open, and both have a closed likelihood in which the sampling error of every observed ratio is counted
(`statistics.calibration.fit_residual`). An isotonic map would need no form, but it gives a probability of the observed
winner at one sample size only, and none of the true one.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen import splits
from pushgen.errors import InputError
from pushgen.reward.evidence import Evidence, evidence, usable
from pushgen.reward.predictions import Prediction, predict
from pushgen.reward.trained import TrainedReward
from pushgen.statistics.bootstrap import ClusterBootstrap, Interval
from pushgen.statistics.calibration import (
    Residual,
    calibration_error_by_chance,
    expected_calibration_error,
    fit_residual,
    p_observed,
)

Array = NDArray[np.float64]
SALT = "pushgen-reward-calibration-1"
FEWEST = 50
"""Fewer pairs with clicks are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A new residual, and what it changes on experiments that it was not fitted on."""

    before: Residual
    after: Residual
    gain: Interval
    """Log-loss of the observed winner before less after, in nats per pair, each half of the experiments calibrated on
    the other; above 0 where the step helps."""
    excess_before: float
    """Expected calibration error less that of perfect probabilities."""
    excess_after: float
    """Likewise, cross-fitted."""
    pairs: int
    experiments: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def calibrate(model: TrainedReward, pairs: pl.DataFrame, *, draws: int = 2000, seed: int = 0) -> Calibration:
    """The residual that suits a frame of `tables.PAIRS`, none of which the model was trained on.

    The model is left as it is. Raises `InputError` where fewer than `FEWEST` pairs have clicks.
    """
    held = usable(pairs)
    if held.height < FEWEST:
        raise InputError(
            expected=f"at least {FEWEST} pairs with clicks to calibrate on",
            found=f"{held.height} (of {pairs.height} pairs)",
            remedy="Calibrate on a log with more experiments, or keep the calibration of training.",
        )
    given, said = evidence(held), predict(model, held)
    half = held["content_id"].is_in(splits.keep(held, "holdout", 0.5, SALT)["content_id"].unique().to_list()).to_numpy()
    fitted = np.zeros((2, len(half)))
    for fit_on, judged in ((half, ~half), (~half, half)):
        found = _fit(said, given, fit_on)
        fitted[0, judged], fitted[1, judged] = found.slope * said.mean[judged], found.scale
    outcome = np.where(given.ratio > 0, 1.0, np.where(given.ratio < 0, 0.0, 0.5))
    before, after = said.p(given.variance), p_observed(fitted[0], fitted[1], given.variance)
    new = _fit(said, given, np.ones(len(half), bool))
    old = model.residual
    return Calibration(
        before=old,
        after=Residual(slope=old.slope * new.slope, scale=new.scale),
        gain=ClusterBootstrap(held["experiment_id"], draws=draws, seed=seed).difference(
            _log_loss(before, outcome), _log_loss(after, outcome)
        ),
        excess_before=_excess(before, outcome, seed),
        excess_after=_excess(after, outcome, seed),
        pairs=held.height,
        experiments=held["experiment_id"].n_unique(),
    )


def _fit(said: Prediction, given: Evidence, rows: NDArray[np.bool_]) -> Residual:
    return fit_residual(said.mean[rows], given.ratio[rows], given.variance[rows], given.share[rows])


def _log_loss(p: Array, outcome: Array) -> Array:
    p = np.clip(p, 1e-6, 1.0 - 1e-6)
    return -(outcome * np.log(p) + (1.0 - outcome) * np.log1p(-p))


def _excess(p: Array, outcome: Array, seed: int) -> float:
    return expected_calibration_error(p, outcome) - calibration_error_by_chance(p, seed=seed)
