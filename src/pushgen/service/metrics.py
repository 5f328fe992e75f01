"""What Prometheus is told."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class Metrics:
    """Counters of one service. Labels are routes, never paths, so that their number is bounded and names nobody."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        by_route = ("method", "route")
        self._requests = Counter(
            "pushgen_requests", "Requests answered.", (*by_route, "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "pushgen_request_seconds", "Time to answer.", by_route, buckets=_SECONDS, registry=self.registry
        )
        self.in_flight = Gauge("pushgen_requests_in_flight", "Requests under way.", registry=self.registry)
        self.shed = Counter("pushgen_requests_shed", "Requests refused for load.", ("where",), registry=self.registry)
        self.turns = Counter("pushgen_job_contents", "Contents of jobs.", ("outcome",), registry=self.registry)
        self.notices = Counter("pushgen_notices", "Attempts to tell a webhook.", ("fate",), registry=self.registry)
        self.events = Counter("pushgen_events", "Events kept.", ("kind",), registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        name = method if method in _METHODS else "other"
        self._requests.labels(name, route, str(status)).inc()
        self._seconds.labels(name, route).observe(seconds)

    def page(self) -> bytes:
        """In the text format of Prometheus."""
        return generate_latest(self.registry)
