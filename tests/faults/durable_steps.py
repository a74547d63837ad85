"""Every step by which anything becomes durable, or gets its name, in whatever thread: to die before one of them.

A kind is what is done and, for what another thread than the first does, the name of its pool: `fdatasync`,
`commit (publishing)`. Steps are caught where the system is asked, or the driver of SQLite, whatever our own code is
called; only what a process does with a library of C at once (ctypes) is caught in the module that has it open.
"""

import errno
import os
import re
import signal
import sqlite3
import threading
from collections.abc import Callable
from sqlite3 import dbapi2
from typing import Any

from ceremony.online import staging

DATABASE = "signer.db"
CALLS = ("fsync", "fdatasync", "rename", "link", "unlink", "mkdir", "truncate", "ftruncate", "pwritev", "pwrite")
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|COMMIT|PRAGMA wal_checkpoint)\b", re.IGNORECASE)


SQL = ("commit", "insert", "update", "delete", "replace", "create", "wal_checkpoint")


class Steps:
    """Counts steps, in whatever thread; before the one of this number it meets what it is to meet."""

    def __init__(self, number: int, meet: Callable[[str], None]) -> None:
        """`meet` is told the kind, once, and may never come back; `kinds` are all that came so far."""
        self._left = number
        self._is_counting = False
        self._meet = meet
        self.kinds: set[str] = set()
        self._lock = threading.Lock()

    @property
    def is_met(self) -> bool:
        """True once the step of this number was reached."""
        return self._left < 0

    def step(self, kind: str) -> None:
        """One more, or the one."""
        pool = threading.current_thread().name.rpartition("_")[0]
        pool = "a pool" if pool.startswith("ThreadPoolExecutor") else pool
        if not self._is_counting:
            return
        kind = f"{kind} ({pool})" if pool else kind
        with self._lock:
            self.kinds.add(kind)
            self._left -= 1
            if self._left == -1:
                self._meet(kind)

    def before(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, which counts first."""

        def stepping(*positional: object, **named: object) -> object:
            self.step(kind)
            return function(*positional, **named)

        return stepping

    def count(self) -> None:
        """From now on every step counts that is seen."""
        self._is_counting = True

    def arm(self) -> None:
        """From now on every step of this process is seen; there is no way back."""
        opening, connecting = os.open, sqlite3.connect
        steps = self

        def open_counted(path: str, flags: int, *positional: object, **named: object) -> int:
            if flags & os.O_CREAT:
                steps.step("open")
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
            # Whoever measures which lines run keeps a database too, which is none of the signer's steps.
            is_ours = DATABASE in str(positional[0] if positional else named.get("database"))
            return connecting(*positional, **{**named, "factory": Counted} if is_ours else named)

        os.open = open_counted  # type: ignore[assignment]  # armed on purpose, in a process that is about to die
        for name in CALLS:
            setattr(os, name, self.before(name, getattr(os, name)))
        os.replace = self.before("rename", os.replace)
        for module in (sqlite3, dbapi2):
            module.connect = connect  # type: ignore[assignment]  # the same
        staging._LIBC.syncfs = self.before("syncfs", staging._LIBC.syncfs)  # noqa: SLF001  # nothing lies between it and C


def killing(note: int) -> Callable[[str], None]:
    """Before its step the process dies, and leaves the kind in the open file `note`."""

    def kill(kind: str) -> None:
        os.write(note, kind.encode())
        os.kill(os.getpid(), signal.SIGKILL)
        signal.pause()

    return kill


def refusing(note: int) -> Callable[[str], None]:
    """The step is not taken, as there is no room left on the disk; the same leaves its kind in `note`."""

    def refuse(kind: str) -> None:
        os.write(note, kind.encode())
        if kind.split(maxsplit=1)[0] in SQL:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorname = "SQLITE_FULL"
            raise error
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return refuse
