"""The finger on the contact: given at once, after a while, by hand, or never."""

import math
import threading
import time


class Pulled(Exception):  # noqa: N818 - an event, and not an error of anybody
    """The key left the port; whatever it was doing has no answer."""


class Touch:
    """How the next touches go.

    `delay` seconds pass until somebody touches by themselves; with `manual` only `press` does it, with `refuse` nobody.
    The key waits for `timeout` seconds at the longest, also when it is refused. `waiting` is set while it does.
    """

    def __init__(self) -> None:
        self.delay = 0.0
        self.manual = False
        self.refuse = False
        self.timeout = 15.0
        self.waiting = threading.Event()
        self.unplugged = threading.Event()
        self._changed = threading.Condition()
        self._is_pressed = False

    def press(self) -> None:
        """A key that waits has been touched; one that does not wait has not noticed."""
        with self._changed:
            self._is_pressed = self.waiting.is_set() and not self.refuse
            self._changed.notify_all()

    def pull(self) -> None:
        """The key is out of the port."""
        with self._changed:
            self.unplugged.set()
            self._changed.notify_all()

    def is_given(self) -> bool:
        """Somebody touched the key in time; returns when that is certain.   Raises: Pulled."""
        with self._changed:
            self._is_pressed = False
            self.waiting.set()
            try:
                return self._wait()
            finally:
                self.waiting.clear()

    def _wait(self) -> bool:
        """The touch came before the time was over."""
        due = math.inf if self.manual or self.refuse else self.delay
        start = time.monotonic()
        while True:
            if self.unplugged.is_set():
                raise Pulled
            passed = time.monotonic() - start
            if self._is_pressed or due <= min(passed, self.timeout):
                return True
            if passed >= self.timeout:
                return False
            self._changed.wait(min(due, self.timeout) - passed)
