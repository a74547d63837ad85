"""Which readers pcscd shows, asked in its own language.

Not through libpcsclite: it may be at work in other threads of this process, and before 2.4 two threads that open and
close contexts at once can crash it.
"""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from fakes.card_lab_socket import claim_socket_path

SECONDS = 30.0  # pcscd looks at no new reader while a card in another one waits for its touch
STEP = 0.001
VERSION = struct.Struct("=iiI")
HEADER = struct.Struct("=II")
READER = struct.Struct("=128sIIi33s3xII")  # name, events, state, sharing, ATR, its length, protocol
READERS = 16
VERSION_COMMAND, STATES_COMMAND = 0x11, 0x12
PROTOCOL = (4, 4)  # spoken by pcscd 1.8 and later
PRESENT = 0x04
POWERED = PRESENT | 0x10

Found = TypeVar("Found")


class ReaderView:
    """A client's connection to pcscd."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def greet(self) -> None:
        """Both speak the same protocol; pcscd answers, so it is ready.   Raises: OSError."""
        self._connection.settimeout(SECONDS)
        self._ask(VERSION_COMMAND, VERSION.pack(*PROTOCOL, 0))
        if VERSION.unpack(self._receive(VERSION.size))[2]:
            raise OSError("this pcscd speaks another protocol")

    def readers(self) -> dict[str, int]:
        """Each reader's name and state, in pcscd's order."""
        self._ask(STATES_COMMAND)
        entries = READER.iter_unpack(self._receive(READER.size * READERS))
        return {name.rstrip(b"\0").decode(): state for name, _, state, *_ in entries if name[0]}

    def wait_present(self, ending: str) -> str:
        """The name of the reader that ends so, once the card in it has been powered.   Raises: TimeoutError."""
        return _wait(lambda: self._powered(ending), f"no card in a reader{ending}")

    def wait_empty(self, name: str) -> None:
        """No card is in the reader of this name.   Raises: TimeoutError."""
        _wait(lambda: not self.readers().get(name, 0) & PRESENT, f"{name} still has its card")

    def wait_gone(self, name: str) -> None:
        """No reader has this name any more.   Raises: TimeoutError."""
        _wait(lambda: name not in self.readers(), f"{name} is still there")

    def _powered(self, ending: str) -> str:
        """The name of the reader that ends so when the card in it has power, otherwise nothing."""
        present = (name for name, state in self.readers().items() if state & POWERED == POWERED)
        return next((name for name in present if name.endswith(ending)), "")

    def _ask(self, command: int, content: bytes = b"") -> None:
        """The command has been sent."""
        self._connection.sendall(HEADER.pack(len(content), command) + content)

    def _receive(self, size: int) -> bytes:
        """So many bytes of the answer.   Raises: ConnectionError when pcscd has gone."""
        content = b""
        while len(content) < size:
            if not (part := self._connection.recv(size - len(content))):
                raise ConnectionResetError("pcscd has gone")
            content += part
        return content


@contextmanager
def reader_view() -> Iterator[ReaderView]:
    """What pcscd shows, once it is ready.   Raises: OSError when there is none."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(claim_socket_path()))
        view = ReaderView(connection)
        view.greet()
        yield view


def _wait(look: Callable[[], Found], otherwise: str) -> Found:
    """What `look` found at last.   Raises: TimeoutError."""
    until = time.monotonic() + SECONDS
    while not (found := look()):
        if time.monotonic() > until:
            raise TimeoutError(otherwise)
        time.sleep(STEP)
    return found
