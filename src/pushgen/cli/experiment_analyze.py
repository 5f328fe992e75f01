"""`pushgen experiment analyze`: who wins, whether that can be trusted, and what to do next."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pushgen.experiments.settings import AnalysisConfig, Rules

if TYPE_CHECKING:
    from pushgen.experiments.analysis import Analysis


def analyze(
    source: Path,
    /,
    *,
    experiment: str | None = None,
    mapping: Path | None = None,
    segment: tuple[str, ...] = (),
    html: Path | None = None,
    json: bool = False,
    rules: Annotated[Rules, Parameter(name="*")] = Rules(),
    config: Annotated[AnalysisConfig, Parameter(name="*")] = AnalysisConfig(),
) -> None:
    """Judge an experiment: the data first (sample ratio and the like), then lifts, guardrails, a decision in words.

    Parameters
    ----------
    source
        Folder of an imported log, whose pushes are the arms, or a CSV, JSONL or Parquet table with arm, impressions,
        clicks and, where there are, date, user_id, dislikes, opt_outs, uninstalls, before (per user, for CUPED) and
        value (per user, compared as a mean); rows add up. Or events: event_id, user_id, arm, event (impression, click,
        dislike, opt_out, uninstall), at.
    experiment
        Which experiment, where there are several.
    mapping
        TOML file that says which columns are which, as for `pushgen import table`.
    segment
        Column whose values are also looked at one by one; may be given several times.
    html
        Also write a page with plots to this file.
    json
        Print the analysis as JSON on standard output.
    """
    from pushgen.experiments.analysis import analyze as judge
    from pushgen.experiments.observations import read_observations
    from pushgen.intake import ColumnMapping
    from pushgen.pipeline.observe_log import observe_log
    from pushgen.progress import say

    texts: Mapping[str, str] = {}
    if (source / "exposures").is_dir():
        observed = observe_log(source, experiment, config.sample_ratio_p)
        observations, texts = observed.observations, observed.texts
    else:
        columns = ColumnMapping.from_toml(mapping) if mapping else None
        observations = read_observations(source, experiment, mapping=columns, segments=segment)
    found = judge(observations, rules, config)
    show(found, texts)
    if html is not None:
        from pushgen.report import write_experiment_report

        say(f"report: {write_experiment_report(found, html, texts)}")
    if json:
        from pushgen.cli.output import print_json
        from pushgen.settings import as_dict

        print_json(finite({**as_dict(found), "rules": as_dict(rules), "config": as_dict(config)}))


def finite(value: object) -> object:
    """The value with NaN and infinities as null, which JSON has no words for."""
    from math import isfinite
    from typing import Any, cast

    if isinstance(value, dict):
        return {key: finite(item) for key, item in cast(dict[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in cast(list[Any], value)]
    return None if isinstance(value, float) and not isfinite(value) else value


def show(found: "Analysis", texts: Mapping[str, str]) -> None:
    """The analysis on standard error: the decision first, the sample ratio above every result."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from pushgen.report.experiment import p_words, span

    console = Console(stderr=True)
    colour = {"ship": "green", "stop": "red"}.get(found.decision.action, "yellow")
    console.print(f"[bold {colour}]{escape(found.decision.headline)}[/]")
    console.print(escape(found.decision.next_step))
    for check in found.checks:
        style = {"ok": "green", "warning": "yellow", "broken": "bold red"}[check.state]
        console.print(f"[{style}]{check.name}[/]: {escape(check.words)}")
    table = Table(title=f"Experiment {found.experiment_id}", title_justify="left")
    lifts = {item.arm: item for item in found.comparisons}
    for name in ("arm", "clicks / shown", "CTR", f"lift over {found.control}, {found.level:.0%}", "p", "best"):
        table.add_column(escape(name), justify="left" if name == "arm" else "right")
    for arm in found.arms:
        item = lifts.get(arm.arm)
        table.add_row(
            escape(arm.arm),
            f"{arm.clicks:,} / {arm.impressions:,}",
            f"{arm.ctr:.3%}" if arm.impressions else "",
            escape(f"{item.lift:+.1%} {span(item)}") if item else "",
            p_words(item.p_value) if item else "",
            f"{arm.p_best:.0%}" if arm.p_best is not None else "",
        )
    console.print(table)
    for arm, text in texts.items():
        console.print(f"  {escape(arm)}: {escape(text)}")
    for item in found.means:
        console.print(escape(f"value per user, {item.arm}: {item.lift:+.1%} {span(item)} {item.verdict}"))
    for item in found.guards:
        console.print(escape(f"guardrail, {item.comparison.arm}: {item.words}"))
    for item in found.segments:
        where = f"{item.segment} = {item.value}, {item.comparison.arm}"
        p = p_words(item.p_holm)
        console.print(escape(f"segment {where}: {item.comparison.lift:+.1%} {span(item.comparison)}, p by Holm {p}"))
    for note in found.notes:
        console.print(f"[dim]{escape(note)}[/]")
