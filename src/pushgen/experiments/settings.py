"""What an experiment is planned and judged by; plan and analysis share these settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pushgen.errors import ConfigurationError

Method = Literal["sequential", "group-sequential", "fixed"]
Correction = Literal["dunnett", "bonferroni", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When an experiment may say that an arm is better."""

    method: Method = "sequential"
    """`sequential` may be looked at and stopped at any time. `group-sequential` is looked at `looks` times. `fixed` is
    looked at once, when the planned size is reached; looked at more often it cries wolf."""
    level: float = 0.95
    """Probability that all intervals of the experiment hold together, in (0, 1)."""
    power: float = 0.8
    """Probability to find an arm that is better by `lift`, in (0.5, 1)."""
    lift: float = 0.1
    """Smallest lift over the control that is worth finding, relative: 0.1 is a CTR of 1.1% over one of 1.0%."""
    correction: Correction = "dunnett"
    """For several arms against one control: `dunnett` uses that they share the control, `bonferroni` does not.
    Sequential methods use Bonferroni in place of Dunnett, whose joint distribution holds for a single look only."""
    looks: int = 5
    """Evenly spaced looks of the group-sequential method, the last at the planned size."""

    def check(self) -> None:
        """Raises `ConfigurationError` for a value outside its range."""
        ranges = (
            ("level", 0.0 < self.level < 1.0, "in (0, 1)"),
            ("power", 0.5 < self.power < 1.0, "in (0.5, 1)"),
            ("lift", self.lift > -1.0 and self.lift != 0.0, "above -1 and not 0"),
            ("looks", self.looks >= 1, "at least 1"),
        )
        for name, holds, words in ranges:
            if not holds:
                raise ConfigurationError(f"{name} must be {words}, found {getattr(self, name)!r}")


def alpha_per_arm(rules: Rules, treatments: int) -> float:
    """Two-sided error of one comparison under Bonferroni, or without correction."""
    alpha = 1.0 - rules.level
    return alpha if rules.correction == "none" else alpha / max(treatments, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisConfig:
    """How an experiment is judged, beside the rules it was planned by."""

    control: str | None = None
    """Arm that the others are compared with; by default one named `control`, else the first of the table."""
    planned: int | None = None
    """Impressions (users, where rows are users) of all arms together at the planned end. Without it the size follows
    from the rules and the control's rate; the group-sequential method needs it."""
    daily: float | None = None
    """Impressions (users) per day, where the table has no dates to tell them from."""
    sample_ratio_p: float = 1e-3
    """The experiment is stopped where the sample-ratio test has a smaller p-value; small, as it is looked at often."""
    margin: float = 0.25
    """Rise of a guardrail rate (dislikes, opt-outs, uninstalls) over the control's that is still accepted, relative."""
    slack: float = 0.0002
    """Rise of a guardrail rate that is accepted whatever its ratio, absolute: 0.0002 is 2 more in 10,000 impressions.
    Rare events would otherwise keep every winner waiting."""
    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    """Traffic that each arm was to get, relative to each other; by default equal."""
