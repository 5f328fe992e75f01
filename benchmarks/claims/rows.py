"""A row of the table of claims: what was measured where, with intervals, beside a baseline, and what follows.

A judged figure is always the advantage that the claim says there is, so that 0 means none. The verdict is arithmetic:
`holds` where the whole interval is above 0; `does not hold here` where the whole interval is below the least advantage
worth the name, which each script states and no result moves; else `undecided`.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.machine import stamp
from pushgen.settings import as_dict
from pushgen.statistics.bootstrap import Interval

RESULTS = Path(__file__).parents[1] / "results" / "claims"
Verdict = Literal["holds", "does not hold here", "undecided", ""]
HEAD = ("claim", "setting", "figure [95%]", "baseline", "verdict")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One figure in one setting."""

    setting: str
    """Data, size, and what the interval is over."""
    measure: str
    interval: Interval
    unit: Literal["%", "points", ""] = "%"
    """A relative difference, or one of two shares, both kept as fractions; or a plain number."""
    baseline: str = ""
    """What it is held against, with its own figure."""
    least: float | None = None
    """Least advantage worth the name; none for a figure that is told and not judged."""

    @property
    def verdict(self) -> Verdict:
        if self.least is None:
            return ""
        if self.interval.low > 0:
            return "holds"
        return "does not hold here" if self.interval.high < self.least else "undecided"

    @property
    def figure(self) -> str:
        """Value and interval, with a sign where the figure is an advantage."""
        sign = "+" if self.least is not None else ""
        factor, places = (100.0, 1) if self.unit else (1.0, 2)
        value, low, high = (factor * end for end in (self.interval.value, self.interval.low, self.interval.high))
        unit = {"%": "%", "points": " points", "": ""}[self.unit]
        return f"{value:{sign}.{places}f}{unit} [{low:.{places}f}, {high:.{places}f}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One claim. Its first finding is the main one."""

    claim: str
    findings: Sequence[Finding]
    note: str = ""
    """What the reader must know to judge the row."""

    @property
    def verdict(self) -> str:
        """One verdict where all judged settings agree, else each with its measure."""
        judged = [finding for finding in self.findings if finding.least is not None]
        told = list(dict.fromkeys(finding.verdict for finding in judged))
        if len(told) == 1:
            return told[0]
        return "<br>".join(f"{one.verdict}: {one.measure} ({one.setting.split(',')[0]})" for one in judged)


def cells(row: Row) -> list[str]:
    """The row's cells in Markdown, in the order of `HEAD`."""
    claim = row.claim + (f"<br>*{row.note}*" if row.note else "")
    settings = list(dict.fromkeys(finding.setting for finding in row.findings))
    figures = "<br>".join(f"{finding.measure}: {finding.figure}" for finding in row.findings)
    baselines = "<br>".join(finding.baseline for finding in row.findings if finding.baseline)
    return [claim, "<br>".join(settings), figures, baselines, row.verdict]


def line(values: Sequence[str]) -> str:
    return "| " + " | ".join(values) + " |"


def publish(name: str, row: Row, folder: Path = RESULTS) -> None:
    """Prints the row and writes `NAME.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    values: dict[str, Any] = as_dict(row) | {"verdict": row.verdict, "stamp": stamp()[0]}
    (folder / f"{name}.json").write_text(json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print("\n".join([line(HEAD), "|" + "---|" * len(HEAD), line(cells(row))]))


def read(path: Path) -> tuple[Row, str]:
    """A published row and the line that says when and where it was measured."""
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    findings = [Finding(**one | {"interval": Interval(**one["interval"])}) for one in values["findings"]]
    return Row(claim=values["claim"], findings=findings, note=values["note"]), values["stamp"]
