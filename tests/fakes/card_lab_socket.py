"""Where the programs of this process find PC/SC: one path for its whole life, since libpcsclite reads it only once."""

import atexit
import os
import shutil
import socket
import tempfile
from functools import cache
from pathlib import Path

VARIABLE = "PCSCLITE_CSOCK_NAME"


@cache
def _folder(pid: int) -> Path:
    """A folder of this process's own, gone when it ends; short, because a socket's path is."""
    folder = Path(tempfile.mkdtemp(prefix=f"card-lab-{pid}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def claim_socket_path() -> Path:
    """From now on this process and those it starts look for PC/SC here, and never find the machine's own daemon.

    It works only before the first PC/SC call of the process, so importing this module does it.
    """
    path = _folder(os.getpid()) / "pcscd.comm"
    os.environ[VARIABLE] = str(path)
    return path


def listening_socket() -> socket.socket:
    """The claimed path with somebody listening, in place of whatever was there."""
    path = claim_socket_path()
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    listening.listen(64)
    return listening


claim_socket_path()
