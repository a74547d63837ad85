"""The OpenAPI 3.1 document of the API, made of the table of its operations and the models of the wire."""

from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec

from ceremony.online.web.bodies import BYTES, JSON, NDJSON
from ceremony.online.web.calls import KEY_HEADER, Operation
from ceremony.online.web.models import Problem
from ceremony.online.web.problems import MEDIA_TYPE, STATUSES
from ceremony.online.web.routes import OPERATIONS

_REFERENCE = "#/components/schemas/{name}"
_TEXT = "text/plain"


@cache
def openapi_document() -> bytes:
    """The document as JSON; the same for every signer of this version."""
    return msgspec.json.encode(_document(OPERATIONS), order="deterministic")


def _document(operations: tuple[Operation, ...]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ceremony's online signer",
            "version": version("ceremony"),
            "description": "Compatible with version 1 of the API of Repository Service for TUF. "
            "Every path is served with and without a slash at its end.",
        },
        "paths": paths,
        "components": {
            "schemas": msgspec.json.schema_components(_models(operations), ref_template=_REFERENCE)[1],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _models(operations: tuple[Operation, ...]) -> list[type]:
    found = [model for each in operations for model in (each.takes, each.gives) if model not in (None, str, bytes)]
    return [*dict.fromkeys([*(model for model in found if model is not None), Problem])]


def _operation(each: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.summary,
        "security": [] if each.needs is None else [{"token": []}],
        "responses": {str(int(status)): body for status, body in _responses(each)},
    }
    parameters = [*_parameters(each)]
    if parameters:
        described["parameters"] = parameters
    if each.needs is not None:
        described["description"] = f"Needs {' or '.join(each.needs)}."
    if each.takes is not None:
        described["requestBody"] = {"required": True, "content": _taken(each)}
    return described


def _taken(each: Operation) -> dict[str, Any]:
    if each.takes is bytes:
        return {BYTES: {"schema": {"type": "string", "format": "binary"}}}
    return {NDJSON if each.streams else JSON: _content(each.takes or str, is_line=each.streams)}


def _parameters(each: Operation) -> Iterator[Mapping[str, Any]]:
    for name, what in each.places.items():
        yield {"name": name, "in": "path", "required": True, **what}
    for name, what in each.parameters.items():
        yield {"name": name, "in": "query", **what}
    if each.is_repeatable:
        yield {
            "name": KEY_HEADER,
            "in": "header",
            "description": "What the caller calls this request: repeating it is harmless, and makes no second task",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        }


def _responses(each: Operation) -> Iterator[tuple[int, dict[str, Any]]]:
    is_line = each.streams and each.takes is not bytes
    media = {str: _TEXT, **({each.gives: NDJSON} if is_line else {})}.get(each.gives, JSON)
    content = {media: _content(each.gives, is_line=is_line)}
    good = {each.status, *each.also, *([HTTPStatus.OK] if "wait" in each.parameters else [])}
    problem = {MEDIA_TYPE: _content(Problem, is_line=False)}
    for status in sorted(good):
        both = {**content, **problem} if status >= HTTPStatus.BAD_REQUEST else content
        yield status, {"description": HTTPStatus(status).phrase, "content": both}
    for status in (*STATUSES, HTTPStatus.INTERNAL_SERVER_ERROR):
        if status not in good and _may_refuse(each, status):
            both = {**problem, **(content if is_line else {})}
            yield status, {"description": HTTPStatus(status).phrase, "content": both}


def _may_refuse(each: Operation, status: int) -> bool:
    if each.needs is None:
        return status in (
            HTTPStatus.METHOD_NOT_ALLOWED,
            HTTPStatus.INTERNAL_SERVER_ERROR,
            HTTPStatus.SERVICE_UNAVAILABLE,
        )
    return True


def _content(model: type, *, is_line: bool) -> dict[str, Any]:
    if model is str:
        return {"schema": {"type": "string"}}
    if is_line:
        # Each line is one of these; a stream of them has no schema of its own.
        return {"schema": {"type": "string"}, "x-line": {"$ref": _REFERENCE.format(name=model.__name__)}}
    return {"schema": {"$ref": _REFERENCE.format(name=model.__name__)}}
