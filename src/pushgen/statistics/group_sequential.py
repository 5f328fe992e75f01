"""Tests that look at the data a planned number of times, and the probability that a boundary is ever crossed.

The statistic at look k is S_k = Z_k sqrt(t_k) with information fractions 0 < t_1 < ... < t_K = 1; its increments are
independent, N(drift * (t_k - t_(k-1)), t_k - t_(k-1)), where the drift is the expected Z at the last look. Crossing
probabilities follow by carrying the density of S_k inside the boundary from look to look: Armitage, McPherson and
Rowe, JRSS A 132 (1969); Jennison and Turnbull, Group Sequential Methods (2000), chapter 19.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import ConfigurationError

Array = NDArray[np.float64]
Spending = Literal["obrien-fleming", "pocock"]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(201)
_WIDEST = 9.0
"""Standard deviations beyond which nothing is looked for."""


def spent(fraction: ArrayLike, alpha: float, spending: Spending = "obrien-fleming") -> Array:
    """Two-sided error spent by each information fraction in [0, 1]. Lan and DeMets, Biometrika 70 (1983).

    `obrien-fleming` spends almost nothing early and keeps nearly the whole fixed-sample power; `pocock` spends evenly
    and stops earlier.
    """
    from scipy.special import ndtr, ndtri  # pyright: ignore[reportMissingTypeStubs]

    t = np.asarray(fraction, np.float64)
    if spending == "pocock":
        return alpha * np.log1p((np.e - 1.0) * t)
    with np.errstate(divide="ignore"):
        return 4.0 * ndtr(-ndtri(1.0 - alpha / 4.0) / np.sqrt(t))


def crossing_probabilities(fractions: ArrayLike, bounds: ArrayLike, drift: float = 0.0) -> tuple[Array, Array]:
    """Probabilities to first cross upwards, and downwards, at each look, both of shape (K,).

    `bounds` are limits of |Z| at the looks, above 0, shape (K,).
    """
    t_K, bound_K = _looks(fractions), np.asarray(bounds, np.float64)
    walk = _Walk(drift)
    up, down = zip(*(walk.exits(t, b, carry=True) for t, b in zip(t_K, bound_K, strict=True)), strict=True)
    return np.array(up), np.array(down)


def spending_bounds(fractions: ArrayLike, alpha: float = 0.05, spending: Spending = "obrien-fleming") -> Array:
    """Limits of |Z| at each look under which the error spent by each look is that of the spending function, (K,)."""
    from scipy.optimize import brentq  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    t_K = _looks(fractions)
    share_K = np.diff(spent(t_K, alpha, spending), prepend=0.0)
    walk = _Walk(0.0)
    bounds: list[float] = []
    for t, share in zip(t_K, share_K, strict=True):

        def excess(bound: float, t: float = t, share: float = share) -> float:
            return sum(walk.exits(t, bound, carry=False)) - share

        bound = float(brentq(excess, 0.05, _WIDEST, xtol=1e-9)) if excess(_WIDEST) < 0 else _WIDEST  # pyright: ignore
        walk.exits(t, bound, carry=True)
        bounds.append(bound)
    return np.array(bounds)


class _Walk:
    """The density of S_k on the paths that have not crossed yet."""

    def __init__(self, drift: float) -> None:
        self._drift, self._t = drift, 0.0
        self._place, self._mass = np.zeros(1), np.ones(1)

    def exits(self, t: float, bound: float, *, carry: bool) -> tuple[float, float]:
        """Probabilities to leave upwards and downwards at `t`; with `carry` the walk goes on from there."""
        from scipy.special import ndtr  # pyright: ignore[reportMissingTypeStubs]

        step = t - self._t
        limit, sd = min(bound, _WIDEST) * np.sqrt(t), np.sqrt(step)
        mean = self._place + self._drift * step
        up = float(self._mass @ ndtr((mean - limit) / sd))
        down = float(self._mass @ ndtr((-limit - mean) / sd))
        if carry:
            place = limit * _NODES
            kernel = np.exp(-0.5 * ((place[:, None] - mean) / sd) ** 2) / (sd * np.sqrt(2.0 * np.pi))
            self._mass = limit * _WEIGHTS * (kernel @ self._mass)
            self._place, self._t = place, t
        return up, down


def _looks(fractions: ArrayLike) -> Array:
    t_K = np.asarray(fractions, np.float64)
    if t_K.ndim != 1 or not t_K.size or t_K[0] <= 0 or t_K[-1] > 1 + 1e-9 or (np.diff(t_K) <= 0).any():
        raise ConfigurationError(f"expected information fractions that grow in (0, 1], found {fractions!r}")
    return t_K


def even_looks(count: int) -> Sequence[float]:
    """Information fractions of `count` evenly spaced looks."""
    return [float(look) for look in np.arange(1, count + 1) / count]
