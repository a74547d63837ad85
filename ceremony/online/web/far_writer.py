"""The writer as the front reaches it, over a line: the desk of its process, and what that knows of how it stands."""

import asyncio
from itertools import count
from typing import Any

from ceremony.online.tasks import Task
from ceremony.online.web.desk import Asked, Submission
from ceremony.online.web.line import (
    LEAVES,
    Ask,
    AskFigures,
    AskReadiness,
    Done,
    Failed,
    Figures,
    Forget,
    FromWriter,
    Hasten,
    Line,
    Ready,
    Wait,
)
from ceremony.online.web.models import Readiness


class FarWriter:
    """A desk, and a lookout, in the thread of one event loop. What the writer says is told to `hear`."""

    def __init__(self) -> None:
        """Nobody is reached before `reach`."""
        self._line: Line[FromWriter] | None = None
        self._numbers = count(1)
        self._asked: dict[int, Asked] = {}
        self._waited: dict[int, asyncio.Future[Any]] = {}

    def reach(self, line: Line[FromWriter]) -> None:
        """From now on the writer is at the other end of this line."""
        self._line = line

    def submit(self, submission: Submission, *, until_out: bool = False) -> Asked:
        """The submission is under way."""
        asked = Asked(submission, until_out, asyncio.get_running_loop().create_future(), number=next(self._numbers))
        self._there.say(Ask(asked.number, submission, until_out))
        self._asked[asked.number] = asked
        return asked

    def hasten(self, asked: Asked) -> None:
        """Whoever asked is answered as soon as this is durable, and if it is not out by then, it is late."""
        self._there.say(Hasten(asked.number))

    def watch(self, task: Task) -> "asyncio.Future[None]":
        """Done as soon as clients can see all of the task; whoever has lost interest cancels it."""
        number, answer = self._new()
        self._there.say(Wait(number, task))
        answer.add_done_callback(lambda done: self._forget(number) if done.cancelled() else None)
        return answer

    async def readiness(self) -> Readiness:
        """How ready the signer is.

        Raises: StorageError.
        """
        number, answer = self._new()
        self._there.say(AskReadiness(number))
        found: Readiness = await answer
        return found

    async def figures(self) -> tuple[bytes, str]:
        """The figures that a monitor reads, and their content type.

        Raises: StorageError.
        """
        number, answer = self._new()
        self._there.say(AskFigures(number))
        found: tuple[bytes, str] = await answer
        return found

    def hear(self, said: FromWriter) -> None:
        """Whoever waits for this is told."""
        if isinstance(said, Done):
            asked = self._asked.pop(said.number, None)
            if asked is not None:
                asked.receipt, asked.is_late = said.receipt, said.is_late
            self._settle(said.number, asked, None)
        elif isinstance(said, Failed):
            self._settle(said.number, self._asked.pop(said.number, None), None, _raised(said))
        elif isinstance(said, Ready):
            self._settle(said.number, None, said.readiness)
        elif isinstance(said, Figures):
            self._settle(said.number, None, (said.text, said.media_type))

    def _forget(self, number: int) -> None:
        self._waited.pop(number, None)
        self._there.say(Forget(number))

    def _new(self) -> tuple[int, "asyncio.Future[Any]"]:
        number, answer = next(self._numbers), asyncio.get_running_loop().create_future()
        self._waited[number] = answer
        return number, answer

    def _settle(self, number: int, asked: Asked | None, value: object, error: Exception | None = None) -> None:
        answer = self._waited.pop(number, None) if asked is None else asked.answer
        # Who asked may have gone.
        if answer is None or answer.done():
            return
        if error is None:
            answer.set_result(value)  # type: ignore[arg-type]  # each has what it asked for
        else:
            answer.set_exception(error)

    @property
    def _there(self) -> Line[FromWriter]:
        if self._line is None:
            raise AssertionError(self)
        return self._line


def _raised(said: Failed) -> Exception:
    # What nobody foresaw there is told here, where a traceback is kept for the operator.
    return LEAVES[said.leaf](**said.fields) if said.leaf else RuntimeError(said.fields["traceback"])
