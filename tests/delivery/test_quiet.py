"""Quiet hours against a clock that is read minute by minute, in zones with every kind of change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgen.delivery.quiet import is_quiet, loud_until, quiet_until

NIGHT = (time(22), time(8))
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "America/Santiago",  # changes at midnight
    "Asia/Kathmandu",  # +05:45
    "Pacific/Apia",
    "Africa/Casablanca",
)
CHANGES = [datetime(2026, 3, 29), datetime(2026, 10, 25), datetime(2026, 3, 8), datetime(2026, 11, 1),
           datetime(2026, 4, 5), datetime(2026, 10, 4), datetime(2026, 9, 6), datetime(2026, 2, 15)]  # fmt: skip
QUARTERS = [time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)]


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    change=st.sampled_from(CHANGES),
    minutes=st.integers(-1440, 1440),
    quiet=st.tuples(st.sampled_from(QUARTERS), st.sampled_from(QUARTERS)).filter(lambda pair: pair[0] != pair[1]),
)
def test_the_next_change_is_the_first_minute_that_differs(
    zone: str, change: datetime, minutes: int, quiet: tuple[time, time]
) -> None:
    """Every boundary and every jump of these zones falls on a full minute."""
    place = ZoneInfo(zone)
    moment = change.replace(tzinfo=UTC) + timedelta(minutes=minutes)
    now = is_quiet(moment, place, quiet)
    expected = moment
    while is_quiet(expected, place, quiet) is now:
        expected += timedelta(minutes=1)
    if now:
        assert quiet_until(moment, place, quiet) == expected
    else:
        assert quiet_until(moment, place, quiet) is None
        assert loud_until(moment, place, quiet) == expected


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        ("2026-03-28T23:00:00+01:00", "2026-03-29T08:00:00+02:00"),  # nine hours of night: one is missing
        ("2026-10-24T23:00:00+02:00", "2026-10-25T08:00:00+01:00"),  # ten of them
        ("2026-07-01T21:59:59+02:00", None),
        ("2026-07-01T22:00:00+02:00", "2026-07-02T08:00:00+02:00"),
        ("2026-07-02T08:00:00+02:00", None),
    ],
)
def test_berlin_by_hand(wall: str, expected: str | None) -> None:
    found = quiet_until(datetime.fromisoformat(wall), ZoneInfo("Europe/Berlin"), NIGHT)
    assert found == (datetime.fromisoformat(expected) if expected else None)


def test_an_end_that_the_clock_jumps_over_is_the_jump() -> None:
    """Berlin, 29 March 2026: 01:59:59 is followed by 03:00:00."""
    found = quiet_until(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin"), (time(22), time(2, 30)))
    assert found == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_an_hour_that_comes_twice_is_quiet_by_the_wall_both_times() -> None:
    """Berlin, 25 October 2026: 02:00 to 03:00 comes twice; quiet ends at 02:30 each time."""
    berlin, quiet = ZoneInfo("Europe/Berlin"), (time(22), time(2, 30))
    quarters = [datetime(2026, 10, 25, 0, minute, tzinfo=UTC) for minute in (0, 15, 30, 45)]
    quarters += [moment + timedelta(hours=1) for moment in quarters]
    assert [is_quiet(moment, berlin, quiet) for moment in quarters] == [True, True, False, False] * 2
