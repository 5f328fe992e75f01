"""The page of a model's probes: what it overstates, then edits, measures, styles and near-copies in full."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushgen.report import plots
from pushgen.report.build import Section, plotted, write_page

if TYPE_CHECKING:
    from pushgen.reward.probes.association import Association
    from pushgen.reward.probes.probe import Probes
    from pushgen.statistics.bootstrap import Interval
    from pushgen.text.bounds import Bounds

EDIT_COLUMNS = ("measure", "edit", "log-CTR ratio [95%]", "moved by [95%]", "p [95%]", "texts")
MEASURE_COLUMNS = ("measure", "model [95%]", "readers [95%]", "model less readers [95%]", "verdict", "pairs")


def write_probes_report(probes: "Probes", bounds: "Bounds", path: Path, title: str) -> Path:
    """Writes the page of one model on one log."""
    sections = [
        Section(title="What the model overstates", words=summary(probes)),
        Section(title="Minimal edits", columns=(*EDIT_COLUMNS, "before", "after"),
                rows=tuple((*row, *edit.example) for row, edit in zip(edit_rows(probes), probes.edits, strict=True)),
                words="A real text is edited a little and held against itself. Above 0, or above one half, the model "
                "likes the edit. Near-copies should not move it at all.",
                svg=_plot([(f"{edit.measure}: {edit.edit}", edit.mean) for edit in probes.edits],
                          "expected log-CTR ratio of the edit, x 100 (95% interval)")),
        Section(title="Measures inside experiments", columns=(*MEASURE_COLUMNS, "standard deviation"),
                rows=tuple((*row, f"{found.spread:.3g}")
                           for row, found in zip(association_rows(probes.measures), probes.measures, strict=True)),
                words="Log-CTR for one standard deviation more of the measure than a rival arm has. Noise in the "
                "observed rates widens the intervals of the readers and biases neither column.",
                svg=_plot([(found.measure, found.excess) for found in probes.measures if found.pairs],
                          "model less readers, log-CTR x 100 (95% interval)")),
        Section(title="Correlations inside experiments",
                columns=("measure", "with the model", "with observed CTR", "with true CTR, noise taken out"),
                rows=tuple((found.measure, str(found.model), str(found.observed), str(found.true))
                           for found in probes.measures if found.pairs),
                words="A model leaves out what it does not know, so its correlation lies above the readers' even "
                "where it is right: judge it by the slopes above."),
        *_styles(probes),
        Section(title="Bounds", columns=("measure", "low", "high"),
                rows=tuple((name, f"{low:.4g}", f"{high:.4g}") for name, (low, high) in bounds.ranges.items()),
                words="The range from the 1st to the 99th percentile of the log's distinct texts. "
                "`pushgen select --bounds FILE` holds choices to it."),
    ]  # fmt: skip
    return write_page(title, sections, path)


def summary(probes: "Probes") -> str:
    """In a few sentences, what can be told at 95%."""
    over = [found.measure for found in (*probes.measures, *probes.styles) if found.verdict == "overstates"]
    under = [found.measure for found in (*probes.measures, *probes.styles) if found.verdict == "understates"]
    tested = sum(1 for found in (*probes.measures, *probes.styles) if found.pairs)
    copies = probes.near_copies
    words = [
        f"{probes.pairs:,} pairs of {probes.experiments:,} experiments.",
        f"Overstated against readers: {', '.join(over) or 'nothing that shows'}.",
        f"Understated: {', '.join(under) or 'nothing that shows'}.",
        f"With {tested} comparisons at 95%, {0.05 * tested:.1f} would stand out by chance.",
    ]
    if copies.pairs:
        words.append(
            f"Near-copies ({copies.pairs:,} pairs): the model moves by {root(copies.model)}, readers by "
            f"{root(copies.true)} (root mean square of the log-CTR ratio); the model tells them apart "
            + ("by more than readers do." if copies.overstates else "by no more than readers may.")
        )
    return " ".join(words)


def root(interval: "Interval") -> str:
    """The square root of a mean square with its ends; 0 where it came out below 0."""
    value, low, high = (max(end, 0.0) ** 0.5 for end in (interval.value, interval.low, interval.high))
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def edit_rows(probes: "Probes") -> list[tuple[str, ...]]:
    """Rows of `EDIT_COLUMNS`; an edit that applies to no text has empty figures."""
    return [
        (edit.measure, edit.edit,
         *((signed(edit.mean), str(edit.size), str(edit.p)) if edit.texts else ("", "", "")), f"{edit.texts:,}")
        for edit in probes.edits
    ]  # fmt: skip


def association_rows(found: Sequence["Association"]) -> list[tuple[str, ...]]:
    """Rows of `MEASURE_COLUMNS`; a measure that no pair differs in has empty figures."""
    return [
        (one.measure,
         *((signed(one.model_slope), signed(one.observed_slope), signed(one.excess)) if one.pairs else ("", "", "")),
         one.verdict, f"{one.pairs:,}")
        for one in found
    ]  # fmt: skip


def signed(interval: "Interval") -> str:
    """An interval of log ratios, with signs."""
    return f"{interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"


def _styles(probes: "Probes") -> list[Section]:
    if not probes.styles:
        return []
    words = (
        f"Mean log-CTR of the arms of a style over other arms of their experiments; styles told by {probes.labeller}."
    )
    plot = _plot([(found.measure, found.excess) for found in probes.styles],
                 "model less readers, log-CTR x 100 (95% interval)")  # fmt: skip
    columns = ("style", *MEASURE_COLUMNS[1:])
    rows = tuple(association_rows(probes.styles))
    return [Section(title="Styles inside experiments", words=words, columns=columns, rows=rows, svg=plot)]


def _plot(rows: Sequence[tuple[str, "Interval"]], label: str) -> str:
    drawn: list[Mapping[str, Any]] = [
        {"name": name, "value": one.value, "low": one.low, "high": one.high}
        for name, one in rows
        if one.low == one.low  # no interval, no line
    ]
    return plotted(plots.interval_plot, drawn, label, True) if drawn else ""
