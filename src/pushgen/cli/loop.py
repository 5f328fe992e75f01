"""`pushgen loop`: the closed loop in the simulated world."""

from pathlib import Path
from typing import TYPE_CHECKING

from pushgen.progress import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pushgen.pipeline.loop.play import Round


def loop(
    *,
    rounds: int = 10,
    out: Path = Path("loop"),
    seed: int = 0,
    poisoned: tuple[int, ...] = (),
    json: bool = False,
) -> None:
    """Play rounds of generate, choose, test and learn in a simulated app, and show what they earn.

    In each round a bandit with the reward model's prior divides the traffic between the best candidates; a small,
    uniformly random share is what the model is watched on and trained on again. A model that comes out worse does not
    serve. Killed halfway, the same command goes on; with more rounds it adds them.

    Parameters
    ----------
    rounds
        Rounds in all.
    out
        Output folder; `report.html` in it shows the result.
    seed
        Of the world, its log and what its users do.
    poisoned
        Rounds whose feedback reaches the learner shuffled, to see the alarm.
    json
        Print all rounds as JSON on standard output.
    """
    from pushgen.cli.output import print_json
    from pushgen.pipeline.loop.play import play_loop
    from pushgen.recipes.loop import closed_loop
    from pushgen.report.loop import write_loop_report
    from pushgen.settings import as_dict

    played = play_loop(closed_loop(tuple(poisoned)), rounds, out, seed)
    show(played)
    say(f"report: {write_loop_report(played, out / 'report.html')}")
    if json:
        print_json([{**as_dict(one), "shares": shares(one)} for one in played])


def shares(one: "Round") -> dict[str, float]:
    """Shares of the oracle's lift over a random candidate."""
    found = one.figures
    return {"choice": found.share(found.choice), "sent": found.share(found.sent), "all": found.share(found.all)}


def show(played: "Sequence[Round]") -> None:
    """The rounds as a table on standard error."""
    from rich.console import Console
    from rich.table import Table

    from pushgen.report.loop import serving

    table = Table(title="Closed loop: share of the oracle's lift over a random candidate", title_justify="left")
    for name in ("round", "CTR of all traffic", "all traffic", "model's choice", "lift that came true", "next model"):
        table.add_column(name, justify="right")
    for one in played:
        found = shares(one)
        true = f"{one.check.slope:.0%} ± {1.96 * one.check.error:.0%}" + (" ALARM" if one.check.alarm else "")
        cells = (f"{one.figures.all:.3%}", f"{found['all']:.0%}", f"{found['choice']:.0%}", true, serving(one))
        table.add_row(str(one.number), *cells)
    Console(stderr=True, markup=False).print(table)
