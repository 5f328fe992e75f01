"""`pushgen experiment replay`: what each way to send would have earned on the experiments of a log."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pushgen.experiments.replay.settings import ReplayConfig
from pushgen.progress import say

if TYPE_CHECKING:
    import polars as pl

    from pushgen.experiments.replay.figures import Figures, Gain


def replay(
    log: Path,
    /,
    *,
    reward: Path | None = None,
    utilities: Path | None = None,
    html: Path | None = None,
    json: bool = False,
    draws: int = 2000,
    config: Annotated[ReplayConfig, Parameter(name="*")] = ReplayConfig(),
) -> None:
    """Replay A/B tests and bandits, with and without a reward model, on the click rates that a log tells.

    Rates are shrunk first, so that luck in the log is not taken for truth; clicks are then drawn from them. Excluded
    experiments are left out, and only arms that differ in their text alone compete. Gains are over uniform random
    sending, intervals over experiments.

    Parameters
    ----------
    log
        Folder of an imported log with randomised experiments.
    reward
        Folder of a reward model. Only the contents that its training held out are replayed.
    utilities
        In place of a model, a table of push_id and utility (expected log CTR up to a constant of the experiment) from
        models that did not see these experiments, such as one per fold.
    html
        Also write a page with a plot to this file.
    json
        Print all figures as JSON on standard output.
    draws
        Resamples of the experiments behind the intervals.
    """
    from pushgen.errors import ConfigurationError
    from pushgen.experiments.replay.figures import Figures
    from pushgen.experiments.replay.lineup import lineup
    from pushgen.experiments.replay.simulate import replay as run
    from pushgen.logs import Log, make_pairs
    from pushgen.pipeline.replay_log import contests_of, read_utilities

    if reward is not None and utilities is not None:
        raise ConfigurationError("give either --reward or --utilities, not both")
    config.check()
    made = make_pairs(Log.open(log))
    pairs, expected = made.frame, None
    if reward is not None:
        pairs, expected = _held_out(reward, pairs)
    elif utilities is not None:
        expected = read_utilities(utilities)
    found = contests_of(pairs, expected)
    for reason, count in {**made.left_out, **found.left_out}.items():
        if count:
            say(f"{count:,} left out: {reason}")
    replayed = run(found.contests, lineup(reward=expected is not None), config)
    figures = Figures(replayed, draws=draws, seed=config.seed)
    gains = figures.gains()
    show(figures, gains)
    if html is not None:
        from pushgen.report.replay import write_replay_report

        say(f"report: {write_replay_report(replayed, gains, html)}")
    if json:
        from pushgen.cli.output import print_json
        from pushgen.settings import as_dict

        values = {
            "contests": len(found.contests),
            "experiments": len(set(found.contests.experiments)),
            "left_out": {**made.left_out, **found.left_out},
            "learnt": {belief: [as_dict(one) for one in folds] for belief, folds in replayed.learnt.items()},
            "gains": [as_dict(gain) for gain in gains],
            "differences": [as_dict(one) for one in figures.differences()],
            "config": as_dict(config),
        }
        print_json(values)


def _held_out(model: Path, pairs: "pl.DataFrame") -> "tuple[pl.DataFrame, dict[str, float]]":
    """The pairs that a model's training held out, and its utilities for them."""
    from pushgen import splits
    from pushgen.errors import ConfigurationError
    from pushgen.pipeline.replay_log import utilities_by
    from pushgen.reward.storage import load_reward

    judge = load_reward(model)
    if not judge.origin.holdout:
        raise ConfigurationError(
            f"the model {str(model)!r} was trained without held-out contents, so that no experiment is known to be new "
            "to it. Train it with --holdout 0.2, or give --utilities of models that did not see these experiments."
        )
    held = splits.keep(pairs, "holdout", judge.origin.holdout, judge.origin.salt)
    return held, utilities_by(judge, held)


def show(figures: "Figures", gains: "list[Gain]") -> None:
    """Gains by policy and traffic on standard error."""
    from rich.console import Console
    from rich.table import Table

    from pushgen.report.replay import percent

    traffic = sorted({gain.traffic for gain in gains})
    by_place = {(gain.policy, gain.traffic): gain for gain in gains}
    table = Table(title="Clicks over uniform random sending, % [95%]", title_justify="left")
    table.add_column("impressions per experiment")
    for level in traffic:
        table.add_column(f"{level:,}", justify="right")
    for policy in figures.policies:
        table.add_row(policy, *(percent(by_place[policy, level].gain) for level in traffic))
    Console(stderr=True, markup=False).print(table)
