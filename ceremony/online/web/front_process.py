"""The front in a process of its own: strangers speak to a process that has no key, and take no time of the writer's."""

import asyncio
import contextlib
import errno
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from functools import partial
from traceback import format_exception

import uvloop

from ceremony.errors import StorageError
from ceremony.online.web.desk import Asked, Desk, Lookout
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
    Hasten,
    Line,
    Ready,
    Said,
    Start,
    Stop,
    Wait,
    frame_of,
)
from ceremony.online.web.waiting_front import WaitingFront

_TICK_SECONDS = 0.05
_END_SECONDS = 10


class FrontProcess:
    """A front at work, and the thread that takes in what it asks for."""

    def __init__(
        self, start: Start, sockets: Sequence[socket.socket], waiting: WaitingFront, desk: Desk, lookout: Lookout
    ) -> None:
        """The `sockets` listen already; they are the process's, which is `waiting`, as soon as it starts."""
        self._start = start
        self._sockets = sockets
        self._desk = desk
        self._lookout = lookout
        self._process, self._end = waiting.process, waiting.line
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="front")
        self._line: Line[FromFront] | None = None
        self._asked: dict[int, Asked] = {}
        self._under_way: dict[int, asyncio.Future[Said]] = {}
        self.on_end: Callable[[], None] = lambda: None

    @property
    def is_over(self) -> bool:
        """True when the front has ended."""
        return not self._thread.is_alive()

    def start(self) -> None:
        """It answers, from soon on; connections that come earlier wait."""
        # It may have died already, which the thread finds out.
        with contextlib.suppress(OSError):
            socket.send_fds(self._end, [frame_of([self._start])], [each.fileno() for each in self._sockets])
        for each in self._sockets:
            each.close()
        self._thread.start()

    def stop(self) -> None:
        """It takes no more connections, and ends when the calls under way are answered. Safe in a signal handler."""
        self._stop.set()

    def join(self) -> None:
        """It has ended.

        Raises: StorageError (ECHILD) if nobody told it to; whatever ended the thread that hears it.
        """
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._listen())
            if not self._has_ended_well():
                self._failure = StorageError("the process that answers callers", errno.errorcode[errno.ECHILD])
        except BaseException as error:  # noqa: BLE001  # it is raised again in the thread that joins this one
            self._failure = error
        finally:
            self._process.kill()
            self._process.wait()
            self.on_end()

    def _has_ended_well(self) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._stop.is_set() and self._process.wait(_END_SECONDS) == 0
        return False

    async def _listen(self) -> None:
        def at_this_end() -> Line[FromFront]:
            return Line(FromFront, self._hear)

        _, line = await asyncio.get_running_loop().create_connection(at_this_end, sock=self._end)
        self._line = line
        # A signal handler may set an event, and nothing else: it could have interrupted anything.
        while not self._stop.is_set() and not line.lost.done():
            await asyncio.wait([line.lost], timeout=_TICK_SECONDS)
        line.say(Stop())
        await line.lost

    def _hear(self, said: FromFront) -> None:
        if isinstance(said, Ask):
            asked = self._desk.submit(said.submission, until_out=said.until_out)
            self._asked[said.number] = asked
            asked.answer.add_done_callback(partial(self._answer, said.number, asked))
        elif isinstance(said, Hasten):
            if said.number in self._asked:
                self._desk.hasten(self._asked[said.number])
        elif isinstance(said, Forget):
            if said.number in self._under_way:
                self._under_way[said.number].cancel()
        else:
            work = asyncio.ensure_future(self._find(said))
            self._under_way[said.number] = work
            work.add_done_callback(partial(self._tell, said.number))

    async def _find(self, said: Wait | AskReadiness | AskFigures) -> Said:
        if isinstance(said, AskReadiness):
            return Ready(said.number, await self._lookout.readiness())
        if isinstance(said, AskFigures):
            return Figures(said.number, *await self._lookout.figures())
        await self._desk.watch(said.task)
        return Done(said.number, None, is_late=False)

    def _answer(self, number: int, asked: Asked, answer: "asyncio.Future[None]") -> None:
        self._asked.pop(number, None)
        error = answer.exception()
        self._say(Done(number, asked.receipt, asked.is_late) if error is None else _failed(number, error))

    def _tell(self, number: int, work: "asyncio.Future[Said]") -> None:
        self._under_way.pop(number, None)
        if not work.cancelled():
            error = work.exception()
            self._say(work.result() if error is None else _failed(number, error))

    def _say(self, said: Said) -> None:
        if self._line is not None:
            self._line.say(said)


def _failed(number: int, error: BaseException) -> Failed:
    leaf = LEAVES.get(type(error).__name__)
    if leaf is not None and isinstance(error, leaf):
        # Each of them is a dataclass, its fields texts.
        return Failed(number, leaf.__name__, {**vars(error)})
    return Failed(number, "", {"traceback": "".join(format_exception(error))})
