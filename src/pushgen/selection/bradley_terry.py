"""The candidate with the highest strength, where strengths are fitted to the probabilities of all pairs at once.

Bradley and Terry (1952) give candidate i a strength t_i and let it beat j with probability F(t_i - t_j), F the logistic
function; Thurstone (1927, case V) takes the normal distribution function, from which PushGen's probabilities come
(p = Phi(mean / scale)). Each probability p_ij of the model is taken as a share of wins, and the likelihood

    sum over i < j of p_ij log F(t_i - t_j) + (1 - p_ij) log F(t_j - t_i)

is maximised, less a small ridge that fixes the level and keeps strengths finite where a candidate never loses.

With all pairs compared once, the logistic equations are sum_j p_ij = sum_j F(t_i - t_j) + ridge * t_i: the row sums
of the matrix are sufficient (Ford 1957), and who has the larger one has the larger strength. So Bradley-Terry ranks as
the mean win probability does, whatever the matrix. Thurstone does not, unless the matrix comes from utilities; then
all three rank as the utilities do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pushgen.protocols import Floats
from pushgen.records import Candidate, Content, Selection
from pushgen.selection.standing import select_by

Array = NDArray[np.float64]
Link = Literal["logistic", "normal"]
RIDGE = 1e-4
"""Weight of the squared strengths against one comparison."""
STEPS = 100
SMALL = 1e-11
"""Largest step, in strength, after which the fit is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BradleyTerrySelector:
    """Strengths by maximum likelihood; ties go to the smallest candidate id."""

    link: Link = "logistic"
    """`logistic` is Bradley and Terry's, `normal` Thurstone's."""
    rivals: int = 20
    """Runners-up that a selection keeps, best first; 0 keeps all."""

    @property
    def name(self) -> str:
        return "bradley-terry" if self.link == "logistic" else "thurstone"

    def select(
        self, content: Content, candidates: Sequence[Candidate], p_win: Floats, barred: Mapping[str, str] | None = None
    ) -> Selection:
        """One selection. A single candidate has no rival and a `p_win` of 0.5.

        Raises `ConfigurationError` where the matrix does not fit the candidates.
        """
        return select_by(
            lambda p: strengths(p, self.link), content, candidates, p_win, barred=barred or {}, rivals=self.rivals
        )


def strengths(p_win: Array, link: Link = "logistic") -> Array:
    """Strengths of K candidates from p[i, j], the probability that i beats j; shape (K,), mean 0.

    By Newton's method for the logistic link and Fisher's scoring for the normal one; both likelihoods are concave.
    The diagonal is not read; what is above it and below it must add up to 1.
    """
    count = len(p_win)
    t_K = np.zeros(count)
    if count < 2:
        return t_K
    wins = p_win.copy()
    np.fill_diagonal(wins, 0.5)
    best = _likelihood(t_K, wins, link)
    for _ in range(STEPS):
        gradient_K, weight_KK = _derivatives(t_K, wins, link)
        information = np.diag(weight_KK.sum(axis=1) + RIDGE) - weight_KK
        step_K = np.linalg.solve(information, gradient_K)
        for _ in range(30):  # halved until it climbs
            reached = _likelihood(t_K + step_K, wins, link)
            if reached >= best:
                break
            step_K = step_K / 2.0
        else:
            break
        t_K, best = t_K + step_K, reached
        if np.abs(step_K).max() < SMALL:
            break
    return t_K - t_K.mean()


def _likelihood(t_K: Array, wins: Array, link: Link) -> float:
    log_p = _log_probability(t_K[:, None] - t_K[None, :], link)
    return float(np.sum(wins * log_p) - 0.5 * RIDGE * np.sum(t_K**2))


def _derivatives(t_K: Array, wins: Array, link: Link) -> tuple[Array, Array]:
    """Gradient of the likelihood, (K,), and expected information of each pair, (K, K), 0 on the diagonal."""
    z = t_K[:, None] - t_K[None, :]
    p = np.exp(_log_probability(z, link))
    if link == "logistic":
        weight = p * (1.0 - p)
        pull = wins - p
    else:
        density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
        spread = np.maximum(p * p.T, 1e-300)
        weight = density**2 / spread
        pull = (wins - p) * density / spread
    np.fill_diagonal(weight, 0.0)
    return pull.sum(axis=1) - RIDGE * t_K, weight


def _log_probability(z: Array, link: Link) -> Array:
    if link == "logistic":
        return -np.logaddexp(0.0, -z)
    from scipy.special import log_ndtr  # pyright: ignore[reportMissingTypeStubs]

    return np.asarray(log_ndtr(z), np.float64)
