"""From intervals to a decision in words, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Literal

from pushgen.experiments.compare import Comparison
from pushgen.experiments.observations import Check
from pushgen.statistics.proportions import wilson

Action = Literal["ship", "keep the control", "keep running", "stop"]
GUARD_WORDS = {"dislikes": "dislikes", "opt_outs": "opt-outs", "uninstalls": "uninstalls"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the experiment is."""

    unit: str
    size: int
    """Impressions (users) of all arms so far."""
    needed: int
    """Impressions (users) of all arms at the end."""
    daily: float | None
    """Impressions (users) per day, where known."""
    reached: bool
    """Whether the end is reached."""

    @property
    def left(self) -> str:
        """What is missing, in words."""
        missing = max(self.needed - self.size, 0)
        if not self.daily:
            return f"{missing:,} more {self.unit}"
        days = max(ceil(missing / self.daily), 1)
        return f"{days:,} more {'day' if days == 1 else 'days'} ({missing:,} {self.unit})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A guardrail of one arm: a rate that must not rise by more than a margin."""

    comparison: Comparison
    margin: float
    rise: float
    """Largest absolute rise of the rate that the interval admits."""
    state: Literal["safe", "harmed", "unknown"]
    """`safe` where the interval ends within the margin (non-inferior); `harmed` where it lies above 0 and does not."""

    @property
    def words(self) -> str:
        name = GUARD_WORDS[self.comparison.metric]
        span = f"[{self.comparison.low:+.0%}, {self.comparison.high:+.0%}], at most {self.rise:+.3%} of impressions"
        states = {
            "safe": f"{name} {span}: within the margin",
            "harmed": f"{name} rise {span}: more than the margin of {self.margin:+.0%} is possible",
            "unknown": f"{name} {span}: not yet known to stay within the margin of {self.margin:+.0%}",
        }
        return states[self.state]


