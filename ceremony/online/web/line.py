"""The line between the process that answers callers and the one that publishes: what is said, and how it goes over.

It goes in frames: four bytes of length, then a list of what is said, in MessagePack. Whoever reads a frame gets values
of the types named here, and nothing else: a front that strangers have taken over can say no more than this.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import msgspec

from ceremony.errors import CeremonyError, RefusedError, StorageError, TamperedError
from ceremony.online.tasks import Task
from ceremony.online.web.desk import Receipt, Submission
from ceremony.online.web.models import Readiness
from ceremony.online.web.settings import ApiSettings

LEAVES: Mapping[str, type[CeremonyError]] = MappingProxyType(
    {each.__name__: each for each in (RefusedError, StorageError, TamperedError)}
)
"""What may be raised at the other end, by name."""

_HEAD_BYTES = 4
_SOCKETS = 64
_Heard = TypeVar("_Heard")


class Ask(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The front: this submission is to be made durable, and, with `until_out`, seen through until clients see it.

    The `number` is of the front's choice, and stands in the answer too.
    """

    number: int
    submission: Submission
    until_out: bool


class Hasten(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The front: whoever asked that waits no longer than until it is durable."""

    number: int


class Wait(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The front: somebody waits until clients see all of this task."""

    number: int
    task: Task


class Forget(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The front: nobody waits for that any more."""

    number: int


class AskReadiness(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The front: how ready is the signer?"""

    number: int


class AskFigures(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The front: what are its figures?"""

    number: int


class Start(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The writer, first of all: the front is of this home, with these settings. Its listening sockets come along.

    `writer` is the number of its own process.
    """

    writer: int
    home: Path
    settings: ApiSettings


class Done(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The writer: what was asked under this number is durable; what was waited for is out, unless it `is_late`."""

    number: int
    receipt: Receipt | None
    is_late: bool


class Failed(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The writer: this went wrong, one of LEAVES with its fields, or, without a name, a traceback."""

    number: int
    leaf: str
    fields: dict[str, str]


class Ready(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The writer: the signer is as ready as this."""

    number: int
    readiness: Readiness


class Figures(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The writer: its figures, and their content type."""

    number: int
    text: bytes
    media_type: str


class Stop(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The writer: the front takes no more calls, and ends when those under way are answered."""


FromFront = Ask | Hasten | Wait | Forget | AskReadiness | AskFigures
FromWriter = Start | Done | Failed | Ready | Figures | Stop
Said = FromFront | FromWriter


class Line(asyncio.Protocol, Generic[_Heard]):
    """One end of the line, in an event loop; what is said in one turn of the loop goes over in one frame."""

    def __init__(self, kinds: object, hear: Callable[[_Heard], None]) -> None:
        """`hear` is told whatever comes, which is one of these kinds. Anything else ends the line."""
        self._decoder = _decoder(kinds)
        self._hear = hear
        self._loop = asyncio.get_running_loop()
        self._coming = bytearray()
        self._going: list[Said] = []
        self._transport: asyncio.Transport | None = None
        self.lost: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line is up."""
        self._transport = transport  # type: ignore[assignment]  # a stream's, whatever the loop's own class is called

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's way
        """Nobody is at the other end any more."""
        self._transport = None
        self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Whatever has come whole was heard."""
        self._coming += data
        while len(self._coming) >= _HEAD_BYTES:
            end = _HEAD_BYTES + int.from_bytes(self._coming[:_HEAD_BYTES], "big")
            if len(self._coming) < end:
                return
            frame = bytes(self._coming[_HEAD_BYTES:end])
            del self._coming[:end]
            for each in self._decoder.decode(frame):
                self._hear(each)

    def say(self, something: Said) -> None:
        """It goes over at the end of this turn of the loop; nowhere, if nobody is there any more."""
        if not self._going:
            self._loop.call_soon(self._flush)
        self._going.append(something)

    def close(self) -> None:
        """All that was said has gone over, and nothing more will be."""
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def _flush(self) -> None:
        going, self._going = self._going, []
        if going and self._transport is not None:
            self._transport.write(frame_of(going))


def frame_of(said: Sequence[Said]) -> bytes:
    """What goes over."""
    body = msgspec.msgpack.encode(said, enc_hook=_plain)
    return len(body).to_bytes(_HEAD_BYTES, "big") + body


def first_said(end: socket.socket) -> tuple[Start, list[socket.socket]]:
    """What the writer says first of all, before there is an event loop, and the sockets that come along.

    Raises: EOFError if it says nothing any more; ValueError (of msgspec) if it is something else.
    """
    head, descriptors, _, _ = socket.recv_fds(end, _HEAD_BYTES, _SOCKETS)
    (start,) = _decoder(Start).decode(_exactly(end, int.from_bytes(head, "big")))
    return start, [socket.socket(fileno=each) for each in descriptors]


def _exactly(end: socket.socket, size: int) -> bytes:
    found = end.recv(size, socket.MSG_WAITALL)
    if not found or len(found) < size:
        raise EOFError
    return found


def _decoder(kinds: object) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(list[kinds], dec_hook=_made)  # type: ignore[valid-type]  # a type made just now


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else dict(value)  # type: ignore[call-overload]  # a mapping otherwise


def _made(kind: type, value: object) -> object:
    if kind is not Path:
        raise NotImplementedError(kind)
    return Path(str(value))
