"""Every step by which anything becomes durable, or gets its name, in whatever thread: to die before one of them.

A kind is what is done and, for what another thread than the first does, the name of its pool: `fdatasync`,
`commit (publishing)`. Steps are caught where the system is asked, or the driver of SQLite, whatever our own code is
called; only what a process does with a library of C at once (ctypes) is caught in the module that has it open.
"""

import os
import re
import signal
import sqlite3
import threading
from collections.abc import Callable
from sqlite3 import dbapi2
from typing import Any

from ceremony.online import staging

CALLS = ("fsync", "fdatasync", "replace", "rename", "link", "unlink", "mkdir", "truncate", "ftruncate")
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|COMMIT|PRAGMA wal_checkpoint)\b", re.IGNORECASE)


class Steps:
    """Counts steps, in whatever thread; before the one of this number it dies, and leaves its kind in `note`."""

    def __init__(self, number: int, note: int) -> None:
        """`note` is an open file, to which the kind is written."""
        self._left = number
        self._note = note
        self._lock = threading.Lock()

    def step(self, kind: str) -> None:
        """One more, or the end."""
        pool = threading.current_thread().name.rpartition("_")[0]
        pool = "a pool" if pool.startswith("ThreadPoolExecutor") else pool
        with self._lock:
            if self._left == 0:
                os.write(self._note, (f"{kind} ({pool})" if pool else kind).encode())
                os.kill(os.getpid(), signal.SIGKILL)
                signal.pause()
            self._left -= 1

    def before(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, which counts first."""

        def stepping(*positional: object, **named: object) -> object:
            self.step(kind)
            return function(*positional, **named)

        return stepping

    def arm(self) -> None:
        """From now on every step of this process counts; there is no way back."""
        opening, connecting = os.open, sqlite3.connect
        steps = self

        def open_counted(path: str, flags: int, *positional: object, **named: object) -> int:
            if flags & os.O_CREAT:
                steps.step("create")
            return opening(path, flags, *positional, **named)  # type: ignore[arg-type]  # passed on as it came

        class Counted(sqlite3.Connection):
            """A connection whose commits count, and what commits itself."""

            def commit(self) -> None:
                """A step, if anything is open."""
                if self.in_transaction:
                    steps.step("commit")
                super().commit()

            def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:  # type: ignore[override]  # noqa: ANN401  # passed on as it came
                """A step, if it is durable afterwards."""
                begins = _WRITES.match(statement)
                word = begins[1].split()[-1].lower() if begins else ""
                if word == "commit" or (word and not self.in_transaction):
                    steps.step(word)
                return super().execute(statement, *values)

        def connect(*positional: Any, **named: Any) -> sqlite3.Connection:  # noqa: ANN401  # passed on as it came
            return connecting(*positional, **{**named, "factory": Counted})

        os.open = open_counted  # type: ignore[assignment]  # armed on purpose, in a process that is about to die
        for name in CALLS:
            setattr(os, name, self.before(name, getattr(os, name)))
        for module in (sqlite3, dbapi2):
            module.connect = connect  # type: ignore[assignment]  # the same
        staging._LIBC.syncfs = self.before("syncfs", staging._LIBC.syncfs)  # noqa: SLF001  # nothing lies between it and C
