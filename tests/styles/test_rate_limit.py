"""Pace against a clock that only sleeping moves."""

import pytest

from pushgen.errors import ConfigurationError
from pushgen.styles.rate_limit import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_what_is_taken_is_spaced_evenly() -> None:
    clock = Clock()
    limit = RateLimit(30, clock, clock.sleep)
    times: list[float] = []
    for amount in (1, 1, 2, 1):
        limit.take(amount)
        times.append(clock.now - 100)
    assert times == [0, 2, 4, 8]


def test_unused_time_gives_no_burst_and_corrections_count() -> None:
    clock = Clock()
    limit = RateLimit(60, clock, clock.sleep)
    clock.now += 50
    limit.take(10)
    limit.correct(-7)  # it was 3 only
    limit.take()
    assert clock.now == pytest.approx(153)
    limit.pause(20)
    limit.take()
    assert clock.now == pytest.approx(173)
    with pytest.raises(ConfigurationError, match="above 0"):
        RateLimit(0)
