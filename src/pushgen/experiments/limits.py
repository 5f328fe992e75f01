"""How far apart an arm and the control must be, under the method and the correction that were chosen."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pushgen.errors import ConfigurationError
from pushgen.experiments.settings import Rules, alpha_per_arm
from pushgen.statistics.group_sequential import even_looks, spending_bounds
from pushgen.statistics.multiplicity import dunnett_critical, dunnett_p
from pushgen.statistics.proportions import two_sided_p


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What every comparison of one experiment is held against."""

    sequential: bool
    """Whether the interval holds at every look (then `alpha` and `scale` count) or at this one (`critical`)."""
    alpha: float
    """Error of one comparison."""
    scale: float
    """Standard deviation of log rate ratios that the mixture expects."""
    critical: float
    """Limit of |z|."""
    looks: int
    """Planned looks of the group-sequential method; 1 for the others."""
    comparisons: int
    """Number of comparisons that p-values are adjusted for by Bonferroni; 1 for none."""
    dunnett: Mapping[str, float] | None
    """Size of each arm, where Dunnett's correction is used."""
    control_size: float

    def adjusted_p(self, arm: str, z: float) -> float:
        """Two-sided p-value of a statistic, adjusted for several arms; NaN where it would be that of a single look."""
        if self.looks > 1:
            return float("nan")
        if self.dunnett is None:
            return min(1.0, self.comparisons * float(two_sided_p(z)))
        names = list(self.dunnett)
        z_K = np.zeros(len(names))
        z_K[names.index(arm)] = z
        return float(dunnett_p(z_K, list(self.dunnett.values()), self.control_size)[names.index(arm)])


def limits_of(rules: Rules, sizes: Mapping[str, float], control: str, planned: float | None) -> Limits:
    """Limits for the arms in `sizes` (impressions or users, above 0), the control among them.

    Raises `ConfigurationError` where the group-sequential method has no planned size.
    """
    from scipy.special import ndtri  # pyright: ignore[reportMissingTypeStubs]

    treatments = {arm: size for arm, size in sizes.items() if arm != control}
    alpha = alpha_per_arm(rules, len(treatments))
    dunnett = None
    if rules.method == "group-sequential":
        if planned is None:
            raise ConfigurationError("the group-sequential method needs --planned, the size of the whole experiment")
        critical = look_bound(sum(sizes.values()) / planned, rules.looks, alpha)
    elif rules.method == "fixed" and rules.correction == "dunnett" and len(treatments) > 1:
        dunnett = treatments
        critical = dunnett_critical(list(treatments.values()), sizes[control], rules.level)
    else:
        critical = float(ndtri(1.0 - alpha / 2.0))
    return Limits(
        sequential=rules.method == "sequential",
        alpha=alpha,
        scale=abs(float(np.log1p(rules.lift))),
        critical=critical,
        looks=rules.looks if rules.method == "group-sequential" else 1,
        comparisons=1 if rules.correction == "none" or dunnett else len(treatments),
        dunnett=dunnett,
        control_size=sizes[control],
    )


def look_bound(fraction: float, looks: int, alpha: float) -> float:
    """Limit of |z| at this share of the planned size: infinite before the first look.

    The looks before this one are taken to have been on time; this one may be late, and then spends what is due by now.
    """
    planned = even_looks(looks)
    past = [look for look in planned if look <= min(fraction, 1.0) + 1e-9]
    if not past:
        return float("inf")
    return float(spending_bounds([*past[:-1], min(fraction, 1.0)], alpha)[-1])
