"""A desk with USB ports for virtual cards, behind a real, unmodified pcscd: plug in, pull out, and let the daemon fail.

    with CardLab.started(tmp_path / "lab") as lab:
        slot = lab.plug(card)       # `slot.reader` is now a name such as `Yubico YubiKey OTP+FIDO+CCID 00 00`
        lab.pull(card)              # the reader is gone, and what the card was doing has failed

Cards answer in threads of the test process. No port is opened, nobody needs to be root, and no reader of this machine
is in reach: neither its pcscd nor its USB bus. Two things are as with hardware and take their time: a pull during a
command is known a second later, and while a card waits for a touch pcscd takes no new reader.

When a connection fails ykman runs `pkill -9 scdaemon`; who tests code that lets it should put a `pkill` of their own
first in PATH.
"""

import itertools
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from fakes.card_lab_daemon import Daemon
from fakes.card_lab_readers import reader_view
from fakes.card_lab_slot import Card, SilentCardError, Slot

__all__ = ["Card", "CardLab", "SilentCardError", "Slot"]

YUBIKEY = "1050:0407"  # OTP+FIDO+CCID; 0404 is a key with nothing but CCID


class CardLab:
    """The desk. Its methods may be called from any thread; each returns when PC/SC shows what it did."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._slots: dict[int, Slot] = {}
        self._ports = itertools.count(1)
        self._lock = threading.RLock()
        self._daemon: Daemon | None = None

    @classmethod
    @contextmanager
    def started(cls, folder: Path) -> Iterator[Self]:
        """A desk with nothing plugged in; `folder` may exist. Afterwards all cards are out and the daemon has ended."""
        lab = cls(folder)
        with ExitStack() as afterwards:
            afterwards.callback(lab._clear)
            lab.restart_daemon()
            yield lab
            lab._check_daemon()

    def plug(self, card: Card, usb: str = YUBIKEY) -> Slot:
        """Where the card is now, powered and seen by PC/SC; with a daemon that is stopped, once that is back.

        `usb` is the vendor and the product that the bus tells, four hex digits each; libccid's list has their names.
        Raises: ValueError when it is plugged in already; RuntimeError when pcscd has no room or does not know it.
        """
        with self._lock:
            if id(card) in self._slots:
                raise ValueError("this card is in a port already")
            slot = Slot(card, usb, next(self._ports))
            if self._daemon:
                self._attach(self._daemon, slot)
            self._slots[id(card)] = slot
            return slot

    def pull(self, card: Card) -> None:
        """The card is out and its reader gone; what it was doing fails as it does with hardware."""
        with self._lock:
            slot = self._slots.pop(id(card))
            slot.pull()
            if self._daemon and self._daemon.is_running:
                self._daemon.tell(f"remove {slot.port}")
                with reader_view() as view:
                    view.wait_gone(slot.reader)
            slot.settle()

    def readers(self) -> tuple[str, ...]:
        """The names of the readers PC/SC shows."""
        with reader_view() as view:
            return tuple(view.readers())

    def stop_daemon(self) -> None:
        """There is no PC/SC any more; the cards stay where they are."""
        with self._lock:
            if self._daemon:
                self._daemon.stop()
                self._daemon = None

    def restart_daemon(self) -> None:
        """A fresh daemon has found every card that is plugged in, in the order in which they were."""
        with self._lock:
            self.stop_daemon()
            self._daemon = Daemon(self.folder)
            with reader_view():
                pass  # it is ready
            for slot in self._slots.values():
                self._attach(self._daemon, slot)

    @property
    def daemon_pid(self) -> int | None:
        """The process of the daemon, or None while it is stopped."""
        return self._daemon.pid if self._daemon else None

    def _attach(self, daemon: Daemon, slot: Slot) -> None:
        """The daemon has taken the card in, and PC/SC shows it."""
        vendor, product = slot.usb.split(":")
        with slot.connect() as theirs:
            daemon.tell(f"add {slot.port} {vendor} {product}", [theirs])
        with reader_view() as view:
            slot.reader = view.wait_present(f" {slot.wait_number():02X} 00")

    def _check_daemon(self) -> None:
        """Nothing that happened at the desk has killed the daemon.   Raises: RuntimeError."""
        if self._daemon and not self._daemon.is_running:
            raise RuntimeError(f"pcscd has died; the end of its log: {self._daemon.log.read_text('utf-8')[-2000:]}")

    def _clear(self) -> None:
        """All cards are out, and the daemon has ended."""
        with self._lock:
            for slot in self._slots.values():
                slot.pull()
            self.stop_daemon()
            for slot in self._slots.values():
                slot.settle()
            self._slots.clear()
