"""The operator at the screens: the engine's thread asks here and waits until somebody has answered."""

from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from threading import Lock
from typing import TypeVar

from textual.message import Message

from ceremony.core.transcript import Entry
from ceremony.engine.questions import GoBack, Question
from ceremony.engine.room import Scene
from ceremony.errors import StoppedError

_Answer = TypeVar("_Answer")


class Asked(Message, bubble=False):
    """The engine asks: this page is to be drawn."""

    def __init__(self, question: Question[object]) -> None:
        super().__init__()
        self.question = question


class Shown(Message, bubble=False):
    """The engine shows: the scene is this one now."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.scene = scene


class ScreenOperator:
    """Answers the engine from the screens. The engine's thread calls tell, show and ask; the screens call the rest.

    `post` hands a message to a screen from any thread, and says False when that screen is gone.
    """

    def __init__(self, post: Callable[[Message], bool]) -> None:
        self._post = post
        self._lock = Lock()
        self._pending: Future[object] | None = None
        self._by = ""
        self._stage = ""
        self._is_hung_up = False

    def tell(self, entry: Entry) -> None:
        """Nothing more: the scene that follows shows the transcript's end."""

    def show(self, scene: Scene) -> None:
        """The scene is on its way to the screen."""
        self._post(Shown(scene))

    def ask(self, question: Question[_Answer]) -> _Answer:
        """What somebody answered.

        Raises: GoBack; StoppedError once the screens are closed or somebody stopped.
        """
        answer: Future[_Answer] = Future()
        with self._lock:
            self._by, self._stage = question.person, question.title
            if self._is_hung_up:
                raise self._stopped()
            self._pending = answer  # type: ignore[assignment]  # a Future is filled by one answer of the right kind
        if not self._post(Asked(question)):  # type: ignore[arg-type]  # any question can be drawn
            raise self._stopped()
        return answer.result()

    def answer(self, value: object) -> None:
        """The question that is open has this answer; one that has been answered already keeps its own."""
        with self._lock:
            pending, self._pending = self._pending, None
        if pending is not None:
            with suppress(InvalidStateError):
                pending.set_result(value)

    def go_back(self) -> None:
        """The question that is open is answered by going back."""
        self._fail(GoBack())

    def hang_up(self) -> None:
        """Somebody stopped: the question that is open, and every later one, ends the sitting."""
        with self._lock:
            self._is_hung_up = True
        self._fail(self._stopped())

    def _fail(self, error: Exception) -> None:
        with self._lock:
            pending, self._pending = self._pending, None
        if pending is not None:
            with suppress(InvalidStateError):
                pending.set_exception(error)

    def _stopped(self) -> StoppedError:
        return StoppedError(self._by, self._stage)
