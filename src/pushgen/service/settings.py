"""What can be set of the service."""

from dataclasses import dataclass

from pushgen.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """Limits that keep the service answering."""

    body_limit: int = 2 << 20
    """Bytes of a request at most."""
    rate: float = 50.0
    """Requests per second of one key in the long run, in this process."""
    burst: int = 200
    """Requests of one key at once."""
    in_flight: int = 256
    """Requests under way at most; what comes on top is shed with 503."""
    threads: int = 12
    """Requests that use the database at once; no more than it gives connections."""
    models_at_once: int = 1
    """Scores and choices computed at once. A second one helps only where cores are idle."""
    models_waiting: int = 32
    """Scores and choices that wait for their turn; what comes on top is shed with 503."""

    def __post_init__(self) -> None:
        counts = (self.body_limit, self.burst, self.in_flight, self.threads, self.models_at_once)
        if min(counts) < 1 or self.models_waiting < 0 or not self.rate > 0.0:
            raise ConfigurationError(f"service: limits must be at least 1 and the rate above 0, found {self}")
