"""Intervals and tests of shares, over whole arrays at once."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def two_proportion_z(clicks_a: ArrayLike, shown_a: ArrayLike, clicks_b: ArrayLike, shown_b: ArrayLike) -> Array:
    """The z of the pooled two-proportion test, positive where a's share is higher; 0 where nothing can be told.

    All arguments have the same shape, which is that of the result.
    """
    c_a, n_a, c_b, n_b = (np.asarray(values, np.float64) for values in (clicks_a, shown_a, clicks_b, shown_b))
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (c_a + c_b) / (n_a + n_b)
        error = np.sqrt(pooled * (1.0 - pooled) * (1.0 / n_a + 1.0 / n_b))
        z = (c_a / n_a - c_b / n_b) / error
    return np.where(np.isfinite(z), z, 0.0)


def two_sided_p(z: ArrayLike) -> Array:
    """Two-sided p-value of a standard normal statistic."""
    from scipy.special import ndtr  # pyright: ignore[reportMissingTypeStubs]

    return np.asarray(2.0 * ndtr(-np.abs(np.asarray(z, np.float64))), np.float64)


def wilson(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Wilson's score interval of a share; [0, 1] where there was no trial. Wilson, JASA 22 (1927)."""
    from scipy.special import ndtri  # pyright: ignore[reportMissingTypeStubs]

    k, n = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    z2 = float(ndtri(0.5 + level / 2.0)) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        center = (k + z2 / 2.0) / (n + z2)
        half = np.sqrt(z2) / (n + z2) * np.sqrt(np.maximum(k * (n - k) / n + z2 / 4.0, 0.0))
    low, high = np.clip(center - half, 0.0, 1.0), np.clip(center + half, 0.0, 1.0)
    return np.where(n > 0, low, 0.0), np.where(n > 0, high, 1.0)
