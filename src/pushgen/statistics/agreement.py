"""How far two people agree who judged the same things, beyond what chance would give them.

Cohen (1960): kappa = (p_o - p_e) / (1 - p_e), with p_o the share of things judged alike and p_e the share that two
people would judge alike who give each verdict as often as these two and do not look at the things.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from pushgen.statistics.proportions import wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What two people made of the same N things."""

    count: int
    """N."""
    observed: float
    """p_o, in [0, 1]."""
    expected: float
    """p_e, in [0, 1]."""
    kappa: float
    """1 where they always agree, 0 as by chance, below 0 where worse. NaN where both gave one verdict throughout."""
    low: float
    high: float
    """Interval of kappa; the whole range where it is not defined."""


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable], level: float = 0.95) -> Agreement:
    """Agreement of two lists of verdicts about the same N >= 1 things, in the same order.

    The interval is Wilson's for p_o, carried over to kappa with p_e as observed. Unlike the one of Fleiss, Cohen and
    Everitt (1969) it does not shrink to a point where few things were judged and all alike; `benchmarks/kappa.py`
    compares how often either holds the truth. Raises `ValueError` for lists of different lengths or none.
    """
    count = len(first)
    if not count or count != len(second):
        raise ValueError(f"expected two lists of the same length, at least 1, found {count} and {len(second)}")
    verdicts = set(first) | set(second)
    alike = sum(one == other for one, other in zip(first, second, strict=True))
    observed = alike / count
    expected = sum((list(first).count(one) / count) * (list(second).count(one) / count) for one in verdicts)
    if expected >= 1.0:
        nan = float("nan")
        return Agreement(count=count, observed=observed, expected=expected, kappa=nan, low=-1.0, high=1.0)
    low, high = (float(end) for end in wilson(alike, count, level))
    kappa, low, high = ((share - expected) / (1.0 - expected) for share in (observed, low, high))
    return Agreement(count=count, observed=observed, expected=expected, kappa=kappa, low=max(low, -1.0), high=high)
