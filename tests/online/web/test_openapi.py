"""What the description says is so: schemathesis calls every operation as it is described, and as it is not."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fakes.api_server import ANY_PORT, ApiServer, serving
from fakes.online_signer import OnlineSigner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from ceremony.online.web.calls import KEY_HEADER
from ceremony.online.web.openapi import openapi_document
from ceremony.online.web.problems import STATUS_OF
from ceremony.online.web.routes import OPERATIONS
from ceremony.online.web.settings import ApiSettings, Limits

EXAMPLES = 40
WITH_INPUT = 8
PATIENCE = 60
"""Seconds, for a machine that has much else to do."""
MANUAL = Path(__file__).parents[3] / "docs" / "api.md"
DOCUMENT: dict[str, Any] = json.loads(openapi_document())
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
FRAMING = {"connection", "content-length", "expect", "host", "transfer-encoding", "upgrade"}
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    missing_required_header,
    unsupported_method,
    ignored_auth,
)


@schemathesis.serializer("application/x-ndjson")
def as_lines(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """Whatever is to be streamed, on a line."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def is_nothing(value: object) -> bool:
    """True for a value in a query that never leaves the caller."""
    return value is None or (isinstance(value, list | tuple | dict) and all(each is None for each in value))


def test_every_operation_is_described_and_nothing_else() -> None:
    """With a name, a summary and who may."""
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}

    assert described == {(each.method, each.path) for each in OPERATIONS}
    assert DOCUMENT["openapi"] == "3.1.0"


def test_the_document_is_served(server: ApiServer) -> None:
    """To anybody: it says nothing of this signer."""
    with server.client() as client:
        assert client.get("/api/v1/openapi.json").json() == DOCUMENT


def test_every_operation_and_every_rule_is_in_the_manual() -> None:
    """The path as people write it, and the rule in the line of its status."""
    told = MANUAL.read_text("utf-8")
    lines = [line for line in told.splitlines() if line.startswith("| ")]

    for each in OPERATIONS:
        path = each.path.replace("{name}", "NAME").replace("{sha256}", "SHA256")
        rows = [line for line in lines if f"{path}`" in line or f"`{path}`" in line]
        assert any(each.method in line for line in rows), (each.method, path)
    for rule, status in STATUS_OF.items():
        assert any(line.startswith(f"| {status} |") and f"`{rule}`" in line for line in lines), rule


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_every_operation_is_as_described(living: OnlineSigner, moment: datetime, mode: GenerationMode) -> None:
    """Whatever comes in, as described or not, an answer as described comes out."""
    called = set()
    limits = Limits(wait_seconds=1)
    with serving(living, moment, ApiSettings(listen=ANY_PORT, limits=limits)) as server:
        headers = {"Authorization": f"Bearer {server.token()}"}
        for result in SCHEMA.get_all_operations():
            operation = result.ok()

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            )
            @given(case=operation.as_strategy(mode))
            def call(case: schemathesis.Case) -> None:
                key = (case.headers or {}).get(KEY_HEADER, "")
                if str(key).strip() != str(key):
                    return  # spaces around a header's value are no part of it: what comes in is as described
                if FRAMING & {str(name).lower() for name in case.headers or {}}:
                    return  # no HTTP: the web server ends that before there is a call
                if any(is_nothing(value) for value in (case.query or {}).values()):
                    return  # of such a value not even its name is sent
                # A body may be anything, and a caller who waits would make this a test of patience.
                case.call_and_validate(base_url=server.url, headers=headers, checks=list(CHECKS), timeout=PATIENCE)

            try:
                call()
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE  # what takes nothing cannot be sent anything wrong
                continue
            called.add(operation.label)
    assert len(called) >= WITH_INPUT
