"""The page of a learning curve: is there enough data, what did each part bring, what is there without any."""

from pathlib import Path

from pushgen.report import plots
from pushgen.report.build import Section, plotted, write_page
from pushgen.reward.curve import FIGURES, Curve, Point

COLUMNS = ("model", "experiments", *FIGURES)


def write_curve_report(curve: Curve, path: Path, title: str) -> Path:
    """Writes the page of one log."""
    lines = {
        name: [
            (point.experiments, found.value, found.low, found.high)
            for point in curve.points
            for found in (point.figures[name],)
        ]
        for name in FIGURES
    }
    plot = plotted(plots.level_plot, lines, "experiments trained on", "% (95% interval)", "figures by experiments")
    sections = [
        Section(title="Is there enough?", words=curve.words, svg=plot),
        Section(title="By experiments", columns=COLUMNS, rows=tuple(point_row(point) for point in curve.points)),
        Section(
            title="Without a test of one's own",
            words="What a cold start gets. A model of another log is as good here as its readers are like these.",
            columns=COLUMNS,
            rows=tuple(point_row(point) for point in curve.cold),
        ),
    ]
    return write_page(title, sections, path)


def point_row(point: Point) -> tuple[str, ...]:
    """A row of `COLUMNS`."""
    return (point.name, f"{point.experiments:,}", *(str(point.figures[name]) for name in FIGURES))
