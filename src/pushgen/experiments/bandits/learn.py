"""What other experiments teach about a new one: its level, how far its arms scatter, how much a reward model is worth.

In a contest of level m the arms' CTRs are p_i ~ Beta(k, k (1 / (m w_i) - 1)): mean m w_i, and worth k clicks, so that
log p_i scatters by 1 / sqrt(k). w_i = exp(slope * u_i) is the lift that the reward model's utility u_i promises, or 1
without one. Strength k and slope maximise the marginal likelihood of the counts of other experiments. It is
beta-binomial; at click rates of a few per cent that is the gamma-Poisson one (negative binomial), at a tenth of the
cost. m is integrated out over a flat prior of log m, because a plugged-in m takes a part of the scatter for itself.

To seed a bandit with a model's predictions is the idea of LOLA (Ye, Yoganarasimhan and Zheng, Marketing Science 44(5),
2025). Here the level of a contest, which no model of texts knows, is learnt while sending.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError
from pushgen.experiments.bandits.beliefs import Lifts
from pushgen.experiments.contests import Array, Contests
from pushgen.statistics.shrinkage import fit_beta

_GRID = np.linspace(-1.0, 1.0, 41)
"""Levels in log CTR around the pooled rate of a contest."""
_STRENGTHS = (0.5, 1e5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """Strength and slope with their source."""

    strength: float
    """Clicks that the expectation of one arm is worth."""
    slope: float
    """Factor on utilities, at least 0; 0 without a reward model."""
    level_alpha: float
    level_beta: float
    """Beta prior of a contest's level."""

    def belief(self, utility: Array) -> Lifts:
        """What it says of new contests whose arms have these utilities, (G, K), less the mean of their contest."""
        return together([self] * len(utility), utility)


def together(learnt: Sequence[Learnt], utility: Array) -> Lifts:
    """Beliefs of G contests, each by what was learnt for it; `utility` of shape (G, K), centred."""
    names = ("strength", "slope", "level_alpha", "level_beta")
    columns = np.array([[getattr(one, name) for name in names] for one in learnt])
    strength, slope, level_alpha, level_beta = (columns[:, [place]] for place in range(len(names)))
    return Lifts(log_lift=slope * utility, strength=strength, level_alpha=level_alpha, level_beta=level_beta)


def learn(contests: Contests, *, reward: bool) -> Learnt:
    """Strength, slope (with `reward`) and level from contests with a log.

    Raises `ConfigurationError` for `reward` without utilities, and where nobody clicked.
    """
    if reward and contests.utility is None:
        raise ConfigurationError("a prior from the reward model needs the utilities of the arms, and there are none")
    if not contests.clicks.sum():
        raise ConfigurationError("nobody clicked in the experiments that priors are learnt from")
    import scipy.optimize  # pyright: ignore[reportMissingTypeStubs]

    alive = contests.only(np.bincount(contests.contest, contests.clicks) > 0)
    utility = centred(alive)
    start = [3.0, 1.0] if reward else [3.0]

    def loss(point: NDArray[np.float64]) -> float:
        slope = max(float(point[1]), 0.0) if reward else 0.0
        return -log_likelihood(alive, float(np.clip(np.exp(point[0]), *_STRENGTHS)), slope * utility) / len(alive)

    minimize: Any = scipy.optimize.minimize  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    found: Any = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-2, "fatol": 1e-6, "maxiter": 150})
    strength = float(np.clip(np.exp(found.x[0]), *_STRENGTHS))
    slope = max(float(found.x[1]), 0.0) if reward else 0.0
    clicks, shown = (np.bincount(contests.contest, counts) for counts in (contests.clicks, contests.impressions))
    level = fit_beta(clicks, shown)
    return Learnt(strength=strength, slope=slope, level_alpha=level.alpha, level_beta=level.beta)


def log_likelihood(contests: Contests, strength: float, log_lift: Array) -> float:
    """Marginal log-likelihood of all counts, up to a constant; `log_lift` of shape (A,)."""
    from scipy.special import gammaln, logsumexp  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    k, n, group = contests.clicks, contests.impressions, contests.contest
    pooled = (np.bincount(group, k) + 0.5) / np.bincount(group, n)
    log_mean_A = np.log(n * pooled[group]) + log_lift
    counted = np.asarray(gammaln(strength + k), np.float64) - float(gammaln(strength))
    of_arm = counted + k * (log_mean_A - np.log(strength))
    of_level_AQ = k[:, None] * _GRID - (strength + k[:, None]) * np.log1p(
        np.exp(log_mean_A[:, None] + _GRID) / strength
    )
    total_GQ = np.add.reduceat(of_level_AQ, np.flatnonzero(np.diff(group, prepend=-1)), axis=0)
    return float(of_arm.sum() + np.asarray(logsumexp(total_GQ, axis=1), np.float64).sum())


def centred(contests: Contests) -> Array:
    """Utilities less the mean of their contest, (A,); zeros without utilities."""
    if contests.utility is None:
        return np.zeros(len(contests.contest))
    mean = np.bincount(contests.contest, contests.utility) / np.bincount(contests.contest)
    return contests.utility - mean[contests.contest]


def cross_fitted(contests: Contests, folds: int, *, reward: bool) -> list[Learnt]:
    """For each fold what the contests of all other folds teach.

    Raises `ConfigurationError` where all contests lie in one fold.
    """
    fold_G = contests.folds(folds)
    if len(np.unique(fold_G)) < 2:
        raise ConfigurationError(
            f"priors are learnt on other contents than they serve, and the {len(contests)} contests here lie in one "
            f"of {folds} folds. Replay a larger log."
        )
    return [learn(contests.only(fold_G != fold), reward=reward) for fold in range(folds)]
