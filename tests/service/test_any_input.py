"""Whatever is sent to whichever route: no error of ours, and no status that the description does not name."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.service.conftest import Client
from tests.service.test_access import RULES

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
_NAMES = st.sampled_from(
    [
        "items",
        "content_id",
        "title",
        "body",
        "caption",
        "kind",
        "at",
        "user_id",
        "key",
        "event_id",
        "texts",
        "fields",
        "zone",
        "channel",
        "address",
        "wanted",
        "reviewer",
        "decision",
        "reason",
        "created_at",
        "keys",
        "seen_at",
    ]
)
_VALUES = _SCALARS | st.sampled_from(("click", "opt_out", "approve", "edit", "2026-01-01T00:00:00Z", "fcm", "\x00"))
JSON = st.recursive(
    _VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=6), max_leaves=12
)
BODIES = st.dictionaries(_NAMES, JSON, max_size=8) | JSON
PARTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=6)
QUERIES = st.dictionaries(st.sampled_from(("cursor", "limit", "content_id", "candidate_id")), PARTS, max_size=2)


@cache
def description(call: Client) -> dict[str, Any]:
    return call("GET", "/v1/openapi.json", key=None).json()["paths"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=st.sampled_from(RULES), part=PARTS, body=BODIES, query=QUERIES)
def test_any_input(any_call: Client, rule: Any, part: str, body: Any, query: dict[str, str]) -> None:
    path = re.sub(r"\{\w+\}", lambda _: quote(part, safe=""), rule.path)
    sent: dict[str, Any] = {}
    if rule.method not in ("GET", "DELETE"):
        # Infinity and halves of characters, which clients refuse to write, among the rest.
        sent = {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}
    answer = any_call(rule.method, path, params=query, **sent)
    assert answer.status_code < 500, answer.text
    # A slash in an id, or a dot that clients resolve, leads elsewhere.
    if "/" not in part and part not in (".", ".."):
        assert str(answer.status_code) in description(any_call)[rule.path][rule.method.lower()]["responses"]
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
