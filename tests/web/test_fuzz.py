"""Requests drawn from the OpenAPI description: none breaks the server, and none is misdescribed."""

from __future__ import annotations

from typing import Any

import pytest

from bonemets.web.rest import description
from served import TOKEN, Served

OPERATIONS = [
    (method, path) for path, methods in description()["paths"].items() for method in methods
]
MOST = 200


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_request_of_the_description_breaks_the_server(
    served: Served, method: str, path: str
) -> None:
    # Not above: they take longer to import than most tests to run, and `--all` alone needs them.
    import schemathesis
    from hypothesis import HealthCheck, given, settings
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    held_to = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    token = {"Authorization": f"Bearer {TOKEN}"}
    schema = schemathesis.openapi.from_url(f"{served.base}/openapi.json", headers=token)
    count = 0

    @settings(max_examples=MOST, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=schema[path][method].as_strategy())
    def ask(case: Any) -> None:
        nonlocal count
        case.call_and_validate(headers=token, checks=held_to)
        count += 1

    ask()
    assert count > 0
