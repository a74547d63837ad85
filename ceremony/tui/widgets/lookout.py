"""Somebody who looks again and again, in one thread, and tells each time what there is."""

from collections.abc import Callable
from threading import Event, Lock
from typing import ClassVar, Generic, TypeVar

from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

Found = TypeVar("Found")


class Looked(Message, Generic[Found]):
    """This was found, just now."""

    def __init__(self, found: Found) -> None:
        super().__init__()
        self.found = found


class Lookout(Widget, Generic[Found]):
    """Nothing to see: it calls `look` each second until it is finished or its page is gone.

    A look at real devices may take long. It never runs where the screens are drawn, and there is one at a time in the
    whole program: the first look of a page begins when the last one of the page before it is over.
    """

    every_seconds: ClassVar[float] = 1.0
    _one_at_a_time: ClassVar[Lock] = Lock()

    def __init__(self, look: Callable[[], Found]) -> None:
        super().__init__()
        self._look = look
        self._over = Event()
        self._looking: Worker[None] | None = None

    def on_mount(self) -> None:
        """It begins to look."""
        self._looking = self.run_worker(self._keep_looking, thread=True)

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        self._over.set()

    async def finish(self) -> None:
        """Nobody looks any more, and the last look is over."""
        self._over.set()
        if self._looking is not None:
            await self._looking.wait()

    def _keep_looking(self) -> None:
        while not self._over.is_set():
            with self._one_at_a_time:
                if self._over.is_set():
                    return
                found = self._look()
            self.post_message(Looked(found))
            self._over.wait(self.every_seconds)
