"""The application: each call through the same gate, to its operation, and back as a response or a problem document."""

import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ceremony.errors import CeremonyError, RefusedError
from ceremony.online.access import Grant
from ceremony.online.web.bodies import JSON, GoneError, check_type, decode_body, read_body
from ceremony.online.web.calls import LONG_BYTES, Answer, Api, Call, Operation, pairs_of
from ceremony.online.web.door import Door
from ceremony.online.web.openapi import openapi_document
from ceremony.online.web.pace import Pace, TooSoonError
from ceremony.online.web.problems import PlacedError, bug_problem, problem_of, respond
from ceremony.online.web.routes import DOCUMENT, OPERATIONS
from ceremony.online.web.routing import Routes
from ceremony.online.web.shelf_files import FOLDERS, serve_file

_NOBODY = Grant("anybody", frozenset())
_READ_METHODS = ("GET", "HEAD")


class Application:
    """The API and the published repository, as an ASGI application for one event loop."""

    def __init__(
        self,
        api: Api,
        door: Door,
        shelf: Path | None,
        crash: Callable[[str], object],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """`shelf` is the folder that is served too, None for none; `crash` keeps a traceback for the operator."""
        self._api = api
        self._door = door
        self._shelf = shelf
        self._crash = crash
        self._pace = Pace(api.limits, seconds)
        self._routes = Routes(OPERATIONS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call is answered."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except GoneError:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        try:
            return await self._answer(request)
        except PlacedError as error:
            return respond(problem_of(error.refusal, error.pointer))
        except TooSoonError as error:
            return respond(problem_of(error.refusal), {"Retry-After": str(error.seconds)})
        except CeremonyError as error:
            return respond(problem_of(error), _allowed(error))
        except GoneError:
            raise
        except Exception:  # noqa: BLE001  # a front door: whatever nobody foresaw goes to a file, not to the caller
            await run_in_threadpool(self._crash, traceback.format_exc())
            return respond(bug_problem())

    async def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        if self._shelf is not None and path.startswith(FOLDERS):
            _check_method(request, dict.fromkeys(_READ_METHODS))
            with self._pace:
                return await serve_file(request, self._shelf)
        if path == DOCUMENT:
            _check_method(request, dict.fromkeys(_READ_METHODS))
            return Response(openapi_document(), media_type=JSON)
        found, places = self._routes.at(path)
        _check_method(request, found)
        operation = found.get(request.method) or found["GET"]
        _check_query(request, operation)
        if operation.needs is None:
            return _encode(await operation.handler(Call(self._api, request, _NOBODY)))
        with self._pace:
            return await self._call(request, operation, places)

    async def _call(self, request: Request, operation: Operation, places: Mapping[str, str]) -> Response:
        grant = await self._door.grant(request)
        self._pace.take(grant.name)
        grant.check_scope(*operation.needs or ())
        if operation.takes is None or operation.streams:
            return _encode(await operation.handler(Call(self._api, request, grant, places=places)))
        check_type(request, JSON)
        raw = await read_body(request, self._api.limits)
        model = operation.takes
        is_long = len(raw) > LONG_BYTES
        body: object = await run_in_threadpool(decode_body, raw, model) if is_long else decode_body(raw, model)
        return _encode(await operation.handler(Call(self._api, request, grant, body, raw, places)))


def _check_method(request: Request, found: Mapping[str, object]) -> None:
    method = request.scope["method"]
    if method not in found and not (method == "HEAD" and "GET" in found):
        allowed = {*found, *(["HEAD"] if "GET" in found else [])}
        raise RefusedError("METHOD-ALLOWED", method[:20], ", ".join(sorted(allowed)))


def _check_query(request: Request, operation: Operation) -> None:
    names = [name for name, _ in pairs_of(request.scope["query_string"])]
    for name in names:
        # A mistyped `wait` would be a promise that nobody keeps.
        if name not in operation.parameters or names.count(name) > 1:
            wanted = ", ".join(operation.parameters) or "no query"
            raise RefusedError("QUERY-KNOWN", f"{name[:40]!r} in the query", f"{wanted}, once at most")


def _allowed(error: CeremonyError) -> dict[str, str]:
    is_method = isinstance(error, RefusedError) and error.rule == "METHOD-ALLOWED"
    return {"Allow": error.wanted} if is_method and isinstance(error, RefusedError) else {}


def _encode(answer: Answer | Response) -> Response:
    if isinstance(answer, Response):
        return answer
    return Response(msgspec.json.encode(answer.body), answer.status, answer.headers, JSON)
