"""Every refusal as a problem document: which rule, what was found, what would be right, what to do now (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

import msgspec
from starlette.responses import Response

from ceremony.errors import CeremonyError, RefusedError, StorageError
from ceremony.explain import explain, explain_bug
from ceremony.online.web.models import Problem

MEDIA_TYPE = "application/problem+json"

STATUS_OF: Mapping[str, HTTPStatus] = MappingProxyType(
    {
        "BODY-STRICT": HTTPStatus.BAD_REQUEST,
        "BODY-SIZE": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "BODY-SLOW": HTTPStatus.REQUEST_TIMEOUT,
        "BODY-TYPE": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "LINE-LONG": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "ROUTE-KNOWN": HTTPStatus.NOT_FOUND,
        "METHOD-ALLOWED": HTTPStatus.METHOD_NOT_ALLOWED,
        "KEY-PLAIN": HTTPStatus.BAD_REQUEST,
        "TASK-KNOWN": HTTPStatus.NOT_FOUND,
        "TOKEN-KNOWN": HTTPStatus.UNAUTHORIZED,
        "TOKEN-SCOPE": HTTPStatus.FORBIDDEN,
        "TOKEN-PREFIX": HTTPStatus.FORBIDDEN,
        "RATE-LIMIT": HTTPStatus.TOO_MANY_REQUESTS,
        "LOAD-LIMIT": HTTPStatus.SERVICE_UNAVAILABLE,
        # Repository Service for TUF answers so before its bootstrap, and when nothing waits for signatures.
        "DELIVERED-FIRST": HTTPStatus.NOT_FOUND,
        "OFFER-PRESENT": HTTPStatus.NOT_FOUND,
        "ROLES-ONLINE": HTTPStatus.NOT_FOUND,
        "TARGET-PRESENT": HTTPStatus.NOT_FOUND,
        "REGISTER-PRESENT": HTTPStatus.NOT_FOUND,
        "LIFETIMES-SIGNED": HTTPStatus.CONFLICT,
        "OFFER-ONCE": HTTPStatus.CONFLICT,
    }
)
"""The status of each rule that does not simply say that the request cannot be processed."""

STATUSES = tuple(sorted({*STATUS_OF.values(), HTTPStatus.UNPROCESSABLE_ENTITY}))
"""Every status with which a rule refuses."""


class PlacedError(Exception):
    """What a rule refused, and where in the request: a JSON pointer."""

    def __init__(self, refusal: RefusedError, pointer: str) -> None:
        super().__init__(refusal, pointer)
        self.refusal = refusal
        self.pointer = pointer


def problem_of(error: CeremonyError, pointer: str | None = None) -> Problem:
    """The problem document of an error."""
    told = explain(error)
    if isinstance(error, RefusedError):
        status = STATUS_OF.get(error.rule, HTTPStatus.UNPROCESSABLE_ENTITY)
        kind = f"urn:ceremony:rule:{error.rule.lower()}"
        return Problem(
            kind, told.title, status, told.detail, told.advice, error.rule, error.found, error.wanted, pointer
        )
    is_passing = isinstance(error, StorageError)
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_passing else HTTPStatus.INTERNAL_SERVER_ERROR
    # Where the signer keeps its things is none of a caller's business: the operator reads it on the signer.
    detail = "The signer could not keep what it was sent." if is_passing else "The signer found its own records wrong."
    advice = "Send the request again later. If it happens again, tell whoever runs the signer. Nothing was changed."
    return Problem(f"urn:ceremony:status:{told.status}", told.title.partition(":")[0][:80], status, detail, advice)


def bug_problem() -> Problem:
    """The problem document of an error that nobody foresaw."""
    told = explain_bug("")
    advice = "Tell whoever runs the signer. If you were promised anything, it holds: ask for the task's state."
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(f"urn:ceremony:status:{told.status}", told.title, status, told.detail, advice)


def respond(problem: Problem, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """The problem document as a response."""
    more = dict(headers)
    if problem.rule == "TOKEN-KNOWN":
        more["WWW-Authenticate"] = 'Bearer realm="ceremony-online"'
    if problem.rule == "BODY-SLOW":
        more["Connection"] = "close"
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        more.setdefault("Retry-After", "1")
    return Response(msgspec.json.encode(problem), problem.status, more, MEDIA_TYPE)
