"""Spans for OpenTelemetry. Without an SDK in the process they cost next to nothing and go nowhere.

A span names routes, never paths, and holds no message of an error: FastAPI's own spans hold both, and paths hold ids
of users. Those are off.
"""

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from starlette.types import Scope

FRAMEWORK = {"tracing": False, "metrics": False, "logs": False}
"""What FastAPI is told, where it has telemetry of its own."""


def default_tracer() -> Tracer:
    """Of whatever provider the process sets up, before or after."""
    return trace.get_tracer("pushgen.service")


@contextmanager
def request_span(tracer: Tracer, scope: Scope) -> Generator[Span]:
    """A span around one request, a child of the caller's where it sends `traceparent`."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    with tracer.start_as_current_span(
        "request",
        context=propagate.extract(headers),
        kind=SpanKind.SERVER,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield span


def answered(span: Span, method: str, route: str, status: int, request_id: str) -> None:
    """Names the span and notes what came of the request, as the semantic conventions for HTTP say."""
    span.update_name(f"{method} {route}")
    span.set_attribute("http.request.method", method)
    span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    span.set_attribute("pushgen.request_id", request_id)
    if status >= 500:
        span.set_status(StatusCode.ERROR)
