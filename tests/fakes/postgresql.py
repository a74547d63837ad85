"""A PostgreSQL of this test run's own: on a Unix socket in a folder of its own, ended by its own process id."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

USER = "signer"
_START_SECONDS = 30
_POLL_SECONDS = 0.05
_SETTINGS = {"listen_addresses": "", "checkpoint_timeout": "1h", "max_wal_size": "4GB"}
"""Every commit is on the disk as anywhere else; what only spares the log is not, since the server soon goes."""


def programs() -> Path:
    """The folder with PostgreSQL's programs, the newest where there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if not found:
        raise FileNotFoundError("apt-get install postgresql")
    return found[-1].parent


@dataclass
class PostgreSQL:
    """A server; `stop`, `kill` and `start` it as often as a test likes."""

    folder: Path
    _process: subprocess.Popen[bytes] | None = None
    _names: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        """It answers."""
        command = [programs() / "postgres", "-D", self._data, "-k", self.folder]
        command += [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(_unprivileged(command), stdout=log, stderr=log, cwd=self.folder)
        self._wait()

    def stop(self) -> None:
        """Whoever is connected is sent away, and nobody is there any more."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As if the power had gone."""
        self._end(signal.SIGQUIT)

    def new_database(self) -> str:
        """The URL of a database that nobody has used."""
        name = f"test_{next(self._names)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' ENCODING 'UTF8'")
        return self.url(name)

    def url(self, name: str) -> str:
        """The URL of the database of this name."""
        return f"postgresql+psycopg://{USER}@/{name}?host={self.folder}"

    def run(self, command: str, name: str = "postgres") -> list[tuple[object, ...]]:
        """What this command answers, in the database of this name."""
        address = f"host={self.folder} user={USER} dbname={name}"
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(command.encode())
            return cursor.fetchall() if cursor.description else []

    def _wait(self) -> None:
        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.run("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(_POLL_SECONDS)
            else:
                return

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """A server that runs; afterwards nothing is left of it."""
    # Not in pytest's own folders: the path of a socket may be 107 bytes long, and their parents are for root alone.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _servant(), pwd.getpwnam(_servant()).pw_gid)
        found = PostgreSQL(folder)
        options = ["-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        command = _unprivileged([programs() / "initdb", "-D", folder / "data", *options])
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
        found.start()
        try:
            yield found
        finally:
            # Not as an orderly one: that would first bring to the disk what is about to be deleted, for a minute.
            found.kill()
    finally:
        shutil.rmtree(folder)


def _servant() -> str:
    return "postgres" if any(each.pw_name == "postgres" for each in pwd.getpwall()) else "nobody"


def _unprivileged(command: list[str | Path]) -> list[str | Path]:
    """PostgreSQL refuses to run as root; where the tests do, another user runs it."""
    if os.geteuid() != 0:
        return command
    group = pwd.getpwnam(_servant()).pw_gid
    return ["setpriv", f"--reuid={_servant()}", f"--regid={group}", "--clear-groups", *command]
