"""The helper of a press: a process of its own, started afresh, which shares nothing but files with the one it helps.

It is never a fork: a database that is open in two processes by one opening is soon a damaged one. It only reads rows,
those of the bins that it is given to sign and to write; and it ends as soon as nobody can speak to it any more, however
that came about. Whatever becomes of it, what it was given is known here until it has said that it is done.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
import time
import weakref
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import IO

from ceremony.core.strict_json import Json
from ceremony.online.log import warn
from ceremony.online.packs import Pack, send_pack

PROGRAM = "ceremony.online.press_program"
DONE = b"."
"""What a helper says when it is up, and for each pack that is written; anything else is why it gives up."""

_GRACE_SECONDS = 10
_IDLE_SECONDS = 600.0
_AHEAD = 2
"""So many packs at least are with the helper at once: it never waits for the next one."""

_NEWEST = 0.25
"""What counts of the pace seen last: it changes with what else this process has to do."""

_SAID_BYTES = 200


@dataclass(frozen=True, slots=True)
class PressPlace:
    """Where a helper works: the database, the folder of the files, and the online key by its URI, from the home on.

    Uses of the key are told on standard error, where they are told at all.
    """

    database: str
    folder: str
    home: str
    key_uri: str
    key: Mapping[str, Json]
    is_key_use_told: bool


class PressHelper:
    """A helper at work; used in one thread at a time."""

    def __init__(self, place: PressPlace) -> None:
        """It starts, and is given nothing before it is up."""
        self.place = place
        command = [sys.executable, "-m", PROGRAM]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)  # noqa: S603  # a program of ours
        self._end = weakref.finalize(self, _end, self._process)
        self._orders, self._answers = _there(self._process.stdin), _there(self._process.stdout)
        self._ears = select.poll()
        self._given: deque[Pack] = deque()
        self._pace = 1.0
        self._is_up = self._is_lost = False
        self._ears.register(self._answers, select.POLLIN)
        try:
            self._orders.write(json.dumps(asdict(place)).encode() + b"\n")
            self._orders.flush()
        except OSError as error:
            self._lose(type(error).__name__)

    @property
    def process_id(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def is_lost(self) -> bool:
        """True when nothing may be given to it any more."""
        return self._is_lost

    def close(self) -> None:
        """It has ended."""
        self._end()
        self._is_lost = True

    def take(self, pack: Pack, left: int) -> bool:
        """True when the helper has the pack in its hands, False when it has enough to do, or is not there.

        It takes this and all others of the last ones, `left` in all, where it is through with them before anybody else
        were with one.
        """
        self._listen(0)
        is_busy = len(self._given) >= max(_AHEAD, self._pace + 1) and left > self._pace
        if self._is_lost or not self._is_up or is_busy:
            return False
        try:
            send_pack(self._orders, pack)
        except OSError as error:
            self._lose(type(error).__name__)
            return False
        self._given.append(pack)
        return True

    @contextlib.contextmanager
    def beside(self) -> Iterator[None]:
        """How many packs the helper gets through while somebody else does one is known better afterwards."""
        self._listen(0)
        before = len(self._given)
        yield
        self._listen(0)
        if self._is_up and self._given:
            # Who has none left may have waited for more.
            self._pace += (before - len(self._given) - self._pace) * _NEWEST

    def finish(self) -> list[Pack]:
        """All that it was given is written, but for these packs, which somebody else has to write."""
        while self._given and not self._is_lost:
            self._listen(None)
        left = [*self._given]
        self._given.clear()
        return left

    def _listen(self, milliseconds: int | None) -> None:
        """What it has said was heard, if it said something until so much later; without a time, it has."""
        if self._is_lost or not self._ears.poll(milliseconds):
            return
        said = os.read(self._answers.fileno(), _SAID_BYTES)
        if said.strip(DONE):
            self._lose(said.strip(DONE).decode("ascii", "replace"))
        elif not said:
            self._lose("it died")
        for _ in said:
            if self._is_up and self._given:
                self._given.popleft()
            self._is_up = True

    def _lose(self, reason: str) -> None:
        """It has ended: nobody else writes any more what it was given."""
        warn("press helper lost", reason=reason)
        self._process.kill()
        self.close()


class Helping:
    """Who helps the writer of one database: started when first wanted, and kept for the next time."""

    def __init__(self) -> None:
        """Nobody does."""
        self._helper: PressHelper | None = None
        self._used = 0.0

    @property
    def is_there(self) -> bool:
        """True when somebody does, as far as is known."""
        return self._helper is not None

    def ready(self, place: PressPlace) -> PressHelper:
        """The helper at this place, which is started where there is none."""
        if self._helper is not None and (self._helper.is_lost or self._helper.place != place):
            self.close()
        if self._helper is None:
            self._helper = PressHelper(place)
        self._used = time.monotonic()
        return self._helper

    def rest(self) -> None:
        """Who has had nothing to do for long has ended."""
        if self._helper is not None and time.monotonic() - self._used > _IDLE_SECONDS:
            self.close()

    def close(self) -> None:
        """Nobody helps."""
        if self._helper is not None:
            self._helper.close()
            self._helper = None


def _there(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError(stream)
    return stream


def _end(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(OSError):
        _there(process.stdin).close()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _there(process.stdout).close()
