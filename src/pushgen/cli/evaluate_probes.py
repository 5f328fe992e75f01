"""`pushgen evaluate probes`: what a reward model pays for that readers may not."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pushgen.cli.flags import JsonFile
from pushgen.progress import say

if TYPE_CHECKING:
    from pushgen.reward.probes import Probes


def probes(
    model: Path,
    log: Path,
    *,
    part: Literal["holdout", "all"] = "holdout",
    out: Path | None = None,
    json: JsonFile = None,
    html: Path | None = None,
    styles: str = "auto",
    texts: int = 1000,
    draws: int = 2000,
    seed: int = 0,
    reduced: bool = False,
) -> None:
    """Edit real texts, and compare what length, digits, capitals, names and styles are worth to model and readers.

    Parameters
    ----------
    model
        Folder of a reward model.
    log
        Folder of an imported log with randomised experiments.
    part
        `holdout`: the contents that the model's own training left out. `all`: every content; only sensible for a
        log the model was not trained on.
    out
        Write the bounds that the log's own pushes set, as TOML, for `pushgen select --bounds`.
    json
        Also write the figures to this file, or to standard output for `-`.
    html
        Also write a page.
    styles
        Style labeller, as `pushgen label --labeller` names it; `none` leaves styles out.
    texts
        Texts per edit at most.
    draws
        Resamples behind the 95% intervals.
    seed
        Seed of the draw of texts and of the resampling.
    reduced
        Compare in bfloat16 where the hardware has it: about twice as fast, may flip up to 1% of the decisions.
    """
    from pushgen.logs import Log
    from pushgen.manifest import hash_path, write_json
    from pushgen.pipeline.probing import probed
    from pushgen.report.probes import write_probes_report
    from pushgen.reward.storage import load_reward
    from pushgen.text.bounds import HIGH, LOW, write_bounds

    judge = load_reward(model, bf16="auto" if reduced else "no")
    opened = Log.open(log)
    found, bounds = probed(judge, opened, part=part, styles=styles, most=texts, draws=draws, seed=seed)
    show(found)
    if out is not None:
        notes = [
            f"Quantiles {LOW} to {HIGH} of the distinct texts of a log.",
            f"Log: SHA-256 {hash_path(opened.path)}.",
        ]
        write_bounds(bounds, out, notes)
        say(f"Bounds for `pushgen select --bounds`: {out}")
    if html is not None:
        say(f"Page: {write_probes_report(found, bounds, html, f'Probes of {model.name}')}")
    if json is not None:
        facts = {"model": str(model), "log": str(log), "part": part, "texts": texts, "draws": draws, "seed": seed}
        values = {**found.as_dict(), "bounds": bounds.ranges, "configuration": facts}
        if str(json) == "-":
            from pushgen.cli.output import print_json

            print_json(values)
        else:
            write_json(json, values)


def show(found: "Probes") -> None:
    """The probes as tables on standard error."""
    from pushgen.report.probes import EDIT_COLUMNS, MEASURE_COLUMNS, association_rows, edit_rows, summary

    _table("Minimal edits: the edited text against itself", EDIT_COLUMNS, edit_rows(found))
    rows = association_rows(found.measures)
    _table("Log-CTR per standard deviation of a measure, inside experiments", MEASURE_COLUMNS, rows)
    if found.styles:
        columns = ("style", *MEASURE_COLUMNS[1:])
        _table("Log-CTR of a style over the other arms, inside experiments", columns, association_rows(found.styles))
    say(summary(found))
    for reason, count in found.left_out.items():
        if count:
            say(f"{count} left out: {reason}")


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place and column not in ("edit", "verdict") else "left")
    for row in rows:
        table.add_row(*row)
    Console(stderr=True, markup=False).print(table)
