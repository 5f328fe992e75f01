"""Caps: at most so many pushes per user in any span of a length, over all campaigns.

The span is the last 24 hours or 7 times 24 hours, not a calendar day, so that nobody gets two days' pushes around
midnight and no change of zone or daylight saving opens a gap.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def free_from(
    sent: Sequence[datetime], now: datetime, *, per_day: int | None, per_week: int | None
) -> tuple[datetime, str | None]:
    """The first moment from `now` on at which one more push breaks no cap, and the cap that held it up.

    `sent` are the moments of earlier pushes, in any order. A push sent at t no longer counts at t plus the span.
    """
    free, reason = now, None
    for span, most, name in ((DAY, per_day, "daily cap"), (WEEK, per_week, "weekly cap")):
        if most is None or len(sent) < most:
            continue
        # The most-th latest push has to leave the span; those before it have then left it, too.
        leaves = sorted(sent)[-most] + span
        if leaves > free:
            free, reason = leaves, name
    return free, reason
