"""Spans: one per request and one per turn at the models, with routes and without anybody's words."""

from collections.abc import Callable

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.service.conftest import Client

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_spans_name_routes_and_nobody(build: Callable[..., Client]) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    call = build(tracer=provider.get_tracer("test"))
    texts = {"texts": [{"body": "secret words"}, {"body": "b"}]}
    call("POST", "/v1/scores", json=texts, headers={"traceparent": PARENT, "X-Request-ID": "r-1"})
    call("PUT", "/v1/users/user-4711?x=user-4711", json={"zone": "Mars/Olympus"})
    call("GET", "/v1/nothing")
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["models", "POST /v1/scores", "PUT /v1/users/{user_id}", "GET unmatched"]
    models, scores, put, _ = spans
    assert scores.context is not None
    assert models.parent is not None
    assert scores.context.trace_id == models.parent.trace_id == int(PARENT.split("-")[1], 16)
    assert models.parent.span_id == scores.context.span_id
    attributes = dict(scores.attributes or {})
    assert attributes["http.response.status_code"] == 200
    assert attributes["pushgen.request_id"] == "r-1"
    assert (put.attributes or {})["http.response.status_code"] == 422
    written = "".join(span.to_json() for span in spans)
    assert "4711" not in written
    assert "Mars" not in written
    assert "secret words" not in written
