"""Several comparisons at once: what one of them must show so that all together err at most at the stated rate.

* Dunnett: several arms against one control. The comparisons share the control's noise, so their statistics are
  correlated and the joint critical value is smaller than Bonferroni's. Dunnett, JASA 50 (1955), with the variance
  taken as known (infinite degrees of freedom), as counts in the thousands allow.
* Holm: any set of p-values, whatever their dependence; never less powerful than Bonferroni. Holm, Scandinavian
  Journal of Statistics 6 (1979).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import ConfigurationError

Array = NDArray[np.float64]
_NODES = np.linspace(-9.0, 9.0, 1201)
"""Where the control's noise is summed over. The trapezoidal rule is exact to rounding for so smooth an integrand."""


def dunnett_p(z: ArrayLike, arms: ArrayLike, control: float) -> Array:
    """Adjusted two-sided p-values of arms against a control.

    `z` holds the statistic and `arms` the sample size of each arm, shape (K,), `control` that of the control; only
    the ratios of sizes matter.
    """
    root = _loadings(arms, control)
    return np.array([1.0 - _all_within(abs(float(value)), root) for value in np.asarray(z, np.float64)])


def dunnett_critical(arms: ArrayLike, control: float, level: float = 0.95) -> float:
    """The c with P(every |Z_i| <= c) = `level` when no arm differs from the control; arguments as for `dunnett_p`."""
    from scipy.optimize import brentq  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    root = _loadings(arms, control)
    return float(brentq(lambda c: _all_within(c, root) - level, 0.0, 12.0, xtol=1e-10))  # pyright: ignore


def holm(p: ArrayLike) -> Array:
    """Holm's adjusted p-values, in the order given, shape (K,)."""
    p_K = np.asarray(p, np.float64)
    order = np.argsort(p_K, kind="stable")
    stepped = np.maximum.accumulate(p_K[order] * np.arange(len(p_K), 0, -1))
    adjusted = np.empty_like(p_K)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def _loadings(arms: ArrayLike, control: float) -> Array:
    """Correlation of each statistic with the control's noise: sqrt(n_i / (n_i + n_0))."""
    size_K = np.asarray(arms, np.float64)
    if size_K.ndim != 1 or not size_K.size or control <= 0 or (size_K <= 0).any():
        raise ConfigurationError(f"expected sizes above 0 of a control and its arms, found {control!r} and {arms!r}")
    return np.sqrt(size_K / (size_K + control))


def _all_within(critical: float, loading_K: Array) -> float:
    """P(|Z_i| <= critical for every i): given the control's noise x the arms are independent."""
    from scipy.special import ndtr  # pyright: ignore[reportMissingTypeStubs]

    own = np.sqrt(1.0 - loading_K[:, None] ** 2)
    shift = loading_K[:, None] * _NODES
    inside_KN = ndtr((critical - shift) / own) - ndtr((-critical - shift) / own)
    density_N = np.exp(-0.5 * _NODES**2) / np.sqrt(2.0 * np.pi)
    return float(np.trapezoid(inside_KN.prod(axis=0) * density_N, _NODES))