def guard(comparison: Comparison, margin: float, slack: float) -> Guard:
    """Non-inferiority from the two-sided interval: half its error lies on the side that matters.

    The arm is safe where the rate rises by no more than `margin`, relative, or by no more than `slack`, absolute.
    """
    # A control without a single event bounds no ratio; the arm's own rate bounds the rise all the same.
    own = float(wilson(comparison.events, comparison.size)[1])
    rise = comparison.high * comparison.control_value if isfinite(comparison.high) else own
    safe = comparison.high <= margin or rise <= slack
    state = "safe" if safe else "harmed" if comparison.low > 0 else "unknown"
    return Guard(comparison=comparison, margin=margin, rise=rise, state=state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the experiment says to do."""

    action: Action
    arm: str | None
    """The arm to ship; null for any other action."""
    headline: str
    reasons: tuple[str, ...]
    next_step: str


def decide(
    checks: Sequence[Check],
    comparisons: Sequence[Comparison],
    guards: Sequence[Guard],
    progress: Progress,
    *,
    lift: float,
    peeking: bool,
) -> Decision:
    """The first of these that holds: broken data, a safe winner, no arm left that could be one, the end, go on.

    `lift` is the smallest lift worth finding; `peeking` tells whether a winner may be called before the end.
    """
    broken = [check for check in checks if check.state == "broken"]
    if broken:
        return _stop(broken)
    harmed = {item.comparison.arm for item in guards if item.state == "harmed"}
    reasons = [_words(comparison) for comparison in comparisons]
    reasons += [f"{item.comparison.arm}: {item.words}" for item in guards if item.state != "safe"]
    if not peeking and not progress.reached:
        return Decision(
            action="keep running",
            arm=None,
            headline=f"Keep running: {progress.left}.",
            reasons=("A test of a single look is read at its planned size; before that its intervals cry wolf.",),
            next_step=f"Look again after {progress.left}, or analyse with the sequential method to look at any time.",
        )
    better = [item for item in comparisons if item.verdict == "better" and item.arm not in harmed]
    safe = [item for item in better if not any(g.comparison.arm == item.arm and g.state == "unknown" for g in guards)]
    if safe:
        return _ship(max(safe, key=lambda item: item.lift), safe, reasons)
    if better:
        best = max(better, key=lambda item: item.lift)
        names = sorted(
            {GUARD_WORDS[g.comparison.metric] for g in guards if g.comparison.arm == best.arm and g.state == "unknown"}
        )
        return Decision(
            action="keep running",
            arm=None,
            headline=f"Keep running: {best.arm} is opened more, but its {' and '.join(names)} are not yet known to be "
            "safe.",
            reasons=tuple(reasons),
            next_step="Let it run until every guardrail's interval ends within its margin, or accept a wider --margin "
            "knowingly.",
        )
    if harmed >= {item.arm for item in comparisons}:
        return _keep(
            "every other arm harms a guardrail", reasons, "Do not ship these arms; look at what annoys people."
        )
    hopeful = [item for item in comparisons if item.arm not in harmed and item.high >= lift]
    if not hopeful:
        return _keep(
            f"no arm is better by {lift:.0%} or more",
            reasons,
            "End the experiment and test texts that differ more.",
        )
    if progress.reached:
        return _keep(
            f"no arm was found better at the planned size of {progress.needed:,} {progress.unit}",
            reasons,
            f"End the experiment. A lift of {lift:.0%} would probably have shown; test texts that differ more.",
        )
    worse = [item.arm for item in comparisons if item.verdict == "worse"]
    drop = f" {' and '.join(worse)} is worse than the control: end that arm." if worse else ""
    return Decision(
        action="keep running",
        arm=None,
        headline=f"Keep running: {progress.left}.",
        reasons=tuple(reasons),
        next_step=f"At most {progress.left} settle a lift of {lift:.0%}.{drop}",
    )


def _ship(best: Comparison, safe: Sequence[Comparison], reasons: Sequence[str]) -> Decision:
    others = [item.arm for item in safe if item.arm != best.arm]
    tie = f" {' and '.join(others)} also beat the control; which of them is best is not settled." if others else ""
    return Decision(
        action="ship",
        arm=best.arm,
        headline=f"Ship {best.arm}: {best.lift:+.1%} CTR over {best.control} [{best.low:+.1%}, {best.high:+.1%}].",
        reasons=tuple(reasons),
        next_step=f"Send {best.arm} to everybody and keep a small holdout on {best.control} to see the lift last."
        f"{tie} The lift of a test that ended early is on average too high: expect less.",
    )


def _keep(why: str, reasons: Sequence[str], next_step: str) -> Decision:
    return Decision(
        action="keep the control",
        arm=None,
        headline=f"Keep the control: {why}.",
        reasons=tuple(reasons),
        next_step=next_step,
    )


def _stop(broken: Sequence[Check]) -> Decision:
    first = broken[0]
    steps = {
        "sample ratio": "Find what removes people from one arm: redirects, bots, late sends, filters after assignment. "
        "Mend it and start again under a new experiment id; no result of this one can be trusted.",
        "zero exposure": "Check that the arm is really sent, then start again.",
    }
    headline = {"sample ratio": "Stop: the sample ratio is broken.", "zero exposure": "Stop: nothing to compare."}
    return Decision(
        action="stop",
        arm=None,
        headline=headline.get(first.name, f"Stop: the data are broken ({first.name})."),
        reasons=tuple(f"{check.name}: {check.words}" for check in broken),
        next_step=steps.get(first.name, "Mend the logging, then read the experiment again or start a new one."),
    )


def _words(item: Comparison) -> str:
    verdict = {"better": "better than", "worse": "worse than", "open": "not told apart from"}[item.verdict]
    return f"{item.arm} is {verdict} {item.control}: lift {item.lift:+.1%} [{item.low:+.1%}, {item.high:+.1%}]"
