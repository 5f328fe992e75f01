"""The page of one experiment: decision and next step in words, then checks, arms, intervals."""

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushgen.report import plots
from pushgen.report.build import Section, plotted, write_page

if TYPE_CHECKING:
    from pushgen.experiments.analysis import Analysis
    from pushgen.experiments.compare import Comparison


def write_experiment_report(analysis: "Analysis", path: Path, texts: Mapping[str, str] | None = None) -> Path:
    """Writes the page of one experiment. `texts` holds what an arm says, where that is known."""
    decision = analysis.decision
    days = f"{analysis.days} days, " if analysis.days else ""
    sections = [
        Section(title=decision.headline, words=decision.next_step, columns=("why",),
                rows=tuple((reason,) for reason in decision.reasons)),
        Section(title="Checks before any result", columns=("check", "state", "finding"),
                rows=tuple((check.name, check.state, check.words) for check in analysis.checks)),
        _arms(analysis, texts or {}),
        *_lifts(analysis),
        *_guards(analysis),
        *_segments(analysis),
        Section(title="How to read this", columns=("notes",), rows=tuple((note,) for note in analysis.notes),
                words=f"{days}{analysis.method} method, {analysis.level:.0%} intervals."),
    ]  # fmt: skip
    return write_page(f"Experiment {analysis.experiment_id}", sections, path)


def span(comparison: "Comparison") -> str:
    """The interval of a lift in words; open ends as such."""
    low = f"{comparison.low:+.1%}" if isfinite(comparison.low) else "open"
    high = f"{comparison.high:+.1%}" if isfinite(comparison.high) else "open"
    return f"[{low}, {high}]"


def p_words(p: float) -> str:
    """A p-value; nothing where there is none."""
    return "" if p != p else f"{p:.3f}" if p >= 0.001 else f"{p:.1e}"


def _arms(analysis: "Analysis", texts: Mapping[str, str]) -> Section:
    rows = tuple(
        (
            f"{arm.arm} (control)" if arm.arm == analysis.control else arm.arm,
            *([texts.get(arm.arm, "")] if texts else []),
            *([f"{arm.units:,}"] if arm.units is not None else []),
            f"{arm.impressions:,}",
            f"{arm.clicks:,}",
            f"{arm.ctr:.3%} [{arm.low:.3%}, {arm.high:.3%}]" if arm.impressions else "",
            f"{arm.p_best:.1%}" if arm.p_best is not None else "",
            f"{arm.expected_loss:.4%}" if arm.expected_loss is not None else "",
        )
        for arm in analysis.arms
    )
    users = ("users",) if analysis.arms[0].units is not None else ()
    columns = ("arm", *(("text",) if texts else ()), *users, "impressions", "clicks", "CTR [95%]",
               "probability to be best", "expected loss in CTR")  # fmt: skip
    drawn = [_row(arm.arm, arm.ctr, arm.low, arm.high) for arm in analysis.arms if arm.impressions]
    words = "Each arm by itself. Whether arms differ is told by the lifts, not by these intervals."
    plot = plotted(plots.interval_plot, drawn, "CTR, % (95% interval of each arm by itself)")
    return Section(title="Arms", words=words, columns=columns, rows=rows, svg=plot)


def _lifts(analysis: "Analysis") -> list[Section]:
    sections: list[Section] = []
    for title, found in (("Lift in CTR", analysis.comparisons), ("Value per user", analysis.means)):
        if not found:
            continue
        rows = tuple((item.arm, f"{item.lift:+.1%}", span(item), p_words(item.p_value), item.verdict) for item in found)
        drawn = [_row(item.arm, item.lift, item.low, item.high) for item in found]
        plot = plotted(plots.interval_plot, drawn, f"lift over {analysis.control}, %", True)
        columns = ("arm", f"lift over {analysis.control}", f"interval ({analysis.level:.0%}, all arms)", "p", "verdict")
        sections.append(Section(title=title, columns=columns, rows=rows, svg=plot))
    return sections


def _guards(analysis: "Analysis") -> list[Section]:
    if not analysis.guards:
        return []
    rows = tuple(
        (item.comparison.arm, item.comparison.metric.replace("_", "-"), f"{item.comparison.value:.3%}",
         f"{item.comparison.control_value:.3%}", span(item.comparison), f"{item.margin:+.0%}", item.state)
        for item in analysis.guards
    )  # fmt: skip
    columns = ("arm", "guardrail", "rate", "rate of the control", "relative rise", "margin", "state")
    words = "An arm is shipped only where the rise of every rate ends below its margin."
    return [Section(title="Guardrails", words=words, columns=columns, rows=rows)]


def _segments(analysis: "Analysis") -> list[Section]:
    if not analysis.segments:
        return []
    rows = tuple(
        (f"{item.segment} = {item.value}", item.comparison.arm, f"{item.comparison.lift:+.1%}", span(item.comparison),
         p_words(item.comparison.p_value), p_words(item.p_holm))
        for item in analysis.segments
    )  # fmt: skip
    note = next((note for note in analysis.notes if "within segments" in note), "")
    columns = ("segment", "arm", "lift", "interval (each alone)", "p alone", "p by Holm")
    return [Section(title="Segments", words=note, columns=columns, rows=rows)]


def _row(name: str, value: float, low: float, high: float) -> dict[str, Any]:
    ends = {"value": value, "low": low, "high": high}
    return {"name": name, **{key: end if isfinite(end) else None for key, end in ends.items()}}
