"""Power and size of one comparison with the control, for a click rate and for a ratio clustered by user.

Click rate: the pooled two-proportion z-test, whose standard error is pooled under no effect and is not under an effect
(Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 2003, section 4.2). With critical value c, m
control impressions and g treatment impressions per control impression:
power = Phi((|d| - c s0) / s1) + Phi((-|d| - c s0) / s1), d = p1 - p0.
"""

from dataclasses import dataclass

import numpy as np

from pushgen.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The click rate of independent impressions."""

    baseline: float
    """CTR of the control, in (0, 1)."""

    @property
    def unit(self) -> str:
        return "impressions"

    def deviations(self, lift: float, ratio: float) -> tuple[float, float]:
        """Standard deviations of the difference without and with the effect, times sqrt(m)."""
        p0, p1 = self.baseline, self.baseline * (1.0 + lift)
        if not (0.0 < p0 < 1.0 and 0.0 <= p1 <= 1.0):
            raise ConfigurationError(
                f"the CTR must lie in (0, 1) without and with the lift, found {p0!r} and {p1!r}; "
                "give rates as shares, 0.012 for 1.2%"
            )
        pooled = (p0 + ratio * p1) / (1.0 + ratio)
        none = np.sqrt(pooled * (1.0 - pooled) * (1.0 + 1.0 / ratio))
        return float(none), float(np.sqrt(p0 * (1.0 - p0) + p1 * (1.0 - p1) / ratio))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredRatio:
    """A ratio of sums over users, such as clicks / impressions, or a mean per user."""

    baseline: float
    """The ratio in the control, above 0."""
    deviation: float
    """Standard deviation over users of (y - R x) / mean(x), above 0: `statistics.delta_method`."""

    @property
    def unit(self) -> str:
        return "users"

    def deviations(self, lift: float, ratio: float) -> tuple[float, float]:
        """As for `Rate`; the spread over users is taken to be the same in all arms."""
        del lift
        if not (self.baseline > 0 and self.deviation > 0):
            raise ConfigurationError(
                f"a ratio and its deviation over users must be above 0, found {self.baseline!r} and {self.deviation!r}"
            )
        both = self.deviation * float(np.sqrt(1.0 + 1.0 / ratio))
        return both, both


Metric = Rate | ClusteredRatio


def power_of(metric: Metric, lift: float, control: float, critical: float, *, ratio: float = 1.0) -> float:
    """Probability of |Z| > `critical` with `control` units in the control and `ratio` times as many in the arm."""
    from scipy.special import ndtr  # pyright: ignore[reportMissingTypeStubs]

    none, some = (deviation / np.sqrt(control) for deviation in metric.deviations(lift, ratio))
    gap = abs(metric.baseline * lift)
    return float(ndtr((gap - critical * none) / some) + ndtr((-gap - critical * none) / some))


def size_for(metric: Metric, lift: float, power: float, critical: float, *, ratio: float = 1.0) -> float:
    """Units of the control with which the comparison has this power; the other tail, below 1e-6, is left out."""
    from scipy.special import ndtri  # pyright: ignore[reportMissingTypeStubs]

    none, some = metric.deviations(lift, ratio)
    return float(((critical * none + ndtri(power) * some) / (metric.baseline * lift)) ** 2)


def detectable(metric: Metric, control: float, power: float, critical: float, *, ratio: float = 1.0) -> float:
    """Smallest positive lift that is found with this power; infinite where no possible lift is."""
    from scipy.optimize import brentq  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

    top = 1.0 / metric.baseline - 1.0 - 1e-9 if isinstance(metric, Rate) else 1e6

    def short(lift: float) -> float:
        return power_of(metric, lift, control, critical, ratio=ratio) - power

    if control <= 0 or short(top) < 0:
        return float("inf")
    return float(brentq(short, 1e-9, top, xtol=1e-12))  # pyright: ignore
