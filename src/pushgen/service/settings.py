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
    writing_at_once: int = 1
    """Requests for new texts, or with texts to be checked, worked on at once."""
    writing_waiting: int = 8
    """Such requests that wait for their turn; what comes on top is shed with 503."""
    work: bool = True
    """Whether this process works on jobs and notices; they wait where none does."""
    webhook_hosts: tuple[str, ...] = ()
    """Hosts inside our own network that webhooks may lead to; every other private or local address is refused."""
    lease_seconds: float = 60.0
    """A job whose process died goes on elsewhere after so long."""

    def __post_init__(self) -> None:
        counts = (self.body_limit, self.burst, self.in_flight, self.threads, self.models_at_once, self.writing_at_once)
        if min(counts) < 1 or min(self.models_waiting, self.writing_waiting) < 0:
            raise ConfigurationError(f"service: limits must be at least 1, what waits at least 0, found {self}")
        if not (self.rate > 0.0 and self.lease_seconds > 0.0):
            raise ConfigurationError(f"service: rate and lease must be above 0, found {self}")
