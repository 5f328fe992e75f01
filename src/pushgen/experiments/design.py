"""How large an experiment must be, or what one of a given size can find, and how long it takes."""

from dataclasses import dataclass
from math import ceil

from pushgen.errors import ConfigurationError
from pushgen.experiments.power import Metric, detectable, power_of, size_for
from pushgen.experiments.settings import Rules, alpha_per_arm


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Arms and traffic of an experiment."""

    arms: int = 2
    """Arms with the control, at least 2."""
    control_weight: float = 1.0
    """Traffic of the control relative to that of every other arm, above 0. With k other arms the whole experiment is
    smallest near the square root of k."""
    daily: float | None = None
    """Impressions (users for a ratio metric) that enter all arms together per day; needed for durations."""
    size: int | None = None
    """Impressions (users) of all arms together, where they are given and the detectable lift is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The size of an experiment and what it promises."""

    unit: str
    """What is counted: impressions, or users for a ratio metric."""
    baseline: float
    lift: float
    """The lift that is found with the promised power."""
    power: float
    control: int
    """Units of the control."""
    each_arm: int
    """Units of every other arm."""
    total: int
    expected: int
    """Units that the experiment takes on average where one arm has exactly this lift; the total for a single look."""
    days: int | None
    """Days that the traffic needs, rounded up; null where no traffic was given."""
    critical: float
    """Limit of |z| of a single look that the size was computed from."""
    inflation: float
    """Size over that of a single look with the same correction."""
    method: str
    correction: str
    notes: tuple[str, ...]


def plan(metric: Metric, rules: Rules, shape: Shape) -> Plan:
    """Size for `rules.lift`, or the detectable lift where `shape.size` is given.

    Raises `ConfigurationError` for values outside their range and for a size at which nothing can be found.
    """
    rules.check()
    _check(shape)
    treatments, ratio = shape.arms - 1, 1.0 / shape.control_weight
    critical, correction = critical_value(rules, treatments, shape.control_weight)
    inflation, share = sequential_cost(rules, treatments, critical)
    if shape.size is None:
        control = ceil(size_for(metric, rules.lift, rules.power, critical, ratio=ratio) * inflation)
        lift = rules.lift
    else:
        control = int(shape.size / (1.0 + treatments * ratio))
        lift = detectable(metric, control / inflation, rules.power, critical, ratio=ratio)
        if lift == float("inf"):
            raise ConfigurationError(
                f"with {shape.size} {metric.unit} in {shape.arms} arms no lift is found with power {rules.power:g}; "
                "give more traffic, fewer arms or less power"
            )
    each = ceil(control * ratio)
    total = control + treatments * each
    return Plan(
        unit=metric.unit,
        baseline=metric.baseline,
        lift=lift,
        power=power_of(metric, lift, control / inflation, critical, ratio=ratio),
        control=control,
        each_arm=each,
        total=total,
        expected=ceil(total * share),
        days=ceil(total / shape.daily) if shape.daily else None,
        critical=critical,
        inflation=inflation,
        method=rules.method,
        correction=correction,
        notes=_notes(metric, rules, shape, correction, total),
    )


def critical_value(rules: Rules, treatments: int, control_weight: float = 1.0) -> tuple[float, str]:
    """Limit of |z| of a single look, and the correction that it comes from."""
    from scipy.special import ndtri  # pyright: ignore[reportMissingTypeStubs]

    from pushgen.statistics.multiplicity import dunnett_critical

    if rules.correction == "dunnett" and rules.method == "fixed" and treatments > 1:
        return dunnett_critical([1.0] * treatments, control_weight, rules.level), "dunnett"
    name = "none" if treatments == 1 or rules.correction == "none" else "bonferroni"
    return float(ndtri(1.0 - alpha_per_arm(rules, treatments) / 2.0)), name


def sequential_cost(rules: Rules, treatments: int, critical: float) -> tuple[float, float]:
    """Size of an experiment over that of a single look with the same power, and the share of it used on average."""
    import numpy as np
    from scipy.optimize import brentq  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]
    from scipy.special import ndtri  # pyright: ignore[reportMissingTypeStubs]

    from pushgen.statistics.confidence_sequences import mixture_drift, mixture_z
    from pushgen.statistics.group_sequential import crossing_probabilities, even_looks, spending_bounds

    if rules.method == "fixed":
        return 1.0, 1.0
    alpha = alpha_per_arm(rules, treatments)
    if rules.method == "sequential":
        looks = even_looks(60)
        drift = mixture_drift(rules.power, alpha)
        bounds = mixture_z(drift**2 * np.array(looks), alpha)
    else:
        looks = even_looks(rules.looks)
        bounds = spending_bounds(looks, alpha)

        def short(drift: float) -> float:
            return float(crossing_probabilities(looks, bounds, drift)[0].sum()) - rules.power

        drift = float(brentq(short, 0.5, 12.0, xtol=1e-6))  # pyright: ignore
    up, down = crossing_probabilities(looks, bounds, drift)
    stopped = up + down
    share = float(stopped @ np.array(looks) + 1.0 - stopped.sum())
    return (drift / (critical + float(ndtri(rules.power)))) ** 2, share


def _check(shape: Shape) -> None:
    ranges = (
        ("arms", shape.arms >= 2, "at least 2 (one arm compares with nothing)"),
        ("control_weight", shape.control_weight > 0, "above 0"),
        ("daily", shape.daily is None or shape.daily > 0, "above 0"),
        ("size", shape.size is None or shape.size >= shape.arms, "at least one unit per arm"),
    )
    for name, holds, words in ranges:
        if not holds:
            raise ConfigurationError(f"{name} must be {words}, found {getattr(shape, name)!r}")


def _notes(metric: Metric, rules: Rules, shape: Shape, correction: str, total: int) -> tuple[str, ...]:
    notes: list[str] = []
    treatments = shape.arms - 1
    if correction == "dunnett":
        notes.append(f"{treatments} arms against one control: Dunnett's correction, which uses that they share it.")
    elif correction == "bonferroni":
        notes.append(
            f"{treatments} arms against one control: Bonferroni's correction, which holds at every look; "
            "Dunnett's holds for a single one."
        )
    elif treatments > 1:
        notes.append(f"{treatments} arms without correction: more than {1 - rules.level:.0%} false winners.")
    if rules.method == "sequential":
        notes.append("May be looked at and stopped at any time; a strong effect ends it well before the full size.")
    elif rules.method == "group-sequential":
        notes.append(f"To be looked at {rules.looks} times, every {total / rules.looks:,.0f} {metric.unit}.")
    else:
        notes.append("To be looked at once, at the full size; every look before that adds false winners.")
    if shape.daily and total / shape.daily < 7:
        notes.append("Run it for a whole week all the same: people open pushes differently from day to day.")
    return tuple(notes)
