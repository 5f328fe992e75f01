"""`pushgen demo`: the whole loop in the simulated world."""

from pathlib import Path
from typing import TYPE_CHECKING

from pushgen.progress import say

if TYPE_CHECKING:
    from pushgen.pipeline.measure import Lift
    from pushgen.pipeline.round import Played


def demo(*, out: Path = Path("demo"), seed: int = 0, json: bool = False) -> None:
    """Build a simulated app, learn from its log, write, check and choose pushes, and test the choice.

    Takes at most six minutes on two cores and needs no network. Killed halfway, the same command goes on.

    Parameters
    ----------
    out
        Output folder; `report.html` in it shows the result.
    seed
        Of the world, its log and the models.
    json
        Print the result as JSON on standard output.
    """
    from pushgen.cli.output import print_json
    from pushgen.pipeline.round import play
    from pushgen.recipes.demo import demo_round
    from pushgen.report import write_report
    from pushgen.settings import as_dict

    played = play(demo_round(), out, seed)
    show(played)
    say(f"report: {write_report(out)}")
    if json:
        print_json(as_dict(played))


def show(played: "Played") -> None:
    """The result as a table on standard error."""
    from rich.console import Console
    from rich.table import Table

    measured = played.measured
    lifts = {lift.versus: lift for lift in measured.lifts}
    table = Table(title=f"Simulated A/B test over {measured.contents} new contents", title_justify="left")
    for name in ("arm", "impressions", "clicks", "CTR [95%]", "lift of the chosen push over it [95%]"):
        table.add_column(name, justify="left" if name == "arm" else "right")
    for arm in measured.arms:
        rate = f"{100 * arm.ctr:.3f}% [{100 * arm.low:.3f}, {100 * arm.high:.3f}]"
        lift = _interval(lifts[arm.name]) if arm.name in lifts else ""
        table.add_row(arm.name, f"{arm.impressions:,}", f"{arm.clicks:,}", rate, lift)
    Console(stderr=True, width=None).print(table)
    if measured.recovered is None:
        say("no gap between a random and the best candidate shows in this test")
    else:
        say(f"the choice closes {_interval(measured.recovered)} of the gap between a random and the best candidate")


def _interval(lift: "Lift") -> str:
    return f"{100 * lift.lift:+.1f}% [{100 * lift.low:+.1f}, {100 * lift.high:+.1f}]"
