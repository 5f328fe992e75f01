"""The page of a replay: which way to send earns most at which traffic, then every figure, then how to read it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pushgen.report import plots
from pushgen.report.build import Section, plotted, write_page

if TYPE_CHECKING:
    from pushgen.experiments.replay.figures import Gain
    from pushgen.experiments.replay.simulate import Replayed
    from pushgen.statistics.bootstrap import Interval

BEST, SIMPLE = 3, 4
"""Policies in the plot beside the oracle: the best of all, and the best that learnt from no other experiment."""


def write_replay_report(replayed: "Replayed", gains: Sequence["Gain"], path: Path) -> Path:
    """Writes the page of one replay."""
    traffic = replayed.config.traffic
    by_place = {(gain.policy, gain.traffic): gain for gain in gains}
    policies = [policy for policy in dict.fromkeys(gain.policy for gain in gains) if policy != "oracle"]
    ranked = sorted(policies, key=lambda policy: -sum(by_place[policy, level].share.value for level in traffic))
    simple = [policy for policy in ranked if not policy.endswith(("learnt prior", "reward prior"))]
    drawn = {
        policy: [
            (float(level), gain.value, gain.low, gain.high)
            for level in traffic
            for gain in [by_place[policy, level].gain]
        ]
        for policy in [*dict.fromkeys([*ranked[:BEST], *simple[:SIMPLE]]), "oracle"]
    }
    best = {level: max(policies, key=lambda policy: by_place[policy, level].gain.value) for level in traffic}
    winners = tuple((f"{level:,}", best[level], percent(by_place[best[level], level].gain)) for level in traffic)
    columns = ("policy", *(f"{level:,} impressions" for level in traffic))

    def table(figure: str) -> tuple[tuple[str, ...], ...]:
        return tuple(
            (policy, *(percent(getattr(by_place[policy, level], figure)) for level in traffic))
            for policy in [*ranked, "oracle"]
        )

    experiments = len(set(replayed.contests.experiments))
    words = (
        f"{len(replayed.contests):,} contests (arms of one experiment that differ in their text alone) of "
        f"{experiments:,} experiments, replays of each: {replayed.config.seeds}, in {replayed.config.batches} batches. "
        "True rates are the log's, shrunk within each contest."
    )
    sections = [
        Section(title="What earns most", words=words, columns=("impressions per experiment", "policy", "gain, % [95%]"),
                rows=winners, svg=plotted(plots.gain_plot, drawn)),
        Section(title="Clicks over uniform random sending, % [95%]", columns=columns, rows=table("gain")),
        Section(title="Share of the oracle's gain, % [95%]", columns=columns, rows=table("share"),
                words="The oracle sends the arm with the highest true rate from the first impression on."),
        Section(title="What other experiments taught", columns=("belief", "fold", "clicks an arm's prior is worth",
                "factor on utilities", "level, CTR"), rows=_learnt(replayed)),
    ]  # fmt: skip
    return write_page("Replay of sending policies", sections, path)


def percent(interval: "Interval") -> str:
    """An interval of shares in per cent."""
    return f"{100 * interval.value:+.1f} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def _learnt(replayed: "Replayed") -> tuple[tuple[str, ...], ...]:
    return tuple(
        (belief, str(fold), f"{one.strength:.1f}", f"{one.slope:.2f}" if belief == "reward" else "",
         f"{one.level_alpha / (one.level_alpha + one.level_beta):.3%}")
        for belief, folds in replayed.learnt.items()
        for fold, one in enumerate(folds)
    )  # fmt: skip
