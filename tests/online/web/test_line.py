"""What goes over the line between the front and the writer arrives as it was, in whatever pieces, and nothing else."""

import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from fakes.online_signer import OnlineSigner

from ceremony.errors import RefusedError, StorageError, TamperedError
from ceremony.online.access import Grant, Scope
from ceremony.online.intake import Request
from ceremony.online.number_ranges import Numbers
from ceremony.online.tasks import Kind, Task
from ceremony.online.web.beside import Surroundings, api_beside
from ceremony.online.web.desk import Receipt, Submission
from ceremony.online.web.line import (
    LEAVES,
    Ask,
    AskFigures,
    AskReadiness,
    Done,
    Failed,
    Figures,
    Forget,
    FromFront,
    FromWriter,
    Hasten,
    Line,
    Ready,
    Said,
    Start,
    Stop,
    Wait,
    first_said,
    frame_of,
)
from ceremony.online.web.models import Readiness, RoleReadiness
from ceremony.online.web.settings import ApiSettings, Limits, Tls
from ceremony.online.web.waiting_front import WaitingFront

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
GRANT = Grant("cyd", frozenset({Scope.ADD, Scope.REMOVE}), ("demo/",))
TASK = Task("0" * 32, Kind.ADD, "cyd", MOMENT, Numbers(((3, 5), (9, 9))), note="told")
REQUESTS = (Request("demo/é", b'"demo/\xc3\xa9":{}'), Request("demo/gone", None))
SETTINGS = ApiSettings(
    listen=("127.0.0.1:0",),
    open_writes="loopback",
    tls=Tls(Path("/certificate"), Path("/key")),
    clients={"CN=ann": GRANT},
    users={1000: GRANT},
    limits=Limits(wait_seconds=3),
)
READINESS = Readiness(True, [], {"root": RoleReadiness(1, "2026-03-01T12:00:00Z", 7)}, 2)  # noqa: FBT003  # a fact

OF_THE_FRONT: tuple[FromFront, ...] = (
    Ask(1, Submission("task", Kind.ADD, GRANT, REQUESTS, "key", "digest", roles=("bins",)), until_out=True),
    Hasten(1),
    Wait(2, TASK),
    Forget(2),
    AskReadiness(3),
    AskFigures(4),
)
OF_THE_WRITER: tuple[FromWriter, ...] = (
    Start(17, Path("/home"), SETTINGS),
    Done(1, Receipt(TASK, is_repeated=True), is_late=True),
    Done(2, None, is_late=False),
    Failed(1, "RefusedError", {"rule": "KEY-SAME", "found": "one", "wanted": "other"}),
    Ready(3, READINESS),
    Figures(4, b"figures", "text/plain"),
    Stop(),
)


@pytest.mark.parametrize(("kinds", "said"), [(FromFront, OF_THE_FRONT), (FromWriter, OF_THE_WRITER)])
@pytest.mark.parametrize("size", [1, 3, 7, 10_000])
async def test_all_that_is_said_is_heard_in_its_order(kinds: object, said: tuple[Said, ...], size: int) -> None:
    """In one frame or in several, and in pieces that keep to neither."""
    heard: list[Said] = []
    line: Line[Said] = Line(kinds, heard.append)
    data = frame_of(said[:2]) + frame_of([]) + b"".join(frame_of([each]) for each in said[2:])

    for start in range(0, len(data), size):
        line.data_received(data[start : start + size])

    assert heard == [*said]


@pytest.mark.parametrize(
    "frame",
    [
        frame_of([Done(1, None, is_late=False)]),
        frame_of([Stop()]),
        b"\x00\x00\x00\x01\xc1",
        b"\x00\x00\x00\x00",
        frame_of([Hasten(1)])[:-1] + b"\xa1",
    ],
    ids=["the other side's", "an order", "no MessagePack", "nothing", "a wrong type"],
)
async def test_what_a_front_has_no_business_to_say_is_not_heard(frame: bytes) -> None:
    """It raises, which ends the line."""
    heard: list[Said] = []
    line: Line[Said] = Line(FromFront, heard.append)
    with pytest.raises(msgspec.DecodeError):
        line.data_received(frame)
    assert heard == []


def test_every_error_that_may_cross_has_texts_alone() -> None:
    """So that it is the same on the other side."""
    errors = (RefusedError("KEY-SAME", "a", "b"), StorageError("disk", "EIO"), TamperedError("what", "where"))
    assert {type(error) for error in errors} == {*LEAVES.values()}
    for error in errors:
        assert all(isinstance(value, str) for value in vars(error).values())
        assert vars(LEAVES[type(error).__name__](**vars(error))) == vars(error)


def test_what_is_said_first_brings_sockets_along() -> None:
    """They listen on the other side as they did on this one."""
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        socket.send_fds(ours, [frame_of([OF_THE_WRITER[0]])], [listening.fileno()])
        start, (found,) = first_said(theirs)
        with found:
            assert (start, found.getsockname()) == (OF_THE_WRITER[0], address)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_front_that_says_what_it_has_no_business_to_is_ended(living: OnlineSigner, moment: datetime) -> None:
    """Strangers who took it over get no further; the signer ends, and is started again."""
    ours, theirs = socket.socketpair()
    program = f"import os, time; os.write(0, {frame_of([Stop()])!r}); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", program], stdin=theirs.fileno())
    theirs.close()
    around = Surroundings(lambda: moment, threading.Event(), _Deaf(), lambda _text: None)
    settings = ApiSettings(listen=("127.0.0.1:0",))

    def serve() -> None:
        with api_beside(living.store, living.home, settings, around, WaitingFront(process, ours)) as beside:
            while not beside.pause.wait(0.1):
                pass

    with ours, pytest.raises(StorageError) as raised:
        serve()
    assert (raised.value.reason, process.wait()) == ("ECHILD", -9)


class _Deaf:
    """Hears nothing."""

    def published(self, publication: object) -> None:
        """This is out."""

    def troubled(self, error: StorageError) -> None:
        """A disk did not take it."""
