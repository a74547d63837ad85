"""The card lab on stock parts only: Debian's pcscd and vsmartcard's virtual reader, nothing of ours in the daemon.

It is slower than `fakes.card_lab` and less like hardware: a reader stays when its card is pulled, there are two of
them, and an empty one costs who lists devices some seconds. So it is for a test or two that nothing depends on our
shim. vpcd's ports are open to the network while it runs.
"""

import os
import random
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

from fakes.card_lab_daemon import find_pcscd, stop_process
from fakes.card_lab_readers import reader_view
from fakes.card_lab_slot import SECONDS, Card
from fakes.card_lab_socket import listening_socket

__all__ = ["DRIVER", "VpcdLab", "VpcdSlot", "is_usable"]

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
RUN_FOLDER = Path("/run/pcscd")
PORTS = range(20000, 32000, 2)  # below those the kernel gives to connections that leave
TRIES = 5
READERS = 2  # as compiled into the driver; the second listens on the port after the first's
NAME = "Yubico Yubikey OTP+FIDO+CCID"  # ykman takes it for one
REAL_KEYS = "YubiKey:NEO"  # and pcscd leaves those of this machine alone, whose names have a large K or NEO
POWER_OFF, POWER_ON, RESET, ASK_ATR = b"\0", b"\1", b"\2", b"\4"
LENGTH = struct.Struct(">H")

# pcscd takes descriptor 3 for its socket when it is told its own process id; it ends with the thread that started it.
LAUNCH = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
if os.getppid() != int(sys.argv[1]): sys.exit(1)
os.dup2(int(sys.argv[2]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.argv[3], sys.argv[3:])
"""


def is_usable() -> bool:
    """The driver is installed, and this user's pcscd finds its folder or can make it."""
    return DRIVER.exists() and (os.geteuid() == 0 or RUN_FOLDER.is_dir())


class VpcdSlot:
    """A card in one of the readers; `reader` is the name PC/SC has for it."""

    def __init__(self, card: Card, port: int, number: int) -> None:
        self.card = card
        self.number = number
        self.reader = f"{NAME} 00 {number:02X}"
        self._pulled = False
        self._line = socket.create_connection(("127.0.0.1", port + number))
        self._thread = threading.Thread(target=self._serve, name=self.reader, daemon=True)
        self._thread.start()

    def pull(self) -> None:
        """The card is out of its reader, whatever it was doing."""
        self._pulled = True
        self.card.pull()
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._thread.join(SECONDS)

    def _serve(self) -> None:
        """Answers until the line ends; what a card raises that was not pulled is a fault of the card."""
        try:
            with self._line, suppress(ConnectionError):
                while size := self._receive(LENGTH.size):
                    self._answer(self._receive(*LENGTH.unpack(size)))
        except Exception:
            if not self._pulled:
                raise

    def _answer(self, request: bytes) -> None:
        """One request of vpcd's is done."""
        if request in {POWER_OFF, RESET}:
            self.card.power_off()
        if request in {POWER_ON, RESET}:
            self.card.power_on()
        if request not in {POWER_OFF, POWER_ON, RESET}:
            response = self.card.atr if request == ASK_ATR else self.card.transmit(request)
            self._line.sendall(LENGTH.pack(len(response)) + response)

    def _receive(self, size: int) -> bytes:
        """So many bytes, or nothing when the line has ended."""
        content = b""
        while len(content) < size:
            part = self._line.recv(size - len(content))
            # vpcd sends a length and its bytes apart: the second waits until the first is acknowledged
            self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            if not part:
                return b""
            content += part
        return content


class VpcdLab:
    """Two readers; `plug` and `pull` return when PC/SC shows what they did."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._slots: dict[int, VpcdSlot] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @classmethod
    @contextmanager
    def started(cls, folder: Path) -> Iterator[Self]:
        """Two empty readers; `folder` may exist. Afterwards all cards are out and the daemon has ended."""
        lab = cls(folder)
        with ExitStack() as afterwards:
            afterwards.callback(lab.stop_daemon)
            lab.restart_daemon()
            yield lab

    def plug(self, card: Card) -> VpcdSlot:
        """Where the card is now, powered and seen by PC/SC.   Raises: ValueError when no reader is empty."""
        taken = {slot.number for slot in self._slots.values()}
        number = next((number for number in range(READERS) if number not in taken), None)
        if number is None or id(card) in self._slots:
            raise ValueError("no reader is empty, or the card is in one already")
        self._slots[id(card)] = slot = VpcdSlot(card, self._port, number)
        with reader_view() as view:
            view.wait_present(f" 00 {number:02X}")
        return slot

    def pull(self, card: Card) -> None:
        """The card is out, its reader empty; what it was doing has failed."""
        slot = self._slots.pop(id(card))
        slot.pull()
        with reader_view() as view:
            view.wait_empty(slot.reader)

    def readers(self) -> tuple[str, ...]:
        """The names of the readers PC/SC shows."""
        with reader_view() as view:
            return tuple(view.readers())

    def stop_daemon(self) -> None:
        """There is no PC/SC any more, and no card is in a reader."""
        if self._process:
            stop_process(self._process)
            self._process = None
        for slot in self._slots.values():
            slot.pull()
        self._slots.clear()

    def restart_daemon(self) -> None:
        """A fresh daemon has its two readers, on ports of its own.   Raises: RuntimeError."""
        for _ in range(TRIES):
            self.stop_daemon()
            self._port = _free_port()
            self._process = self._start()
            with reader_view() as view:
                if len(view.readers()) >= READERS:
                    return
        raise RuntimeError(f"vpcd does not start: {(self.folder / 'pcscd.log').read_text('utf-8')[-2000:]}")

    @property
    def daemon_pid(self) -> int | None:
        """The process of the daemon, or None while it is stopped."""
        return self._process.pid if self._process else None

    def _start(self) -> subprocess.Popen[bytes]:
        """A pcscd with its readers' configuration."""
        configuration = self.folder / "reader.conf.d"
        configuration.mkdir(parents=True, exist_ok=True)
        (configuration / "vpcd").write_text(
            f'FRIENDLYNAME "{NAME}"\nDEVICENAME /dev/null:{self._port}\nLIBPATH {DRIVER}\nCHANNELID {self._port}\n'
        )
        with listening_socket() as listening, (self.folder / "pcscd.log").open("ab") as log:
            daemon = [find_pcscd(), "--foreground", "--info", "--config", str(configuration)]
            return subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", LAUNCH, str(os.getpid()), str(listening.fileno()), *daemon],
                env={"PCSCLITE_FILTER_IGNORE_READER_NAMES": REAL_KEYS},
                pass_fds=(listening.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def _free_port() -> int:
    """A port that nobody listens on, nor on the one after it."""
    while True:
        port = random.choice(PORTS)  # noqa: S311 - no secret
        with suppress(OSError), socket.socket() as first, socket.socket() as second:
            first.bind(("", port))
            second.bind(("", port + 1))
            return port
