"""How much of a predicted lift came true: a Poisson regression of clicks on predictions within groups.

In a group of level a the clicks of arm i are Poisson with mean n_i exp(a + b u_i): n impressions, u the predicted log
CTR. Given the clicks of the group they are multinomial and a drops out (Palmgren, Biometrika 68, 1981), so that thin
counts of many groups add up to one sharp figure. b is 1 where predictions are right in size, 0 where they say nothing,
below 0 where they are wrong way round. Its error is the sandwich over groups, as arms differ by more than the
predictions tell.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import ConfigurationError

Array = NDArray[np.float64]
_STEPS = 30
_FARTHEST = 20.0


@dataclass(frozen=True, slots=True)
class PredictedLift:
    """The slope b with its standard error; NaN where nothing can be told."""

    slope: float
    error: float
    groups: int
    """Groups with clicks and predictions that differ."""


class Groups:
    """Arms of groups with predictions and counts, all of shape (A,); `group` holds any labels."""

    def __init__(self, predicted: ArrayLike, clicks: ArrayLike, shown: ArrayLike, group: ArrayLike) -> None:
        u, k, n = (np.asarray(values, np.float64) for values in (predicted, clicks, shown))
        label = np.unique(np.asarray(group), return_inverse=True)[1].ravel()
        if not (u.shape == k.shape == n.shape == label.shape and u.ndim == 1):
            raise ConfigurationError(f"expected arrays of one shape, found {u.shape}, {k.shape}, {n.shape}")
        if (k > n).any() or (k < 0).any() or not np.isfinite(u).all():
            raise ConfigurationError("expected between 0 and n clicks in n impressions, and finite predictions")
        alive = n > 0
        self.u, self.k, self.n = u[alive], k[alive], n[alive]
        self.label = np.unique(label[alive], return_inverse=True)[1].ravel()
        self.count = int(self.label.max()) + 1 if len(self.label) else 0

    def gain(self, slope: float) -> Array:
        """Log-likelihood of each group at a slope less that at 0, shape (groups,): what the predictions are worth."""
        total = np.bincount(self.label, self.k, self.count)
        best = np.full(self.count, -np.inf)
        np.maximum.at(best, self.label, slope * self.u)
        weight = self.n * np.exp(slope * self.u - best[self.label])
        rise = np.log(np.bincount(self.label, weight, self.count) / np.bincount(self.label, self.n, self.count)) + best
        return np.asarray(slope * np.bincount(self.label, self.k * self.u, self.count) - total * rise, np.float64)

    def fit(self) -> PredictedLift:
        """The slope by Newton's method, with its sandwich error."""
        if not self.count:
            return PredictedLift(float("nan"), float("nan"), 0)
        slope = 0.0
        score, curve = self._score(slope)
        used = int((curve > 0).sum())
        if not curve.sum() > 0:
            return PredictedLift(float("nan"), float("nan"), 0)
        for _ in range(_STEPS):
            step = float(np.clip(score.sum() / curve.sum(), -1.0, 1.0))
            slope = float(np.clip(slope + step, -_FARTHEST, _FARTHEST))
            score, curve = self._score(slope)
            if abs(step) < 1e-9 or not curve.sum() > 0:
                break
        error = float(np.sqrt((score**2).sum()) / curve.sum()) if curve.sum() > 0 else float("nan")
        return PredictedLift(slope, error, used)

    def _score(self, slope: float) -> tuple[Array, Array]:
        """First derivative of each group's log-likelihood and minus the second, (groups,)."""
        best = np.full(self.count, -np.inf)
        np.maximum.at(best, self.label, slope * self.u)
        weight = self.n * np.exp(slope * self.u - best[self.label])
        total = np.bincount(self.label, weight, self.count)
        mean = np.bincount(self.label, weight * self.u, self.count) / total
        square = np.bincount(self.label, weight * (self.u - mean[self.label]) ** 2, self.count) / total
        clicks = np.bincount(self.label, self.k, self.count)
        return np.bincount(self.label, self.k * self.u, self.count) - clicks * mean, clicks * square
