"""The page of a closed loop: CTR per round, regret, styles, and what the daily check said, in words."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pushgen.report import plots
from pushgen.report.build import Section, plotted, write_page

if TYPE_CHECKING:
    from pushgen.pipeline.loop.play import Round


def write_loop_report(played: "Sequence[Round]", path: Path) -> Path:
    """Writes the page of all rounds played."""
    return write_page(
        "Closed loop", [_result(played), _alarms(played), _learning(played), _tests(played), _styles(played)], path
    )


def serving(one: "Round") -> str:
    """What serves after a round, in a word."""
    if one.judged is None:
        return "incumbent (alarm)"
    return "new" if one.judged.adopted else "incumbent (fall-back)"


def _result(played: "Sequence[Round]") -> Section:
    lines = {
        "best candidate (oracle)": [one.figures.best for one in played],
        "sent by the bandit": [one.figures.sent for one in played],
        "model's choice": [one.figures.choice for one in played],
        "random candidate": [one.figures.random for one in played],
    }
    regret, rows = 0.0, list[tuple[str, ...]]()
    for one in played:
        found = one.figures
        regret += found.regret
        cells = (found.random, found.choice, found.sent, found.all, found.best)
        shares = tuple(f"{found.share(ctr):.0%}" for ctr in (found.choice, found.sent, found.all))
        rows.append(
            (str(one.number), *(f"{ctr:.3%}" for ctr in cells), *shares, f"{found.regret:,.0f}", f"{regret:,.0f}")
        )
    reached = " and ".join(f"{one.figures.share(one.figures.all):.0%} in round {one.number}" for one in _ends(played))
    words = (
        f"Of the lift of the best candidate over a random one all traffic reached {reached}. CTRs are true rates of "
        "the simulated world; contents are new in every round, so that levels differ by chance. Regret: clicks that "
        "the best candidates would have earned more from the same traffic."
    )
    columns = ("round", "random", "model's choice", "sent", "all", "best", "choice, share of oracle", "sent", "all",
               "regret, clicks", "in all")  # fmt: skip
    return Section(
        title="CTR per round", words=words, columns=columns, rows=tuple(rows), svg=plotted(plots.round_plot, lines)
    )


def _ends(played: "Sequence[Round]") -> "Sequence[Round]":
    """The first and the last round."""
    return [played[0], *([played[-1]] if len(played) > 1 else [])]


def _alarms(played: "Sequence[Round]") -> Section:
    alarms = [f"Round {one.number}: {one.check.words}" for one in played if one.check.alarm]
    rows = tuple(
        (str(one.number), one.model, f"{one.check.accuracy:.3f} [{one.check.low:.3f}, {one.check.high:.3f}]",
         f"{one.check.pairs:,}", one.check.words)
        for one in played
    )  # fmt: skip
    return Section(
        title="Daily check and alarms",
        words=" ".join(alarms) or "No alarm: what the models predicted kept coming true on the random share.",
        columns=("round", "serving model", "pairs predicted right [95%]", "pairs", "what came true"),
        rows=rows,
    )


def _learning(played: "Sequence[Round]") -> Section:
    rows = tuple(
        (
            str(one.number),
            serving(one),
            one.judged.words if one.judged else "not trained: nothing is learnt from an alarm",
        )
        for one in played
    )
    words = (
        "Only the random share is learnt from. A new model serves where it predicts held-out contents of it no worse."
    )
    return Section(title="Learning", words=words, columns=("round", "serves next", "verdict"), rows=rows)


def _tests(played: "Sequence[Round]") -> Section:
    rules = sorted({rule for one in played for rule in one.stops})
    rows = tuple(
        (str(one.number), f"{one.sent[0]:,}", f"{one.sent[1]:,}", f"{one.control[0]:,}", f"{one.control[1]:,}",
         f"{one.strength:.1f}", f"{one.slope:.2f}", *(str(one.stops.get(rule, 0)) for rule in rules))
        for one in played
    )  # fmt: skip
    columns = ("round", "impressions sent", "clicks", "impressions of the random share", "clicks",
               "clicks that a prediction is worth", "factor on predictions", *(f"ended: {rule}" for rule in rules),
    )  # fmt: skip
    words = (
        "The bandit's tests. `small loss`: sending the leader for ever gives up too little to test on; `little left`: "
        "knowing the best arm for sure would bring less than a click in the traffic that is left."
    )
    return Section(title="Tests", words=words, columns=columns, rows=rows)


def _styles(played: "Sequence[Round]") -> Section:
    names = sorted({style for one in played for style in one.styles})
    rows = tuple((style, *(f"{one.styles.get(style, 0.0):.1%}" for one in played)) for style in names)
    shown = {f"round {one.number}": one.styles for one in _ends(played)}
    return Section(
        title="Styles",
        words="Share of each style, as asked for, in what the bandit sent.",
        columns=("style", *(f"round {one.number}" for one in played)),
        rows=rows,
        svg=plotted(plots.style_plot, shown),
    )
