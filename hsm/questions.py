"""Questions to those who may never answer: each is asked aside, once at a time, and waited for only so long."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Asked(Generic[Answer]):
    """A question that was asked at `begun`, and may have been answered since."""

    begun: float = field(default_factory=time.monotonic)
    coming: Future[Answer] = field(default_factory=Future)

    def within(self, seconds: float) -> Answer:
        """The answer, if it comes so soon after the question was asked; one that is late already is not waited for.

        Raises: TimeoutError; whatever the question raises.
        """
        return self.coming.result(max(self.begun + seconds - time.monotonic(), 0))


class Questions(Generic[Answer]):
    """Who was asked, and has not answered yet: nobody is asked a second time before that."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._asked: dict[Hashable, Asked[Answer]] = {}

    def ask(self, whom: Hashable, question: Callable[[], Answer]) -> Asked[Answer]:
        """The question that waits for an answer from `whom`: the one that was asked before, else this one."""
        with self._turn:
            if whom in self._asked:
                return self._asked[whom]
            asked: Asked[Answer] = Asked()
            self._asked[whom] = asked
        # a thread of a pool would keep the interpreter from ending as long as nobody answers
        threading.Thread(target=self._answer, args=(whom, question, asked), daemon=True).start()
        return asked

    def _answer(self, whom: Hashable, question: Callable[[], Answer], asked: Asked[Answer]) -> None:
        try:
            answer = question()
        except BaseException as error:  # noqa: BLE001 - it is raised again in the threads that wait for it
            self._forget(whom)
            asked.coming.set_exception(error)
        else:
            self._forget(whom)
            asked.coming.set_result(answer)

    def _forget(self, whom: Hashable) -> None:
        with self._turn:
            del self._asked[whom]
