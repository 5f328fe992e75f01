"""The ratio of two click rates from counts: score test and score interval.

The interval is the set of ratios that the score test does not reject, so that interval and test never disagree: it
leaves out 1 exactly where the pooled two-proportion z-test rejects. It holds for zero clicks and for rates of any
size. Koopman, Biometrics 40 (1984); Miettinen and Nurminen, Statistics in Medicine 4 (1985), without their n / (n - 1).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class RatioInterval:
    """A ratio of rates a / b with its interval; an end that the counts do not bound is 0 or infinite."""

    ratio: float
    """NaN where b has no click and a none either."""
    low: float
    high: float


def score_z(clicks_a: float, shown_a: float, clicks_b: float, shown_b: float, ratio: float = 1.0) -> float:
    """Score statistic of rate a = `ratio` * rate b, positive where a's rate is higher than that; 0 without clicks."""
    # Rate of b under the constraint, by maximum likelihood: the smaller root of a quadratic.
    square = (shown_a + shown_b) * ratio
    linear = (shown_a + clicks_b) * ratio + clicks_a + shown_b
    constant = clicks_a + clicks_b
    rate_b = 2.0 * constant / (linear + np.sqrt(max(linear**2 - 4.0 * square * constant, 0.0)))
    rate_a = min(ratio * rate_b, 1.0)
    variance = rate_a * (1.0 - rate_a) / shown_a + ratio**2 * rate_b * (1.0 - rate_b) / shown_b
    gap = clicks_a / shown_a - ratio * clicks_b / shown_b
    return float(gap / np.sqrt(variance)) if variance > 0 else 0.0


def score_interval(
    clicks_a: float, shown_a: float, clicks_b: float, shown_b: float, critical: float = 1.959963984540054
) -> RatioInterval:
    """Ratios that |score_z| <= `critical` admits. Impressions must be above 0."""
    from scipy.optimize import brentq  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    rate_a, rate_b = clicks_a / shown_a, clicks_b / shown_b
    if clicks_a + clicks_b == 0:
        return RatioInterval(float("nan"), 0.0, float("inf"))
    ratio = rate_a / rate_b if rate_b > 0 else float("inf")
    # Where one side has no click, any other ratio near the other end is a point inside to search from.
    inside = ratio if 0 < ratio < np.inf else (1e-9 if ratio == 0 else 1e9)

    def excess(log_ratio: float, sign: float) -> float:
        return sign * score_z(clicks_a, shown_a, clicks_b, shown_b, float(np.exp(log_ratio))) - critical

    start, ends = float(np.log(inside)), [0.0, np.inf]
    for place, (sign, far) in enumerate(((1.0, start - 25.0), (-1.0, start + 25.0))):
        if excess(far, sign) > 0 >= excess(start, sign):
            ends[place] = float(np.exp(brentq(excess, start, far, args=(sign,), xtol=1e-12)))  # pyright: ignore
    return RatioInterval(ratio, *ends)
