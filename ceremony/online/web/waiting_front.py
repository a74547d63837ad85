"""A front before its work: a process that loads what it needs, as the writer's does meanwhile, and waits to be told."""

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

PROGRAM = "ceremony.online.web.front_program"


@dataclass(frozen=True, slots=True)
class WaitingFront:
    """A process, and our end of the line to it."""

    process: "subprocess.Popen[bytes]"
    line: socket.socket


@contextlib.contextmanager
def waiting_front() -> Iterator[WaitingFront]:
    """A front waits to be told what for; afterwards it has ended. It ends with the thread that calls this, too."""
    ours, theirs = socket.socketpair()
    with contextlib.closing(ours):
        with contextlib.closing(theirs):
            command = [sys.executable, "-m", PROGRAM]
            process = subprocess.Popen(command, stdin=theirs.fileno(), process_group=0)  # noqa: S603  # a program of ours
        try:
            yield WaitingFront(process, ours)
        finally:
            process.kill()
            process.wait()
