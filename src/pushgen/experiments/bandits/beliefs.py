"""What is believed of arms before the first click, and with their counts: beta distributions of click rates."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandits.tally import Array

_STEPS = 4


@runtime_checkable
class Belief(Protocol):
    """Counts to posteriors, for G experiments of K arms."""

    @property
    def log_ctr(self) -> Array:
        """Expected log CTR of each arm before any count, up to a constant of its experiment; (G, K) or (1, K)."""
        ...

    def posterior(self, shown: Array, clicks: Array) -> tuple[Array, Array]:
        """Alpha and beta of each arm's CTR after settled counts of shape (G, K), both of shape (G, K)."""
        ...


@dataclass(frozen=True, slots=True)
class Flat:
    """No belief: Jeffreys' Beta(1/2, 1/2) for each arm."""

    arms: int

    @property
    def log_ctr(self) -> Array:
        return np.zeros((1, self.arms))

    def posterior(self, shown: Array, clicks: Array) -> tuple[Array, Array]:
        """See `Belief`."""
        return 0.5 + clicks, 0.5 + shown - clicks


@dataclass(frozen=True, slots=True)
class Known:
    """Arms whose CTR is expected as such, each by itself. Make one with `of`."""

    alpha: Array
    beta: Array
    """Both of shape (G, K)."""

    @classmethod
    def of(cls, log_ctr: ArrayLike, strength: ArrayLike) -> "Known":
        """From the log of each arm's expected CTR and how many clicks that expectation is worth, (G, K) or (K,).

        A model that predicts log CTR with residual standard deviation s is worth 1 / s^2 clicks: that is the strength
        at which the beta distribution spreads as widely in log CTR.
        """
        mean = np.atleast_2d(np.exp(np.asarray(log_ctr, np.float64)))
        clicks = np.broadcast_to(np.asarray(strength, np.float64), mean.shape)
        if mean.ndim != 2 or not mean.size or not ((mean < 1) & (mean > 0)).all() or not (clicks > 0).all():
            raise ConfigurationError(
                f"expected log CTRs below 0 and strengths above 0, one per arm, found {log_ctr!r} and {strength!r}"
            )
        return cls(np.array(clicks), clicks * (1.0 / mean - 1.0))

    @property
    def log_ctr(self) -> Array:
        return np.log(self.alpha / (self.alpha + self.beta))

    def posterior(self, shown: Array, clicks: Array) -> tuple[Array, Array]:
        """See `Belief`."""
        return self.alpha + clicks, self.beta + shown - clicks


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifts:
    """Arms whose CTR is expected beside that of their experiment, whose level is learnt while sending.

    In an experiment of level m the arms' CTRs are p_i ~ Beta(k, k (1 / (m w_i) - 1)): mean m w_i, and worth k clicks.
    w_i is the lift that a reward model promises; no model of texts knows m. `learn` finds k from other experiments.
    """

    log_lift: Array
    """Expected log CTR of each arm less that of its experiment, (G, K)."""
    strength: Array
    """Clicks that an arm's expectation is worth, (G, 1)."""
    level_alpha: Array
    level_beta: Array
    """Beta prior of the level, (G, 1)."""

    @property
    def log_ctr(self) -> Array:
        return self.log_lift

    def posterior(self, shown: Array, clicks: Array) -> tuple[Array, Array]:
        """See `Belief`.

        The level is set to the mode of its posterior given the counts of all arms, with the gamma-Poisson form of the
        likelihood, by Fisher scoring on log m.
        """
        lift, k = np.exp(self.log_lift), self.strength
        level = (self.level_alpha + clicks.sum(axis=1, keepdims=True)) / (
            self.level_alpha + self.level_beta + (shown * lift).sum(axis=1, keepdims=True)
        )
        total = self.level_alpha + self.level_beta
        for _ in range(_STEPS):
            expected = shown * lift * level
            weight = k / (k + expected)
            slope = (weight * (clicks - expected)).sum(axis=1, keepdims=True) + self.level_alpha - total * level
            curve = (weight * expected).sum(axis=1, keepdims=True) + total * level
            level = level * np.exp(np.clip(slope / curve, -1.0, 1.0))
        mean = np.minimum(level * lift, 0.9)
        return k + clicks, k * (1.0 / mean - 1.0) + shown - clicks
