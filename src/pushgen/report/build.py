"""Collects what a folder holds (a demo, a run, a corpus, a reward model) into one self-contained HTML file.

Sections appear for the artefacts that are there; everything shown is escaped by the template engine.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import polars as pl

from pushgen.errors import InputError, MissingExtraError
from pushgen.progress import say
from pushgen.report import plots
from pushgen.tables import CANDIDATES, SELECTIONS, read_table

EXAMPLES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One heading with a sentence, a table and a plot, each optional."""

    title: str
    words: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    svg: str = ""


def write_report(folder: Path, out: Path | None = None) -> Path:
    """Writes `report.html` for a folder and returns its path.

    Raises `InputError` where the folder holds nothing that a report could show.
    """
    sections = [
        section
        for build in (_result, _styles, _examples, _reward, _captions_rated, _funnel, _run)
        for section in build(folder)
    ]
    if not sections:
        raise InputError(
            file=str(folder),
            expected="the output of `pushgen demo`, `run`, `curate`, `train reward` or `caption ratings`",
            found="none of their files",
            remedy="Give the folder that one of these commands wrote.",
        )
    return write_page(f"PushGen: {folder.name}", sections, out or folder / "report.html")


def write_page(title: str, sections: Sequence[Section], path: Path) -> Path:
    """Writes one self-contained HTML file; everything but the plots is escaped."""
    from jinja2 import Environment

    source = files("pushgen.report").joinpath("report.html.jinja").read_text(encoding="utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(template.render(title=title, sections=sections), encoding="utf-8")
    return path


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def plotted(draw: Callable[..., str], *args: Any) -> str:
    """The plot, or nothing where matplotlib is not installed; that is said."""
    try:
        return draw(*args)
    except MissingExtraError as error:
        say(str(error))
        return ""


def _percent(value: float, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f}%"


def _interval(row: dict[str, Any], digits: int = 1) -> str:
    return f"{_percent(row['lift'], digits)} [{_percent(row['low'], digits)}, {_percent(row['high'], digits)}]"


def _result(folder: Path) -> list[Section]:
    measured = _json(folder / "measure.json")
    if not measured:
        return []
    lifts = {row["versus"]: row for row in measured["lifts"]}
    rows = tuple(
        (
            arm["name"],
            f"{arm['impressions']:,}",
            f"{arm['clicks']:,}",
            f"{_percent(arm['ctr'], 3)} [{_percent(arm['low'], 3)}, {_percent(arm['high'], 3)}]",
            _interval(lifts[arm["name"]]) if arm["name"] in lifts else "",
        )
        for arm in measured["arms"]
    )
    words = f"A simulated randomised test over {measured['contents']} contents that no model was trained on. "
    if measured["recovered"]:
        words += (
            f"The choice closes {_interval(measured['recovered'])} of the gap between a random and the best candidate."
        )
    else:
        words += "The texts differ too little here for a gap between a random and the best candidate to show."
    columns = ("arm", "impressions", "clicks", "CTR [95%]", "lift of the chosen push over it [95%]")
    return [
        Section(
            title="Result", words=words, columns=columns, rows=rows, svg=plotted(plots.lift_plot, measured["lifts"])
        )
    ]


def _styles(folder: Path) -> list[Section]:
    shares = _json(folder / "styles.json")
    if not shares:
        return []
    words = "Share of each style in the fine-tuning corpus, as labelled, and among the selections, as asked for."
    return [Section(title="Styles", words=words, svg=plotted(plots.style_plot, shares))]


def _examples(folder: Path) -> list[Section]:
    run = folder / "run" if (folder / "run").is_dir() else folder
    if not (run / "selections").is_dir():
        return []
    chosen = read_table(run / "selections", SELECTIONS).head(EXAMPLES)
    captions = _captions(folder)
    rows: list[tuple[str, ...]] = []
    for row in chosen.to_dicts():
        rivals = cast(list[dict[str, Any]], row["rivals"] or [])
        closest = min(rivals, key=lambda rival: rival["p_beaten"], default=None)
        rows.append(
            (
                captions.get(str(row["content_id"]), str(row["content_id"])),
                f"{row['title']}: {row['body']}" if row["title"] else str(row["body"]),
                str(row["style"]),
                _percent(row["p_win"], 0),
                f"{closest['text']} ({_percent(closest['p_beaten'], 0)})" if closest else "",
            )
        )
    columns = ("content", "chosen push", "style", "mean win probability", "closest rival (probability to beat it)")
    return [Section(title="Examples", columns=columns, rows=tuple(rows))]


def _captions(folder: Path) -> dict[str, str]:
    path = folder / "contents.parquet"
    if not path.is_file():
        return {}
    frame = pl.read_parquet(path, columns=["content_id", "title", "caption"])
    return {row[0]: row[2] or row[1] or "" for row in frame.iter_rows()}


def _reward(folder: Path) -> list[Section]:
    evaluation = _json(folder / "evaluation.json") or _json(folder / "reward" / "evaluation.json")
    if not evaluation:
        return []
    rows = tuple(
        (str(row["metric"]), str(row["model"]), str(row["baseline"]), str(row["count"]))
        for row in evaluation.get("table", [])
    )
    return [
        Section(
            title="Reward model",
            words="On held-out experiments. The baseline calls the longer text the winner.",
            columns=("metric", "model [95%]", "longer wins", "n"),
            rows=rows,
            svg=plotted(plots.reliability_plot, evaluation["reliability"]["model"]),
        )
    ]


def _captions_rated(folder: Path) -> list[Section]:
    audit = _json(folder / "caption_audit.json")
    if not audit:
        return []
    rows: list[tuple[str, ...]] = []
    for scale, found in audit["scales"].items():
        kappa = found["kappa"]
        rows.append((scale, _shared(found["best"]), "" if kappa is None else f"{kappa:.2f}"))
    rows += [
        (f"factuality, with words from {origin}", _shared(found), "")
        for origin, found in audit["true_by_origin"].items()
    ]
    words = (
        f"{audit['rated']:,} captions out of {audit['of']:,}, drawn by chance, rated by {', '.join(audit['raters'])}. "
        "At the best level a caption says nothing false, and misses nothing that matters."
    )
    columns = ("scale", "captions at the best level [95%]", "weighted kappa of two raters")
    return [Section(title="Captions, as people rate them", words=words, columns=columns, rows=tuple(rows))]


def _shared(share: dict[str, Any]) -> str:
    low, high = _percent(share["low"], 0), _percent(share["high"], 0)
    value = _percent(share["count"] / share["of"], 0) if share["of"] else ""
    return f"{value} [{low}, {high}] of {share['of']}"


def _funnel(folder: Path) -> list[Section]:
    funnel = _json(folder / "funnel.json") or _json(folder / "corpus" / "funnel.json")
    if not funnel:
        return []
    left = int(funnel["rows_in"])
    rows: list[tuple[str, ...]] = [("pushes in the log", "", f"{left:,}")]
    steps = [("pushes in the log", left)]
    for step in funnel["steps"]:
        left -= int(step["dropped"])
        rows.append((str(step["reason"]), f"{step['dropped']:,}", f"{left:,}"))
        if step["dropped"]:
            steps.append((str(step["reason"]), left))
    rows += [(f"{rule} (skipped: {why})", "", "") for rule, why in funnel["skipped"].items()]
    return [
        Section(
            title="Curation",
            words="What each rule took out of the log on its way to the fine-tuning corpus.",
            columns=("rule", "taken", "left"),
            rows=tuple(rows),
            svg=plotted(plots.funnel_plot, steps),
        )
    ]


def _run(folder: Path) -> list[Section]:
    run = folder / "run" if (folder / "run").is_dir() else folder
    summary = _json(run / "summary.json")
    if not summary:
        return []
    blocked, warned = summary["blocked"], summary["warned"]
    findings = tuple(
        (rule, f"{blocked.get(rule, 0):,}", f"{warned.get(rule, 0):,}") for rule in sorted({*blocked, *warned})
    )
    reasons = tuple((reason, f"{count:,}") for reason, count in {**summary["failures"], **summary["rejects"]}.items())
    written = read_table(run / "candidates", CANDIDATES) if (run / "candidates").is_dir() else CANDIDATES.frame([])
    generators = ", ".join(
        f"{name} {count:,}" for name, count in written["generator"].value_counts(sort=True).iter_rows()
    )
    words = (
        f"{summary['candidates']:,} candidates for {summary['contents']:,} contents ({generators}); "
        f"{summary['selections']:,} chosen, {summary['fallbacks']:,} of them from the fallback template. "
        f"{summary['repaired']:,} blocked candidates were repaired and passed."
    )
    return [
        Section(title="Run", words=words, columns=("guardrail", "candidates blocked", "warned of"), rows=findings),
        *([Section(title="Not written", columns=("reason", "rows"), rows=reasons)] if reasons else []),
    ]
