"""Novelty that wears off and recovers: for recurring pushes an arm that a user saw lately is worth less for a while.

The worth of an arm for a user who saw it d days ago is 1 - loss * 2^(-d / half_life), and 1 for who never saw it. This
is the recovery of Yancey and Settles, A sleeping, recovering bandit algorithm for optimizing recurring notifications,
KDD 2020, equation 5. Departures: the loss is a share of the click rate, not a difference of scores, and every policy
uses it, not their softmax alone, by way of `State.worth` and `State.exposure`. Their arms that are not eligible are
`State.awake`. For recurring pushes a row of the state is a user (or users with one history) and counts are those of
all users, the same in every row.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandits.tally import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """How much of its click rate an arm loses for who just saw it, and how fast that comes back."""

    loss: float
    """Share of the click rate that is lost at once, in [0, 1)."""
    half_life: float
    """Days in which half of the loss is made good, above 0."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.loss < 1.0 or not self.half_life > 0.0:
            raise ConfigurationError(
                f"expected a loss in [0, 1) and a half-life above 0, found {self.loss!r} and {self.half_life!r}"
            )

    def worth(self, days: ArrayLike) -> Array:
        """Share of the click rate that is left `days` after an arm was last seen; infinite days for never.

        Raises `ConfigurationError` for a time below 0: a clock ran backwards.
        """
        since = np.asarray(days, np.float64)
        if not (since >= 0).all():
            raise ConfigurationError(
                f"expected days since the last sight of at least 0, found {float(np.nanmin(since))!r}. Sort the sends "
                "by one clock; give infinity for users who never saw the arm."
            )
        return 1.0 - self.loss * np.exp2(-since / self.half_life)


def fit_recovery(days: ArrayLike, shown: ArrayLike, clicks: ArrayLike, arm: ArrayLike) -> Recovery:
    """Loss and half-life from a log: rows of one arm and time since its last sight, all of shape (N,).

    Clicks are Poisson with mean shown * rate of the arm * worth, whose rates follow in closed form. Raises
    `ConfigurationError` for a log without clicks, or without an arm seen both after a while and fresh.
    """
    from scipy.optimize import minimize  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    since, n, k = (np.asarray(values, np.float64) for values in (days, shown, clicks))
    label = np.unique(np.asarray(arm), return_inverse=True)[1]
    finite = since[np.isfinite(since)]
    if not k.sum() or np.unique(since[n > 0]).size < 2 or not finite.size:
        raise ConfigurationError(
            f"expected clicks, and arms seen again after different times, found {k.sum():g} clicks at "
            f"{np.unique(since[n > 0]).size} times. Log when a user last saw the arm."
        )

    def loss(point: Array) -> float:
        worth = _at(point).worth(since)
        rate = np.bincount(label, k) / np.maximum(np.bincount(label, n * worth), 1e-12)
        expected = np.maximum(n * worth * rate[label], 1e-12)
        return float((expected - k * np.log(expected)).sum())

    starts = [np.array([0.0, np.log(scale)]) for scale in np.quantile(np.maximum(finite, 0.1), [0.2, 0.5, 0.8])]
    tried: list[Any] = [minimize(loss, start, method="Nelder-Mead") for start in starts]  # pyright: ignore
    return _at(min(tried, key=lambda one: float(one.fun)).x)


def _at(point: Array) -> Recovery:
    # Kept off the ends, at which one of the two has no meaning.
    return Recovery(
        loss=float(0.999 / (1.0 + np.exp(-np.clip(point[0], -20, 20)))),
        half_life=float(np.exp(np.clip(point[1], -5.0, 9.0))),
    )
