"""Whether predicted probabilities of a click, and the mix of what is recommended, are as they should be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.statistics.bootstrap import ClusterBootstrap, Interval


@dataclass(frozen=True, slots=True)
class Calibration:
    """How predicted probabilities agree with what happened."""

    ratio: Interval
    """Predicted over observed positives; 1 is right, above 1 promises too much."""
    error: Interval
    """Expected calibration error over ten equal-width bins (Naeini, Cooper and Hauskrecht, 2015)."""


def calibration(p: ArrayLike, outcome: ArrayLike, users: ArrayLike, *, draws: int = 1000, seed: int = 0) -> Calibration:
    """Calibration of probabilities of shape (N,) against outcomes 0 and 1, with intervals over users."""
    bootstrap = ClusterBootstrap(users, draws=draws, seed=seed)
    return Calibration(bootstrap.ratio(p, outcome), bootstrap.calibration_error(p, outcome))


def miscalibration(had: ArrayLike, given: ArrayLike, mixing: float = 0.01) -> NDArray[np.float64]:
    """How far the mix of recommended categories is from the mix of the history, in nats; shape (B,), 0 is the same.

    `had` and `given` of shape (B, C) hold the weight of each category in history and list. The Kullback-Leibler
    divergence of Steck, Calibrated Recommendations (RecSys 2018), equations 5 and 6; `mixing` keeps it finite. NaN
    where either side has no category.
    """
    had_BC, given_BC = np.asarray(had, np.float64), np.asarray(given, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = had_BC / had_BC.sum(axis=1, keepdims=True)
        q = given_BC / given_BC.sum(axis=1, keepdims=True)
        mixed = (1 - mixing) * q + mixing * p
        terms = np.where(p > 0, p * np.log(p / mixed), 0.0)
    return np.where(np.isfinite(p).all(axis=1) & np.isfinite(q).all(axis=1), terms.sum(axis=1), np.nan)
