"""The whole description against the whole service: no error of ours, and nothing that the description does not say."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.service.conftest import Client, make, opened
from tests.service.furnish import ID, furnish_all
from tests.service.test_access import RULES

from pushgen.service.rules import Rule
from pushgen.service.settings import ServiceConfig

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Any) -> Any:
    with opened(sqlite_template, tmp_path_factory.mktemp("openapi")) as store:
        client = make(store, config=ServiceConfig(burst=1_000_000, work=False))
        furnish_all(client)
        yield client


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.method} {rule.path}")
@pytest.mark.parametrize("name", [ID, "absent", None])
def test_every_operation(served: Client, description: Any, rule: Rule, name: str | None) -> None:
    """Requests as described to what is there and to what is not, and requests that break the description."""
    operation = description[rule.path][rule.method]
    mode = GenerationMode.NEGATIVE if name is None else GenerationMode.POSITIVE
    if (name == "absent" and "{" not in rule.path) or (
        name is None and not {"parameters", "requestBody"} & operation.definition.raw.keys()
    ):
        return

    @settings(max_examples=4, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def answers_as_described(case: schemathesis.Case) -> None:
        if name is not None:
            case.path_parameters = dict.fromkeys(case.path_parameters or {}, name)
        case.call_and_validate(headers={"Authorization": f"Bearer {served.key}"}, checks=CHECKS)

    answers_as_described()


@pytest.fixture(scope="module")
def description(served: Client) -> Any:
    return schemathesis.openapi.from_asgi("/v1/openapi.json", served.app)
