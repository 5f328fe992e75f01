"""`pushgen evaluate generator`: whether a generator's styles are under control, and how its texts differ."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from pushgen.cli.flags import JsonFile
from pushgen.generation.control import ControlConfig
from pushgen.splits import Part

if TYPE_CHECKING:
    from pushgen.generation.control import ControlReport
    from pushgen.protocols import StyleLabeller
    from pushgen.records import Candidate

MOST_BEFORE = 5000
"""Texts of the corpus that are labelled, drawn by chance."""


def generator(
    generator: str,
    contents: Path,
    *,
    generator_config: Path | None = None,
    styles: str = "all",
    n: int = 1,
    part: Part = "all",
    labeller: str = "auto",
    labelled: Path | None = None,
    corpus: Path | None = None,
    out: Path | None = None,
    json: JsonFile = None,
    config: Annotated[ControlConfig, Parameter(name="*")] = ControlConfig(),
) -> None:
    """Measure how far the styles asked for are found again, their shares before and after, and how texts differ.

    Texts are asked for in every style; equal ones of a content count once. A labeller that had no part in the
    generator looks for the style of each. Alarms are raised for styles that collapse into one, for styles that make no
    difference, and for one text for many styles or contents.

    Parameters
    ----------
    generator
        `template`, a model folder, `hf:NAME`, `openai:URL#MODEL`, or a file of candidates that were written before.
    contents
        CSV, JSONL or Parquet with `content_id` and `title` or `caption`, or a log folder.
    generator_config
        TOML file with settings of the template, of `hf` decoding or of `openai`.
    styles
        `all`, or style ids with commas between them.
    n
        Candidates per style and content.
    part
        Which part of the split by content to write for; `holdout` are contents that no training command read.
    labeller
        What finds styles, as for `pushgen label`. It must not have made the labels that the generator was trained on.
    labelled
        A table with `text` and `style`, labelled by people: the labeller's own accuracy on it is shown beside.
    corpus
        What `pushgen curate` wrote: the shares before.
    out
        Parquet file for the candidates that were written.
    json
        Also write the figures to this file, or to standard output for `-`.
    """
    from pushgen.cli.output import print_json
    from pushgen.generation.control import measure_control
    from pushgen.manifest import write_json
    from pushgen.progress import say
    from pushgen.settings import as_dict
    from pushgen.styles import open_labeller

    candidates, failures = _candidates(generator, contents, generator_config, styles, n, part, config.seed, out)
    texts = [candidate.text for candidate in candidates]
    judge = open_labeller(labeller, texts=texts[:1000])
    before = _corpus_texts(corpus, config.seed) if corpus else []
    report = measure_control(
        candidates,
        [label.style for label in judge.label(texts)],
        before=[label.style for label in judge.label(before)] if before else (),
        config=config,
    )
    trust = _accuracy(judge, labelled) if labelled else None
    _show(report, judge.name)
    if trust:
        say(f"The labeller agrees with {trust['accuracy']:.1%} [{trust['low']:.1%}, {trust['high']:.1%}] of "
            f"{trust['texts']} texts labelled by people.")  # fmt: skip
    for reason, count in failures.items():
        say(f"{count} x {reason}")
    for alarm in report.alarms:
        say(f"ALARM: {alarm}")
    if json is not None:
        values: dict[str, Any] = {"labeller": judge.name, "labeller_accuracy": trust, "failures": failures}
        values |= as_dict(report)
        print_json(values) if str(json) == "-" else write_json(json, values)


def _candidates(
    generator: str, contents: Path, settings: Path | None, styles: str, n: int, part: Part, seed: int, out: Path | None
) -> "tuple[list[Candidate], dict[str, int]]":
    from pushgen.errors import ConfigurationError, InputError
    from pushgen.generation import open_generator
    from pushgen.generation.batches import write_candidates
    from pushgen.intake import load
    from pushgen.records import Candidate, Content
    from pushgen.splits import keep
    from pushgen.styles import load_taxonomy
    from pushgen.tables import CANDIDATES, CONTENTS, write_table

    if n < 1:
        raise ConfigurationError(f"--n must be at least 1, found {n}")
    chosen: list[Content] = [Content(**row) for row in keep(load(contents, CONTENTS).frame, part).iter_rows(named=True)]
    if Path(generator).is_file():
        known = {content.content_id for content in chosen}
        rows = load(Path(generator), CANDIDATES).frame.iter_rows(named=True)
        found = [candidate for row in rows if (candidate := Candidate(**row)).content_id in known]
        failures: dict[str, int] = {}
    else:
        writer = open_generator(generator, config=settings)
        written = write_candidates(chosen, writer, load_taxonomy().select(styles), n=n, seed=seed)
        found, failures = list(written.candidates), dict(written.failures)
        if out is not None:
            write_table(CANDIDATES.frame(found), out, CANDIDATES)
    if not found:
        raise InputError(
            file=generator if Path(generator).is_file() else str(contents),
            expected=f"candidates for the contents of {str(contents)!r}",
            found=", ".join(f"{count} x {reason}" for reason, count in failures.items()) or "none",
            remedy="Check that the contents have captions and that the file holds candidates of theirs.",
        )
    return found, failures


def _corpus_texts(corpus: Path, seed: int) -> list[str]:
    from pushgen.generation.training import corpus_table
    from pushgen.tables import CORPUS, read_table

    frame = read_table(corpus_table(corpus), CORPUS)
    return frame.sample(min(MOST_BEFORE, frame.height), seed=seed)["text"].to_list()


def _accuracy(judge: "StyleLabeller", labelled: Path) -> dict[str, Any]:
    """How often the labeller finds the style that people gave."""
    import polars as pl

    from pushgen.intake import load
    from pushgen.statistics.proportions import wilson
    from pushgen.tables import Column, Table

    table = Table("labelled", (Column("text", pl.String, True), Column("style", pl.String, True)), ())
    rows = load(labelled, table).frame
    found = [label.style for label in judge.label(rows["text"].to_list())]
    right = sum(a == b for a, b in zip(found, rows["style"].to_list(), strict=True))
    low, high = wilson(right, rows.height)
    return {"texts": rows.height, "accuracy": right / max(rows.height, 1), "low": float(low), "high": float(high)}


def _show(report: "ControlReport", labeller: str) -> None:
    """The figures as tables on standard error."""
    from rich.console import Console
    from rich.table import Table

    console = Console(stderr=True)
    table = Table(title=f"{report.candidates:,} candidates of {report.contents:,} contents, styles by {labeller}")
    names = ("style", "asked", "found", "agreement [95%]", "mistaken for", "before", "after")
    for name in names:
        table.add_column(name, justify="left" if name in ("style", "mistaken for") else "right")
    for row in report.styles:
        agreed = "" if row.agreement is None else f"{row.agreement:.0%} [{row.low:.0%}, {row.high:.0%}]"
        before = "" if row.before is None else f"{row.before:.1%}"
        table.add_row(
            row.style, str(row.asked), str(row.found), agreed, row.mistaken_for or "", before, f"{row.after:.1%}"
        )
    console.print(table)
    figures = Table(title="95% intervals over contents")
    figures.add_column("figure")
    figures.add_column("value", justify="right")
    rows = {
        "style asked for is found": report.agreement,
        "the same beyond chance (kappa)": report.kappa,
        **{f"{name} within a content": value for name, value in report.diversity.items()},
        "contents with a text of their own": report.own,
    }
    for name, value in rows.items():
        figures.add_row(name, str(value))
    console.print(figures)
