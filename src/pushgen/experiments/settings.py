"""What an experiment is planned and judged by; plan and analysis share these settings."""

from dataclasses import dataclass
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
