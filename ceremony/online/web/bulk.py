"""A stream of targets, one on each line: taken in by the thousand, answered line by line where one is refused."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus

import msgspec
from msgspec.structs import replace as replace_fields
from starlette.responses import Response

from ceremony.errors import CeremonyError, RefusedError
from ceremony.online.intake import Request
from ceremony.online.tasks import Kind, State, Task
from ceremony.online.web.artifacts import request_of
from ceremony.online.web.bodies import NDJSON, check_type, decode_body, read_lines
from ceremony.online.web.calls import Call
from ceremony.online.web.desk import Submission
from ceremony.online.web.models import BulkLine, NewArtifact
from ceremony.online.web.problems import problem_of, respond

_TOGETHER = 1_000
_REFUSALS_MAX = 1_000
"""How many refused lines are told of one by one; the last line counts all of them."""

_BROKEN = "{} targets of the lines before are the task {}. Send the whole stream again, which is harmless."


@dataclass(slots=True)
class _Stream:
    """What has become of a stream so far."""

    call: Call
    task_id: str = field(init=False)
    task: Task | None = None
    accepted: int = 0
    refused: int = 0
    told: list[BulkLine] = field(default_factory=list)
    waiting: list[tuple[int, Request]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """All of it is one task."""
        self.task_id = self.call.new_task_id()

    def refuse(self, line: int, refusal: RefusedError) -> None:
        """This line changes nothing; the others go on."""
        self.refused += 1
        if len(self.told) < _REFUSALS_MAX:
            self.told.append(BulkLine(line=line, problem=problem_of(refusal)))

    async def take_in(self) -> None:
        """Whatever waits is durable, or refused line by line."""
        batch, self.waiting = self.waiting, []
        if not batch:
            return
        try:
            await self._submit([request for _, request in batch])
        except RefusedError:
            if len(batch) == 1:
                raise
            # One line spoils its batch, which is all or nothing: each is asked for by itself.
            for line, request in batch:
                try:
                    await self._submit([request])
                except RefusedError as refusal:
                    self.refuse(line, refusal)

    async def _submit(self, requests: list[Request]) -> None:
        submission = Submission(self.task_id, Kind.ADD, self.call.grant, tuple(requests))
        receipt = await self.call.submit(replace(submission, is_continued=self.task is not None))
        self.task = receipt.task
        self.accepted += len(requests)


async def bulk(call: Call) -> Response:
    """Every line that keeps the rules is durable, and part of one task; a broken stream can be sent again whole."""
    check_type(call.request, NDJSON, "application/ndjson", "application/jsonl")
    _ = call.wants_to_wait  # refused before anything is durable
    stream = _Stream(call)
    try:
        await _read_all(stream)
    except CeremonyError as error:
        if stream.task is None:
            raise
        return respond(replace_fields(problem_of(error), advice=_BROKEN.format(stream.accepted, stream.task_id)))
    state = None if stream.task is None else await call.waited(stream.task)
    return _answer(stream, state)


async def _read_all(stream: _Stream) -> None:
    number = 0
    async for line in read_lines(stream.call.request, stream.call.api.limits):
        number += 1
        if line.strip():
            _read(stream, number, line)
        if len(stream.waiting) >= _TOGETHER:
            await _take_in(stream)
    await _take_in(stream)


def _read(stream: _Stream, number: int, line: bytes) -> None:
    try:
        artifact = decode_body(line, NewArtifact)
        stream.call.grant.check_paths([artifact.path])
        stream.waiting.append((number, request_of(artifact, None)))
    except RefusedError as refusal:
        stream.refuse(number, refusal)


async def _take_in(stream: _Stream) -> None:
    lines = [line for line, _ in stream.waiting]
    try:
        await stream.take_in()
    except RefusedError as refusal:
        stream.refuse(lines[0], refusal)


def _answer(stream: _Stream, state: State | None) -> Response:
    last = BulkLine(
        task_id=None if stream.task is None else stream.task_id,
        accepted=stream.accepted,
        refused=stream.refused,
        state=state,
    )
    status = HTTPStatus.ACCEPTED if stream.accepted or not stream.refused else HTTPStatus.UNPROCESSABLE_ENTITY
    if state is State.SUCCESS:
        status = HTTPStatus.OK
    return Response(b"".join(_lines([*stream.told, last])), status, media_type=NDJSON)


def _lines(lines: list[BulkLine]) -> Iterator[bytes]:
    for line in lines:
        yield msgspec.json.encode(line) + b"\n"
