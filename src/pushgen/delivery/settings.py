"""How deliveries are decided and sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pushgen.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryConfig:
    """What users are owed, and what workers may do."""

    per_day: int | None = 3
    """Most pushes that a user gets in any 24 hours, over all campaigns; null for no limit."""
    per_week: int | None = 10
    """Most pushes that a user gets in any 7 times 24 hours, over all campaigns; null for no limit."""
    quiet_from: str | None = "22:00"
    """Wall time from which a user is left alone, in the user's zone; null for never."""
    quiet_to: str | None = "08:00"
    """Wall time from which a user may be sent to again."""
    default_zone: str = "UTC"
    """IANA zone of users whose own is not known."""
    stale_after_seconds: float | None = 86_400.0
    """A delivery that could not be sent so long after it was due is dropped, unless its campaign says otherwise."""
    batch: int = 400
    """Deliveries that a worker claims at once."""
    concurrency: int = 100
    """Requests that a worker has under way at most. That many may be repeated when it is killed."""
    lanes: int = 2
    """Batches that a worker has in hand at once: while one waits for the provider another is at the database."""
    lease_seconds: float = 60.0
    """How long a claim holds without a sign of life. After a crash it takes this long until others go on."""
    timeout_seconds: float = 15.0
    """How long a provider may take to answer; at most half of the lease."""
    poll_seconds: float = 1.0
    """How long a worker without work sleeps."""
    retry_seconds: float = 30.0
    """Wait before the first retry; it doubles with each further one."""
    retry_most_seconds: float = 3_600.0
    """Longest wait before a retry."""
    attempts: int = 8
    """A delivery fails after so many answers to try again later."""
    recoveries: int = 3
    """A delivery fails after workers died on it more often than this."""
    breaker_failures: int = 20
    """So many attempts in a row without an answer that helps, and the channel rests."""
    breaker_seconds: float = 30.0
    """How long a channel rests before it is tried again."""
    rates: Mapping[str, float] = field(default_factory=dict[str, float])
    """Most messages per second of a channel, over all workers; a channel that is not named has no limit."""

    def __post_init__(self) -> None:
        for name in ("batch", "concurrency", "lanes", "attempts", "breaker_failures"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"delivery: {name} must be at least 1, found {getattr(self, name)!r}")
        for name in ("per_day", "per_week"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ConfigurationError(f"delivery: {name} must be at least 1 or none, found {getattr(self, name)!r}")
        if self.timeout_seconds * 2 > self.lease_seconds:
            raise ConfigurationError(
                "delivery: timeout_seconds must be at most half of lease_seconds: no request may outlive its claim; "
                f"found {self.timeout_seconds:g} and {self.lease_seconds:g}"
            )
        if any(rate <= 0 for rate in self.rates.values()):
            raise ConfigurationError(f"delivery: a rate must be above 0, found {dict(self.rates)!r}")
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ConfigurationError("delivery: set both quiet_from and quiet_to, or neither")
        if self.quiet is not None and self.quiet[0] == self.quiet[1]:
            raise ConfigurationError("delivery: quiet_from and quiet_to must differ; leave both out for no quiet hours")
        try:
            ZoneInfo(self.default_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ConfigurationError(f"delivery: there is no time zone {self.default_zone!r}") from error

    @property
    def quiet(self) -> tuple[time, time] | None:
        """Start and end of the quiet hours as wall times."""
        if self.quiet_from is None or self.quiet_to is None:
            return None
        return _wall_time("quiet_from", self.quiet_from), _wall_time("quiet_to", self.quiet_to)


def _wall_time(name: str, value: str) -> time:
    try:
        found = time.fromisoformat(value)
    except ValueError as error:
        raise ConfigurationError(f"delivery: {name} must be a time such as 22:00, found {value!r}") from error
    if found.tzinfo is not None:
        raise ConfigurationError(f"delivery: {name} is a wall time in the user's zone, found an offset in {value!r}")
    return found
