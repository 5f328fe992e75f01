"""The clock of the machine. Tests use `pushgen.fakes.FakeClock`."""

from datetime import UTC, datetime


class SystemClock:
    """Workers on several machines need clocks that agree to within a few seconds, as NTP keeps them."""

    def now(self) -> datetime:
        return datetime.now(UTC)
