"""Caps: whatever is sent when it is allowed, no span ever holds more than its cap."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pushgen.delivery.caps import DAY, WEEK, free_from

START = datetime(2026, 1, 1, tzinfo=UTC)
spans = st.lists(st.floats(0, 60 * 24 * 30).map(lambda minutes: timedelta(minutes=minutes)), max_size=25)


@given(asked=spans, per_day=st.none() | st.integers(1, 4), per_week=st.none() | st.integers(1, 8))
def test_no_span_holds_more_than_its_cap_and_none_is_put_off_in_vain(
    asked: list[timedelta], per_day: int | None, per_week: int | None
) -> None:
    sent: list[datetime] = []
    for now in sorted(START + span for span in asked):
        now = max([now, *sent])
        free, reason = free_from(sent, now, per_day=per_day, per_week=per_week)
        assert (reason is None) == (free == now)
        for moment in (free, free - timedelta(microseconds=1)):
            counts = [
                most is None or sum(moment - span < at <= moment for at in sent) < most
                for span, most in ((DAY, per_day), (WEEK, per_week))
            ]
            assert all(counts) == (moment == free) or (moment < free and reason is None)
        sent.append(free)


def test_by_hand() -> None:
    sent = [START + timedelta(hours=hours) for hours in (0, 10, 20)]
    now = START + timedelta(hours=21)
    assert free_from(sent, now, per_day=3, per_week=None) == (START + DAY, "daily cap")
    assert free_from(sent, now, per_day=2, per_week=None) == (START + timedelta(hours=34), "daily cap")
    assert free_from(sent, now, per_day=4, per_week=3) == (START + WEEK, "weekly cap")
    assert free_from(sent, now, per_day=4, per_week=4) == (now, None)
