"""`pushgen evaluate curve`: whether a log has enough A/B tests for a reward model."""

from pathlib import Path

from pushgen import splits
from pushgen.progress import say
from pushgen.reward.settings import Kind


def curve(
    log: Path,
    *,
    cold: list[Path] | None = None,
    kind: Kind = "linear",
    holdout: float = splits.HOLDOUT,
    html: Path | None = None,
    json: Path | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> None:
    """Train on an eighth, a quarter, a half and all of the experiments and judge each model on the same others.

    Parameters
    ----------
    log
        Folder of an imported log with randomised experiments.
    cold
        Folders of reward models of other logs: what a start without tests of one's own would get.
    kind
        Kind of reward model; `linear` trains in seconds, the others up to a quarter of an hour for each of the parts.
    holdout
        Share of contents that no model is trained on and all are judged on.
    html
        Also write a page.
    json
        Also write the figures to this file, or to standard output for `-`.
    draws
        Resamples of the experiments behind the 95% intervals.
    seed
        Seed of the parts and of the resampling.
    """
    from rich.console import Console
    from rich.table import Table

    from pushgen.logs import Log, make_pairs
    from pushgen.manifest import write_json
    from pushgen.report.curve import COLUMNS, point_row, write_curve_report
    from pushgen.reward.curve import learning_curve
    from pushgen.reward.settings import RewardConfig
    from pushgen.reward.storage import load_reward

    pairs = make_pairs(Log.open(log)).frame
    train, held = (splits.keep(pairs, part, holdout) for part in ("train", "holdout"))
    others = {str(folder): load_reward(folder) for folder in cold or []}
    found = learning_curve(train, held, RewardConfig(kind=kind), cold=others, draws=draws, seed=seed)
    table = Table(title=f"Judged on {found.held_out:,} experiments that no model was trained on, 95% intervals")
    for place, column in enumerate(COLUMNS):
        table.add_column(column, justify="right" if place else "left")
    for point in (*found.points, *found.cold):
        table.add_row(*point_row(point))
    Console(stderr=True).print(table)
    say(found.words)
    if html is not None:
        say(f"Page: {write_curve_report(found, html, f'Learning curve of {log.resolve().name}')}")
    if json is not None:
        if str(json) == "-":
            from pushgen.cli.output import print_json

            print_json(found.as_dict())
        else:
            write_json(json, found.as_dict())
