"""`pushgen experiment plan`: how large an experiment must be."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pushgen.experiments.settings import Rules

if TYPE_CHECKING:
    from pushgen.experiments.design import Plan
    from pushgen.experiments.power import Metric


def plan(
    *,
    baseline: float | None = None,
    history: Path | None = None,
    numerator: str = "clicks",
    denominator: str | None = "impressions",
    explained: float = 0.0,
    arms: int = 2,
    control_weight: float = 1.0,
    daily: float | None = None,
    size: int | None = None,
    json: bool = False,
    rules: Annotated[Rules, Parameter(name="*")] = Rules(),
) -> None:
    """Size, duration and promise of an experiment; with --size the lift that it can find.

    With --baseline every impression counts as independent. With --history, a table with one row per user, the metric
    is a ratio of sums over users (delta method) and the size is in users: right where a user sees several pushes.

    Parameters
    ----------
    baseline
        CTR of the control as a share, such as 0.006.
    history
        CSV, JSONL or Parquet with one row per user from a stretch as long as the experiment will be.
    numerator
        Column of the history that is summed above the line.
    denominator
        Column below the line; `none` for the mean of the numerator per user.
    explained
        Share of the variance over users that CUPED is expected to take out, in [0, 1); the squared correlation with
        the same metric before the experiment.
    arms
        Arms with the control.
    control_weight
        Traffic of the control relative to that of every other arm.
    daily
        Impressions (users with --history) that enter all arms together per day.
    size
        Impressions (users) of all arms together; asks for the detectable lift instead of the size.
    json
        Print the plan as JSON on standard output.
    """
    from pushgen.errors import ConfigurationError
    from pushgen.experiments.design import Shape
    from pushgen.experiments.design import plan as make
    from pushgen.experiments.power import Rate

    metric: Metric
    if (baseline is None) == (history is None):
        raise ConfigurationError("give either --baseline, the CTR of the control, or --history, a table of users")
    if baseline is not None:
        metric = Rate(baseline=baseline)
    else:
        assert history is not None
        column = None if denominator in (None, "none") else denominator
        metric = _from_history(history, numerator, column, explained)
    shape = Shape(arms=arms, control_weight=control_weight, daily=daily, size=size)
    made = make(metric, rules, shape)
    show(made, rules)
    if json:
        from pushgen.cli.output import print_json
        from pushgen.settings import as_dict

        print_json({"plan": as_dict(made), "rules": as_dict(rules), "shape": as_dict(shape)})


def _from_history(path: Path, numerator: str, denominator: str | None, explained: float) -> "Metric":
    from pushgen.errors import ConfigurationError
    from pushgen.experiments.history import read_history
    from pushgen.experiments.power import ClusteredRatio
    from pushgen.progress import say

    if not 0.0 <= explained < 1.0:
        raise ConfigurationError(f"--explained must lie in [0, 1), found {explained!r}")
    history = read_history(path, numerator, denominator)
    if history.rejected:
        say(f"{history.rejected} bad rows of {path} were left out")
    if history.design_effect is not None:
        say(
            f"{history.users:,} users; impressions of one user are alike: the variance is {history.design_effect:.2f} "
            "times that of independent impressions"
        )
    return ClusteredRatio(baseline=history.ratio, deviation=history.deviation * (1.0 - explained) ** 0.5)


def show(made: "Plan", rules: Rules) -> None:
    """The plan as a table on standard error."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Plan ({made.method}, {rules.level:.0%} level)", title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("how much", justify="right")
    rows = [
        ("baseline", f"{made.baseline:.4g}"),
        ("lift to be found", f"{made.lift:+.2%}"),
        ("power", f"{made.power:.1%}"),
        (f"{made.unit}, control", f"{made.control:,}"),
        (f"{made.unit}, every other arm", f"{made.each_arm:,}"),
        (f"{made.unit}, all arms", f"{made.total:,}"),
    ]
    if made.expected < made.total:
        rows.append((f"{made.unit} on average at this lift", f"{made.expected:,}"))
    if made.days is not None:
        rows.append(("days", f"{made.days:,}"))
    for row in rows:
        table.add_row(*row)
    console = Console(stderr=True)
    console.print(table)
    for note in made.notes:
        console.print(note)
