"""Quiet hours: by the clock on the user's wall, through both changes of daylight saving time.

A moment is quiet where the wall time in the user's zone lies in [start, end), which may span midnight. On a day whose
clock jumps over the end, quiet ends at the jump; where an hour comes twice, quiet follows the wall both times.
"""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Quiet = tuple[time, time]
_LOOK_AHEAD = timedelta(days=3)


def is_quiet(moment: datetime, zone: ZoneInfo, quiet: Quiet) -> bool:
    start, end = quiet
    wall = moment.astimezone(zone).time()
    return start <= wall < end if start < end else wall >= start or wall < end


def quiet_until(moment: datetime, zone: ZoneInfo, quiet: Quiet) -> datetime | None:
    """The first moment from `moment` on that is not quiet; None where `moment` itself is not."""
    return _first(moment, zone, quiet, want=False) if is_quiet(moment, zone, quiet) else None


def loud_until(moment: datetime, zone: ZoneInfo, quiet: Quiet) -> datetime:
    """The first moment from `moment` on that is quiet."""
    return moment if is_quiet(moment, zone, quiet) else _first(moment, zone, quiet, want=True)


def zone_of(name: str | None, default: str) -> ZoneInfo:
    """The zone of a user, or the default one where the user's is not known."""
    return _zone(name or default)


@lru_cache(1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _first(moment: datetime, zone: ZoneInfo, quiet: Quiet, *, want: bool) -> datetime:
    """Quietness changes only where the wall shows a boundary or where the clock jumps."""
    boundary = quiet[0] if want else quiet[1]
    today = moment.astimezone(zone).date()
    found = [
        datetime.combine(today + timedelta(days=day), boundary, zone).replace(fold=fold).astimezone(UTC)
        for day in range(4)
        for fold in (0, 1)
    ]
    jump = _jump(moment, zone)
    for candidate in sorted([*found, jump] if jump else found):
        if candidate > moment and is_quiet(candidate, zone, quiet) is want:
            return candidate
    raise AssertionError(f"no boundary {boundary} in {zone.key} within three days of {moment}")


def _jump(moment: datetime, zone: ZoneInfo) -> datetime | None:
    """The next moment within the look-ahead at which the zone's offset changes, to the second."""
    low, high = 0, int(_LOOK_AHEAD.total_seconds())
    start = moment.astimezone(UTC).replace(microsecond=0)

    def offset(seconds: int) -> timedelta | None:
        return (start + timedelta(seconds=seconds)).astimezone(zone).utcoffset()

    before = offset(low)
    if offset(high) == before:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(middle) == before else (low, middle)
    return start + timedelta(seconds=high)
