"""One call of the API: what the signer lends every handler, what a handler is given, and what it gives back."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ceremony.errors import RefusedError
from ceremony.online.access import Grant, Scope
from ceremony.online.store import Store
from ceremony.online.tasks import State, Task, stand
from ceremony.online.web.desk import Desk, Receipt, Submission
from ceremony.online.web.models import Readiness
from ceremony.online.web.settings import Limits

_Result = TypeVar("_Result")

LONG_BYTES = 32_768
"""A body of this length is worked on for a few milliseconds."""

KEY_HEADER = "idempotency-key"
_KEY_LONGEST = 255


class Watch(Protocol):
    """Who knows how the signer stands. Safe to use from any thread."""

    def readiness(self) -> Readiness:
        """How ready the signer is.

        Raises: StorageError.
        """

    def figures(self) -> tuple[bytes, str]:
        """The figures that a monitor reads, and their content type.

        Raises: StorageError.
        """


@dataclass(frozen=True, slots=True)
class Api:
    """What the signer lends to every call. `signing` is held by the one call that changes what is offered."""

    store: Store
    desk: Desk
    clock: Callable[[], datetime]
    limits: Limits
    watch: Watch
    signing: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler gives back: `body` is a model of the wire."""

    body: Any
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `body` is a model of the wire, None where the operation takes none; `raw` its bytes as they came."""

    api: Api
    request: Request
    grant: Grant
    body: Any = None
    raw: bytes = field(default=b"", repr=False)

    @property
    def wants_to_wait(self) -> bool:
        """True when the caller wants an answer once clients can see the change.

        Raises: RefusedError (BODY-SHAPE) for anything but true and false.
        """
        said = self.request.query_params.get("wait", "false")
        if said not in ("true", "false"):
            raise RefusedError("BODY-SHAPE", f"wait={said[:20]!r}", "wait=true or wait=false")
        return said == "true"

    @property
    def key(self) -> str | None:
        """What the caller calls this request so that repeating it is harmless.

        Raises: RefusedError (KEY-PLAIN).
        """
        found = self.request.headers.get(KEY_HEADER)
        if found is not None and not (0 < len(found) <= _KEY_LONGEST and found.isascii() and found.isprintable()):
            raise RefusedError("KEY-PLAIN", "an Idempotency-Key of other letters", "1 to 255 visible ASCII letters")
        return found

    @property
    def digest(self) -> str:
        """The same for equal requests alone."""
        said = f"{self.request.method} {self.request.url.path.rstrip('/')}\n".encode()
        return sha256(said + self.raw).hexdigest()

    async def work_out(self, work: Callable[[], _Result]) -> _Result:
        """What `work` gives: beside the event loop where the body is long, so that it holds up nobody else."""
        return work() if len(self.raw) <= LONG_BYTES else await run_in_threadpool(work)

    async def submit(self, submission: Submission) -> Receipt:
        """A receipt, durable.

        Raises: RefusedError; StorageError.
        """
        return await asyncio.wrap_future(self.api.desk.submit(submission))

    async def waited(self, task: Task) -> State | None:
        """The state of the task once clients see it, or when it has been waited for long enough; None if nobody waits.

        Raises: StorageError.
        """
        if not self.wants_to_wait:
            return None
        watch = asyncio.wrap_future(self.api.desk.watch(task))
        try:
            await asyncio.wait_for(watch, self.api.limits.wait_seconds)
        except TimeoutError:
            return State.PENDING
        if task.delivery is None:
            return State.SUCCESS
        return (await run_in_threadpool(stand, self.api.store, task.id)).state


Handler = Callable[[Call], Awaitable[Answer | Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked of the API. `needs` are scopes of which one will do; none: anybody may.

    `takes` and `gives` are models of the wire; `parameters` are names in the query, with what they are. An operation
    that `streams` reads its body itself.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    needs: tuple[Scope, ...] | None
    gives: type
    status: int = HTTPStatus.OK
    takes: type | None = None
    parameters: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: MappingProxyType({}))
    streams: bool = False
    is_repeatable: bool = False
    also: tuple[int, ...] = ()


def new_task_id() -> str:
    """The id of a task that is to be: 122 bits of chance, in hex."""
    return uuid4().hex
