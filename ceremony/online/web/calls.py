"""One call of the API: what the signer lends every handler, what a handler is given, and what it gives back."""

import asyncio
import re
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from secrets import token_hex
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ceremony.errors import RefusedError
from ceremony.online.access import Grant, Scope
from ceremony.online.arrivals import Arrivals
from ceremony.online.store import Store
from ceremony.online.tasks import State, Task, stand
from ceremony.online.uploading import TargetShelf
from ceremony.online.web.desk import Asked, Desk, Lookout, Receipt, Submission
from ceremony.online.web.settings import Limits

_Result = TypeVar("_Result")

LONG_BYTES = 32_768
"""A body of this length is worked on for a few milliseconds."""

KEY_HEADER = "idempotency-key"
_KEY = re.compile("[!-~]{1,255}")
_CHANCE_BYTES = 11
_AT_ONCE = 256
_CHANCE: deque[str] = deque()


@dataclass(frozen=True, slots=True)
class Api:
    """What the signer lends to every call.

    `signing` is held by the one call that changes what is offered, or who the projects are.
    """

    store: Store
    desk: Desk
    clock: Callable[[], datetime]
    limits: Limits
    lookout: Lookout
    shelf: TargetShelf
    arrivals: Arrivals
    signing: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler gives back: `body` is a model of the wire."""

    body: Any
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `body` is a model of the wire, None where the operation takes none; `raw` its bytes as they came.

    `places` are the parts of the path that the operation leaves open, by name.
    """

    api: Api
    request: Request
    grant: Grant
    body: Any = None
    raw: bytes = field(default=b"", repr=False)
    places: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def wants_to_wait(self) -> bool:
        """True when the caller wants an answer once clients can see the change.

        Raises: RefusedError (BODY-SHAPE) for anything but true and false.
        """
        said = query_of(self.request).get("wait", "false")
        if said not in ("true", "false"):
            raise RefusedError("BODY-SHAPE", f"wait={said[:20]!r}", "wait=true or wait=false")
        return said == "true"

    @property
    def key(self) -> str | None:
        """What the caller calls this request so that repeating it is harmless.

        Raises: RefusedError (KEY-PLAIN).
        """
        found = self.request.headers.get(KEY_HEADER)
        if found is not None and not _KEY.fullmatch(found):
            raise RefusedError("KEY-PLAIN", "an Idempotency-Key of other letters", "1 to 255 visible ASCII letters")
        return found

    @property
    def digest(self) -> str:
        """The same for equal requests alone."""
        # Whether they wait changes nothing of what they ask for.
        query = sorted(pair for pair in pairs_of(self.request.scope["query_string"]) if pair[0] != "wait")
        said = f"{self.request.method} {self.request.scope['path'].rstrip('/')}{urlencode(query)}\n".encode()
        return sha256(said + self.raw).hexdigest()

    def new_task_id(self) -> str:
        """The id of a task that is to be, in hex: 40 bits of time, in seconds, and 88 bits of chance.

        Ids that come together stand together in the database, where others would each touch a page of their own.
        """
        return f"{int(self.api.clock().timestamp()):010x}{_chance()}"

    async def work_out(self, work: Callable[[], _Result]) -> _Result:
        """What `work` gives: beside the event loop where the body is long, so that it holds up nobody else."""
        return work() if len(self.raw) <= LONG_BYTES else await run_in_threadpool(work)

    async def submit(self, submission: Submission) -> Receipt:
        """A receipt, durable.

        Raises: RefusedError; StorageError.
        """
        asked = self.api.desk.submit(submission)
        await asked.answer
        return _receipt(asked)

    async def hand_in(self, submission: Submission) -> tuple[Receipt, State | None]:
        """A receipt, durable, and how far its task has come by then, for a caller who waits for it; None for others.

        What is held nobody waits for.
        Raises: RefusedError; StorageError.
        """
        if not self.wants_to_wait:
            return await self.submit(submission), None
        if submission.is_held:
            return await self.submit(submission), State.PENDING
        asked = self.api.desk.submit(submission, until_out=True)
        timer = asked.answer.get_loop().call_later(self.api.limits.wait_seconds, self.api.desk.hasten, asked)
        try:
            await asked.answer
        finally:
            timer.cancel()
        return _receipt(asked), State.PENDING if asked.is_late else State.SUCCESS

    async def waited(self, task: Task) -> State | None:
        """The state of the task once clients see it, or when it has been waited for long enough; None if nobody waits.

        Raises: StorageError.
        """
        if not self.wants_to_wait:
            return None
        try:
            await asyncio.wait_for(self.api.desk.watch(task), self.api.limits.wait_seconds)
        except TimeoutError:
            return State.PENDING
        if not task.may_be_refused:
            return State.SUCCESS
        return (await run_in_threadpool(stand, self.api.store, task.id)).state


def query_of(request: Request) -> Mapping[str, str]:
    """What stands in the query of this request, each name once."""
    return dict(pairs_of(request.scope["query_string"]))


@lru_cache(maxsize=256)
def pairs_of(query: bytes) -> tuple[tuple[str, str], ...]:
    """What stands in this query, in its order."""
    return tuple(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else ()


Handler = Callable[[Call], Awaitable[Answer | Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked of the API. `needs` are scopes of which one will do; none: anybody may.

    `takes` and `gives` are models of the wire, or `bytes`; `parameters` are names in the query, `places` names in the
    path, with what they are. An operation that `streams` reads its body itself.
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
    places: Mapping[str, Mapping[str, object]] = field(default_factory=lambda: MappingProxyType({}))
    streams: bool = False
    is_repeatable: bool = False
    also: tuple[int, ...] = ()


def _receipt(asked: Asked) -> Receipt:
    if asked.receipt is None:
        raise AssertionError(asked.submission.kind)
    return asked.receipt


def receipt_headers(receipt: Receipt) -> Mapping[str, str]:
    """Where its task is asked for, and that it was there before, if so."""
    replayed = {"Idempotency-Replayed": "true"} if receipt.is_repeated else {}
    return {"Location": f"/api/v1/task/?task_id={receipt.task.id}", **replayed}


def _chance() -> str:
    try:
        return _CHANCE.pop()
    except IndexError:
        # The system is asked for many at once: whoever asks it lets all other threads go first.
        chance = token_hex(_CHANCE_BYTES * _AT_ONCE)
        _CHANCE.extend(chance[at : at + 2 * _CHANCE_BYTES] for at in range(0, len(chance), 2 * _CHANCE_BYTES))
        return _CHANCE.pop()
