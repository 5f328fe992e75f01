"""How many rows each rule of the curation took. Rows in = rows out + rows dropped, always."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from pushgen.errors import PushgenError


@dataclass(slots=True)
class Step:
    """One reason for which rows were dropped."""

    reason: str
    dropped: int
    """Rows dropped by this rule after all rules before it."""
    alone: int | None = None
    """Rows that break this rule whatever the other rules say, where that is known."""


@dataclass(slots=True)
class Funnel:
    """The way of the rows through the rules, in order. A row is one push of the log."""

    rows_in: int = 0
    rows_out: int = 0
    steps: list[Step] = field(default_factory=list[Step])
    skipped: dict[str, str] = field(default_factory=dict[str, str])
    """Rules that were not applied, and why."""
    excluded: dict[str, int] = field(default_factory=dict[str, int])
    """Experiments left out, by the reason that the audit gave."""
    notes: list[str] = field(default_factory=list[str])

    def take(self, frame: pl.DataFrame, keep: pl.Series, reason: str, *, alone: int | None = None) -> pl.DataFrame:
        """The rows to keep; the others are counted under the reason. A null does not keep."""
        kept = frame.filter(keep)
        self.count(reason, frame.height - kept.height, alone=alone)
        return kept

    def apply(self, frame: pl.DataFrame, broken: Mapping[str, pl.Series]) -> pl.DataFrame:
        """The rows that break no rule; each other row is counted under the first rule that it breaks."""
        alive = pl.repeat(True, frame.height, dtype=pl.Boolean, eager=True)
        for reason, breaks in broken.items():
            self.count(reason, int((alive & breaks).sum()), alone=int(breaks.sum()))
            alive &= ~breaks
        return frame.filter(alive)

    def count(self, reason: str, dropped: int, *, alone: int | None = None) -> None:
        self.steps.append(Step(reason, dropped, alone))

    def close(self, rows_out: int) -> None:
        """Ends the account. Raises `PushgenError` where it does not add up."""
        self.rows_out = rows_out
        lost = self.rows_in - rows_out - sum(self.dropped.values())
        if lost:
            raise PushgenError(f"curation lost count of {lost} of {self.rows_in} rows; please report this as a defect")

    @property
    def dropped(self) -> dict[str, int]:
        """Rows dropped by reason; reasons that took nothing are left out."""
        totals: dict[str, int] = {}
        for step in self.steps:
            if step.dropped:
                totals[step.reason] = totals.get(step.reason, 0) + step.dropped
        return totals

    def table(self) -> list[tuple[str, int, int | None, int]]:
        """Rows (reason, dropped, would drop alone, rows left), one per rule that was applied."""
        left = self.rows_in
        rows: list[tuple[str, int, int | None, int]] = []
        for step in self.steps:
            left -= step.dropped
            rows.append((step.reason, step.dropped, step.alone, left))
        return rows

    def as_dict(self) -> dict[str, Any]:
        """Plain values for `funnel.json`."""
        return asdict(self)
