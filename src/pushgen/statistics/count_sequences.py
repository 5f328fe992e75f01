"""Always-valid test and interval of the ratio of two click rates, exact at any number of clicks.

Of the clicks of a stretch of time with exposures n_a and n_b, each falls to a with probability
q = n_a r / (n_a r + n_b) where r is the ratio of the rates, whatever the rates themselves and however they drift from
stretch to stretch. The likelihood of r given the clicks is therefore free of the rates, and its average over
log r ~ N(0, scale^2), divided by its value at r = 1, has mean 1 under no effect: it ever exceeds 1 / alpha with
probability alpha at most. This is the conditional form of the mixture sequential probability ratio test for counts:
Lindon and Malek, Anytime-valid inference for multinomial count data, NeurIPS 2022, with a normal mixture over log r in
place of their Dirichlet.

For independent impressions the clicks of a are hypergeometric rather than binomial at r = 1. Sampling without
replacement is smaller in convex order (Hoeffding, JASA 58, 1963, theorem 4) and the likelihood ratio is convex in the
count, so the mean is at most 1 and the test stays exact. Away from r = 1 the interval takes clicks for rare; its error
is of the order of the click rate.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushgen.errors import ConfigurationError
from pushgen.statistics.rate_ratio import RatioInterval

Array = NDArray[np.float64]
_NODES = np.linspace(-8.0, 8.0, 49)
"""Where the mixture is summed, in standard deviations of the integrand around its mode; exact to rounding."""
_STEPS = 25


def log_evidence(
    clicks_a: ArrayLike, shown_a: ArrayLike, clicks_b: ArrayLike, shown_b: ArrayLike, scale: float, ratio: float = 1.0
) -> Array:
    """Log of the averaged likelihood over the likelihood at `ratio`; above log(1 / alpha) it rejects that ratio.

    All counts have shape (..., T), one entry per stretch of time (one for the whole test is right where the shares of
    traffic never changed); the result has shape (...). `scale` is the standard deviation of log r in the mixture.
    """
    counts = _counts(clicks_a, shown_a, clicks_b, shown_b)
    best = log_mixture(*counts, scale)
    return best - log_likelihood(np.log(ratio), *counts)


def log_mixture(clicks_a: Array, shown_a: Array, clicks_b: Array, shown_b: Array, scale: float) -> Array:
    """Log of the likelihood averaged over log r ~ N(0, scale^2), shapes as for `log_evidence`."""
    if not scale > 0:
        raise ConfigurationError(f"the scale of the mixture must be above 0, found {scale!r}")
    mode, sd = _mode(clicks_a, shown_a, clicks_b, shown_b, scale)
    peak = log_likelihood(mode, clicks_a, shown_a, clicks_b, shown_b) - 0.5 * (mode / scale) ** 2
    total = np.zeros_like(peak)
    for node in _NODES:
        place = mode + node * sd
        likelihood = log_likelihood(place, clicks_a, shown_a, clicks_b, shown_b)
        total += np.exp(likelihood - 0.5 * (place / scale) ** 2 - peak)
    return peak + np.log(total * (_NODES[1] - _NODES[0]) * sd / (scale * np.sqrt(2.0 * np.pi)))


def _mode(clicks_a: Array, shown_a: Array, clicks_b: Array, shown_b: Array, scale: float) -> tuple[Array, Array]:
    """Mode of likelihood times mixture over log r, and the width there, by Newton's method; both of shape (...)."""
    share, clicks = _share(shown_a, shown_b), clicks_a + clicks_b
    place = np.zeros(np.broadcast_shapes(share.shape, clicks.shape)[:-1])
    sd = np.full_like(place, scale)
    for _ in range(_STEPS):
        odds = share * np.exp(place)[..., None]
        q = odds / (1.0 - share + odds)
        slope = (clicks_a - clicks * q).sum(axis=-1) - place / scale**2
        sd = 1.0 / np.sqrt((clicks * q * (1.0 - q)).sum(axis=-1) + 1.0 / scale**2)
        step = np.clip(slope * sd**2, -1.0, 1.0)
        place = place + step
        if (np.abs(step) < 0.01 * sd).all():
            break
    return place, sd


def log_likelihood(log_ratio: float | Array, clicks_a: Array, shown_a: Array, clicks_b: Array, shown_b: Array) -> Array:
    """Log-likelihood of log r, a number or of shape (...), less its value at r = 1; shape (...)."""
    s = np.asarray(log_ratio, np.float64)[..., None]
    change = clicks_a * s - (clicks_a + clicks_b) * np.log1p(_share(shown_a, shown_b) * np.expm1(s))
    return np.asarray(change.sum(axis=-1), np.float64)


def _share(shown_a: Array, shown_b: Array) -> Array:
    total = shown_a + shown_b
    return np.divide(shown_a, total, out=np.full_like(total, 0.5), where=total > 0)


def sequence_interval(
    clicks_a: ArrayLike,
    shown_a: ArrayLike,
    clicks_b: ArrayLike,
    shown_b: ArrayLike,
    scale: float,
    alpha: float = 0.05,
) -> RatioInterval:
    """The ratios that are not rejected, from counts of shape (T,); one interval, as the log-likelihood is concave."""
    from scipy.optimize import brentq, minimize_scalar  # pyright: ignore

    a, n_a, b, n_b = _counts(clicks_a, shown_a, clicks_b, shown_b)
    # A stretch in which one arm had no traffic compares nothing.
    both = (n_a > 0) & (n_b > 0)
    a, b = a[both], b[both]
    counts = a, n_a[both], b, n_b[both]
    if not (a.sum() + b.sum()):
        return RatioInterval(float("nan"), 0.0, float("inf"))
    limit = float(log_mixture(*counts, scale)) - np.log(1.0 / alpha)

    def inside(log_ratio: float) -> float:
        return float(log_likelihood(log_ratio, *counts)) - limit

    span = 30.0
    found = minimize_scalar(lambda s: -inside(s), bounds=(-span, span), method="bounded", options={"xatol": 1e-10})  # pyright: ignore
    best = float(found.x)  # pyright: ignore
    low = float(np.exp(brentq(inside, -span, best))) if a.sum() and inside(-span) < 0 else 0.0  # pyright: ignore
    high = float(np.exp(brentq(inside, best, span))) if b.sum() and inside(span) < 0 else float("inf")  # pyright: ignore
    ratio = float(np.exp(best)) if a.sum() and b.sum() else (0.0 if b.sum() else float("inf"))
    return RatioInterval(ratio, low, high)


def _counts(*values: ArrayLike) -> tuple[Array, Array, Array, Array]:
    arrays = [np.atleast_1d(np.asarray(value, np.float64)) for value in values]
    a, n_a, b, n_b = np.broadcast_arrays(*arrays)
    if (a > n_a).any() or (b > n_b).any() or (np.minimum(a, b) < 0).any():
        raise ConfigurationError("expected clicks between 0 and the impressions of each stretch of time")
    return a, n_a, b, n_b
