"""Rates from counts: the raw quotient, or a bound of its interval where few trials make the quotient noise."""

from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pushgen.errors import ConfigurationError

Doubles = NDArray[np.float64]
Bounds = Literal["raw", "wilson", "jeffreys"]
"""`raw`: hits / trials; `wilson`: score interval; `jeffreys`: quantile of Beta(hits + 1/2, misses + 1/2)."""
Side = Literal["lower", "upper"]


def raw_rate(hits: pl.Series, trials: pl.Series) -> pl.Series:
    """Quotient of hits and trials, null where either is null or there are no trials."""
    frame = pl.DataFrame({"hits": hits.cast(pl.Float64), "trials": trials.cast(pl.Float64)})
    return frame.select(pl.when(pl.col("trials") > 0).then(pl.col("hits") / pl.col("trials"))).to_series()


def bound(hits: pl.Series, trials: pl.Series, side: Side, method: Bounds, level: float) -> pl.Series:
    """One end of the two-sided interval of a binomial rate, in [0, 1]; null where the raw rate is null.

    `level` is the coverage of the two-sided interval in (0, 1). Hits above the trials count as all trials.
    """
    if not 0.0 < level < 1.0:
        raise ConfigurationError(f"the level of an interval must lie in (0, 1), found {level!r}")
    raw = raw_rate(hits, trials)
    if method == "raw":
        return raw
    known = raw.is_not_null().to_numpy()
    n: Doubles = trials.cast(pl.Float64).fill_null(1.0).to_numpy()
    n = np.where(known, n, 1.0)
    k: Doubles = np.clip(np.where(known, hits.cast(pl.Float64).fill_null(0.0).to_numpy(), 0.0), 0.0, n)
    ends = _wilson(k, n, side, level) if method == "wilson" else _jeffreys(k, n, side, level)
    # Rounding may push an end past the rate itself; the rate always lies inside its interval.
    ends = np.minimum(ends, k / n) if side == "lower" else np.maximum(ends, k / n)
    return pl.Series(raw.name, ends).set(pl.Series(~known), None)


def _wilson(k: Doubles, n: Doubles, side: Side, level: float) -> Doubles:
    from scipy.special import ndtri  # pyright: ignore[reportMissingTypeStubs]

    z = float(ndtri(0.5 + level / 2))
    p = k / n
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    ends = (p + z**2 / (2 * n) + (half if side == "upper" else -half)) / (1 + z**2 / n)
    return np.clip(ends, 0.0, 1.0)


def _jeffreys(k: Doubles, n: Doubles, side: Side, level: float) -> Doubles:
    from scipy.special import betaincinv  # pyright: ignore[reportMissingTypeStubs]

    tail = (1 - level) / 2 if side == "lower" else (1 + level) / 2
    ends = np.asarray(betaincinv(k + 0.5, n - k + 0.5, tail), dtype=np.float64)
    # The usual convention: with no hit the interval starts at 0, with hits only it ends at 1.
    return np.where(k == 0, 0.0, ends) if side == "lower" else np.where(k == n, 1.0, ends)
