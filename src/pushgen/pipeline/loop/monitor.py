"""The daily check: what came true, on the random share, of what the serving model had predicted.

Nextdoor watches its reward model's accuracy on a control group every day and retrains on a drop (Zeng et al., arXiv
2312.12457). Accuracy on thin counts is mostly noise: beside it stands the slope of clicks on predictions
(`statistics.predicted_lift`), which uses every click, and on which the alarm rests.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pushgen.pipeline.loop.config import MonitorConfig
from pushgen.statistics.bootstrap import ClusterBootstrap
from pushgen.statistics.predicted_lift import Groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One round's check of the model that served it, on candidates that it had not seen."""

    slope: float
    """Share of the predicted lift that came true; 1 is right in size, 0 says nothing."""
    error: float
    accuracy: float
    """Share of pairs of the random share whose observed winner was predicted; a tie is half right."""
    low: float
    high: float
    """95% over contents."""
    pairs: int
    alarm: bool
    words: str


def check(control: pl.DataFrame, earlier: Sequence[Check], config: MonitorConfig, *, seed: int = 0) -> Check:
    """Holds `content_id, utility, impressions, clicks` of a round against what earlier rounds saw come true.

    The alarm asks for a drop that matters and is beyond chance. What used to come true is the mean of the earlier
    rounds without an alarm, weighted by their evidence; the first round has none, and there only predictions that are
    the wrong way round raise the alarm.
    """
    groups = Groups(control["utility"], control["clicks"], control["impressions"], control["content_id"])
    found = groups.fit()
    right, content = _pairs(control)
    interval = ClusterBootstrap(content, draws=500, seed=seed).mean(right)
    usual, doubt = _usual(earlier)
    drop = usual - found.slope
    alarm = bool(found.slope <= config.least * usual and drop > config.z * np.hypot(found.error, doubt))
    words = f"{found.slope:.0%} (± {1.96 * found.error:.0%}) of the predicted lift came true"
    if usual:
        words += f", {usual:.0%} did before"
    if not np.isfinite(found.slope):
        words = "too few clicks in the random share to tell what came true"
    if alarm:
        words = (
            f"ALARM: {words}. The feed may be broken, or tastes have changed: nothing is learnt from this round. Check "
            "that clicks are joined to the pushes that were shown."
        )
    return Check(
        slope=found.slope,
        error=found.error,
        accuracy=interval.value,
        low=interval.low,
        high=interval.high,
        pairs=len(right),
        alarm=alarm,
        words=words,
    )


def _usual(earlier: Sequence[Check]) -> tuple[float, float]:
    """Slope of the rounds without an alarm, at least 0, and its standard error; zeros where there was none."""
    healthy = [one for one in earlier if not one.alarm and np.isfinite(one.slope) and one.error > 0]
    if not healthy:
        return 0.0, 0.0
    weight = np.array([one.error**-2 for one in healthy])
    slope = float(np.average([one.slope for one in healthy], weights=weight))
    return max(slope, 0.0), float(weight.sum() ** -0.5)


def alarms_in_a_row(checks: Sequence[Check]) -> int:
    """Alarms at the end of the sequence without a healthy round between them."""
    count = 0
    for one in reversed(checks):
        if not one.alarm:
            break
        count += 1
    return count


def _pairs(control: pl.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Whether each pair of candidates of a content was predicted right, and its content."""
    rows = control.filter(pl.col("impressions") > 0).with_columns(rate=pl.col("clicks") / pl.col("impressions"))
    rows = rows.with_row_index("row")
    both = rows.join(rows, on="content_id", suffix="_b").filter(pl.col("row") < pl.col("row_b"))
    said = np.sign((both["utility"] - both["utility_b"]).to_numpy())
    came = np.sign((both["rate"] - both["rate_b"]).to_numpy())
    right = np.where((said == 0) | (came == 0), 0.5, (said == came).astype(np.float64))
    return right, both["content_id"].to_list()
