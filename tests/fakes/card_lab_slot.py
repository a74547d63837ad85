"""One card in one USB port: a thread of the test process that answers for it as long as it is plugged in."""

import socket
import threading
from contextlib import suppress
from typing import Protocol

LONGEST = 1 << 17
SECONDS = 30.0  # longer than any card waits for a touch
ANSWERED = b"\0"
NO_ANSWER = b"\1"


class SilentCardError(Exception):
    """A card raises it from `transmit` when it is to look as if the line to it were bad; it stays plugged in."""


class Card(Protocol):
    """What can be plugged in."""

    @property
    def atr(self) -> bytes:
        """The answer to reset."""

    def power_on(self) -> None:
        """It has power, and has forgotten who was logged in."""

    def power_off(self) -> None:
        """It has none."""

    def transmit(self, apdu: bytes, /) -> bytes:
        """The response APDU."""

    def pull(self) -> None:
        """It left the port: `transmit`, if it waits for something, raises at once."""


class Slot:
    """Where a card is plugged in; `reader` is the name PC/SC has for it."""

    def __init__(self, card: Card, usb: str, port: int) -> None:
        self.card = card
        self.usb = usb
        self.port = port
        self.reader = ""
        self._pulled = False
        self._number: int | None = None
        self._known = threading.Event()
        self._line: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def connect(self) -> socket.socket:
        """The daemon's end of a fresh line to the card, which the caller closes; the card answers on it from now on."""
        self.settle()
        self._known.clear()
        self._number = None
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._thread = threading.Thread(target=self._serve, args=(self._line,), name=f"card {self.port}", daemon=True)
        self._thread.start()
        return theirs

    def wait_number(self) -> int:
        """The number pcscd gave the reader.   Raises: RuntimeError when it wants no such reader."""
        if not self._known.wait(SECONDS) or self._number is None:
            raise RuntimeError(f"pcscd took no reader {self.usb}")
        return self._number

    def pull(self) -> None:
        """The card is out of its port, whatever it was doing."""
        self._pulled = True
        self.card.pull()
        if self._line:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def settle(self) -> None:
        """The card answers nobody any more, since its line has ended.   Raises: TimeoutError when it still does."""
        if self._thread:
            self._thread.join(SECONDS)
            if self._thread.is_alive():
                raise TimeoutError(f"the card in port {self.port} still waits for something")

    def _serve(self, line: socket.socket) -> None:
        """Answers until the line ends; what a card raises that was not pulled is a fault of the card."""
        try:
            with line, suppress(ConnectionError):
                while request := line.recv(LONGEST):
                    self._answer(line, request[:1], request[1:])
        except Exception:
            if not self._pulled:
                raise
        finally:
            self._known.set()

    def _answer(self, line: socket.socket, kind: bytes, content: bytes) -> None:
        """One request of the shim's is done; its source says what they are."""
        if kind == b"A":
            self._number = content[0]
            self._known.set()
            return
        if kind in b"RD":
            self.card.power_off()
        if kind in b"RU":
            self.card.power_on()
        try:
            line.send(ANSWERED + (self.card.transmit(content) if kind == b"T" else self.card.atr))
        except SilentCardError:
            line.send(NO_ANSWER)
