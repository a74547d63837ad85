"""The same serving program, again and again, each time a fork of a process that has loaded it and does nothing else.

Started afresh a program spends nearly all of its first second on loading itself; here it is killed a thousand times.
Nothing is open in the process that forks: no database, no key, no socket, no second thread.
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import IO

from fakes.serving_program import ServingProgram

LOADED = ("ceremony.online.main", "ceremony.online.serve_verb", "ceremony.online.serving", "sqlalchemy.dialects.sqlite")


class Forked:
    """A process that was forked elsewhere, with what `subprocess.Popen` says of one."""

    def __init__(self, host: "subprocess.Popen[str]", pid: int) -> None:
        """The child `pid` of `host`."""
        self._host = host
        self.pid = pid
        self._status: int | None = None

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""
        if self._status is None:
            self._status = ask(self._host, {"poll": self.pid})
        return self._status

    def wait(self, seconds: float = 60.0) -> int:
        """Its exit status.

        Raises: subprocess.TimeoutExpired.
        """
        until = time.monotonic() + seconds
        while (status := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), seconds)
            time.sleep(0.002)
        return status

    def send_signal(self, number: int) -> None:
        """It has got this signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """It has got SIGKILL, if it still runs."""
        self.send_signal(signal.SIGKILL)


@dataclass
class ForkedProgram(ServingProgram):
    """The program of the signer in `home`, as a fork."""

    host: "subprocess.Popen[str] | None" = field(default=None)

    def start(self) -> None:
        """It is on its way."""
        if self.host is None:
            command = [sys.executable, "-m", "fakes.forked_program"]
            pipe = subprocess.PIPE
            self.host = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=self.surroundings(), text=True)
        words = ["--home", str(self.home), "serve", "--listen", f"127.0.0.1:{self.port}", *self.words]
        pid = ask(self.host, {"start": words, "said": str(self.said)})
        assert pid is not None
        self.process = Forked(self.host, pid)  # type: ignore[assignment]  # all that is asked of it is there

    def end(self) -> None:
        """Neither it nor what it came from runs any more."""
        super().end()
        if self.host is not None:
            self.host.communicate(timeout=60)


def ask(host: "subprocess.Popen[str]", what: dict[str, object]) -> int | None:
    """What the process that forks answers."""
    assert host.stdin is not None
    assert host.stdout is not None
    host.stdin.write(json.dumps(what) + "\n")
    host.stdin.flush()
    found: int | None = json.loads(host.stdout.readline())
    return found


def answer(orders: IO[str], answers: IO[str]) -> None:
    """Every order has its answer; in a process that was forked for it, the program has run."""
    while line := orders.readline():
        order = json.loads(line)
        found = _start(order["start"], order["said"]) if "start" in order else _poll(order["poll"])
        if found == 0 and "start" in order:
            return
        answers.write(json.dumps(found) + "\n")
        answers.flush()


def _start(words: list[str], said: str) -> int:
    pid = os.fork()
    if pid == 0:
        sys.argv = ["ceremony-online", *words]
        nothing, file = os.open(os.devnull, os.O_RDONLY), os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for place, target in enumerate((nothing, file, file)):
            os.dup2(target, place)
    return pid


def _poll(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


if __name__ == "__main__":
    for each in LOADED:
        __import__(each)
    answer(sys.stdin, sys.stdout)
    if len(sys.argv) > 1:
        from ceremony.online.main import main

        main()
