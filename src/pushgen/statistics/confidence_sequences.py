"""Intervals that hold at every moment at once, so that one may look whenever one likes and stop when one likes.

The boundary is Robbins' normal mixture: for an estimate of known standard error the process
M = (1 + x)^(-1/2) exp(z^2 x / (2 (1 + x))), x = scale^2 / se^2, has mean 1 under no effect and therefore exceeds
1 / alpha ever with probability alpha at most (Ville). Solved for z it gives the limit of |z| in `mixture_z`.
Robbins, Annals of Mathematical Statistics 41 (1970); Johari et al., Operations Research 70 (2022), who call it the
mixture sequential probability ratio test. With an estimated standard error it holds asymptotically: Waudby-Smith et
al., Time-uniform central limit theory and asymptotic confidence sequences, Annals of Statistics 52 (2024), eq. 2.

`scale` is the standard deviation of the effects that the mixture expects. It is chosen before the data and decides
where the interval is tightest, never whether it holds.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.statistics.group_sequential import crossing_probabilities

Array = NDArray[np.float64]
_LOOKS = 60
"""Looks at which the power under continuous peeking is computed; 200 of them raise it by about one point."""


def mixture_z(information: ArrayLike, alpha: float = 0.05) -> Array:
    """Limit of |z| = |estimate| / se that is ever exceeded with probability `alpha` at most.

    `information` is x = scale^2 / se^2, above 0; the limit is infinite at 0. Any shape.
    """
    x = np.asarray(information, np.float64)
    with np.errstate(divide="ignore"):
        return np.sqrt((1.0 + 1.0 / x) * (2.0 * np.log(1.0 / alpha) + np.log1p(x)))


def mixture_p(z: ArrayLike, information: ArrayLike) -> Array:
    """Always-valid p-value min(1, 1 / M) of a statistic z at information x = scale^2 / se^2."""
    z, x = np.asarray(z, np.float64), np.asarray(information, np.float64)
    return np.minimum(1.0, np.sqrt(1.0 + x) * np.exp(-0.5 * z**2 * x / (1.0 + x)))


def mixture_half_width(estimate: ArrayLike, error: ArrayLike, scale: float, alpha: float = 0.05) -> Array:
    """Half width of the interval around an estimate; it leaves out 0 exactly where |z| exceeds `mixture_z`.

    The mixture stays around 0 for every effect that is tested, so the interval is narrower than that of `mixture_z`
    where the estimate is of the size expected, and wider where it is far larger.
    """
    estimate, error = np.asarray(estimate, np.float64), np.asarray(error, np.float64)
    spread = 2.0 * np.log(1.0 / alpha) + np.log1p((scale / error) ** 2) + estimate**2 / (scale**2 + error**2)
    return error * np.sqrt(spread)


@lru_cache
def mixture_drift(power: float, alpha: float = 0.05) -> float:
    """Expected z at the end of a test under continuous peeking that finds its effect by then with this probability.

    The scale of the mixture is taken to be the effect itself, so that x at the end is drift^2.
    """
    from scipy.optimize import brentq  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    t_K = np.arange(1, _LOOKS + 1) / _LOOKS

    def short(drift: float) -> float:
        up, _ = crossing_probabilities(t_K, mixture_z(drift**2 * t_K, alpha), drift)
        return float(up.sum()) - power

    return float(brentq(short, 0.5, 12.0, xtol=1e-6))  # pyright: ignore
