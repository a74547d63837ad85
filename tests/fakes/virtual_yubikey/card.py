"""The device itself: power, the selected application, and every command that passes."""

import threading
from collections.abc import Callable
from functools import cache

from fakes.virtual_yubikey.apdu import Command, Status, StatusError, parse
from fakes.virtual_yubikey.authority import Family, YubicoLikeAuthority
from fakes.virtual_yubikey.device import Device, Firmware
from fakes.virtual_yubikey.framing import GET_RESPONSE, Framing
from fakes.virtual_yubikey.management import Management
from fakes.virtual_yubikey.piv import Piv
from fakes.virtual_yubikey.touch import Pulled, Touch

ATR = bytes.fromhex("3bfd1300008131fe158073c021c057597562694b657940")
SELECT = 0xA4
BY_NAME = 0x04
NEW_AUTHORITY_SINCE = (5, 7, 4)

Passed = tuple[int, int, int, int]


class VirtualYubiKey:
    """A YubiKey 5 in a USB port; everything it keeps is in memory.

    `touch` is the finger on it. `log` has instruction, P1, P2 and status word of each command, without data. What
    `hook` returns for a command is its answer, as if the key had given it; None lets the key answer.
    """

    def __init__(
        self,
        serial: int,
        firmware: Firmware = (5, 7, 4),
        authority: YubicoLikeAuthority | None = None,
        form_factor: int = 1,
    ) -> None:
        device = Device(serial, firmware, form_factor)
        self.atr = ATR
        self.serial = serial
        self.firmware = firmware
        self.touch = Touch()
        self.log: list[Passed] = []
        self.hook: Callable[[bytes], bytes | None] | None = None
        self._management = Management(device)
        self._piv = Piv(
            device, authority or _everyones("new" if firmware >= NEW_AUTHORITY_SINCE else "old"), self.touch
        )
        self._selected: Management | Piv | None = None
        self._framing = Framing()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"VirtualYubiKey({self.serial}, {self.firmware})"

    @property
    def unplugged(self) -> threading.Event:
        """Set from `pull` until the key is powered again."""
        return self.touch.unplugged

    @property
    def pin_attempts_left(self) -> int:
        """Tries the PIN has."""
        return self._piv.access.pin.left

    @property
    def puk_attempts_left(self) -> int:
        """Tries the PUK has."""
        return self._piv.access.puk.left

    def power_on(self) -> None:
        """The key is in the port and has forgotten every session."""
        with self._lock:
            self.unplugged.clear()
            self._forget()

    def power_off(self) -> None:
        """The key has forgotten every session."""
        with self._lock:
            self._forget()

    def pull(self) -> None:
        """The key is out of the port: a command under way, and any until it is powered again, raises Pulled."""
        self.touch.pull()

    def transmit(self, apdu: bytes) -> bytes:
        """The answer to one command, data and status word; it comes when it comes, with a touch policy after a touch.

        Raises: Pulled.
        """
        with self._lock:
            if self.unplugged.is_set():
                raise Pulled
            answer = self.hook(apdu) if self.hook else None
            if answer is None:
                answer = self._answer(apdu)
            self.log.append((*(apdu + bytes(4))[1:4], int.from_bytes(answer[-2:], "big")))
            return answer

    def _forget(self) -> None:
        """No application is selected, nothing is proved, no answer is pending."""
        if self._selected is not None:
            self._selected.forget()
        self._selected = None
        self._framing = Framing()

    def _answer(self, apdu: bytes) -> bytes:
        """What the key answers by itself."""
        try:
            command = parse(apdu)
            if command.ins == GET_RESPONSE:
                return self._framing.more(command)
            whole = self._framing.whole(command)
            return self._framing.first(self._do(whole) if whole else b"", command.limit)
        except StatusError as error:
            return error.status.to_bytes(2, "big")

    def _do(self, command: Command) -> bytes:
        """The whole answer to a whole command."""
        if command.ins == SELECT:
            return self._select(command)
        if self._selected is None:
            raise StatusError(Status.UNKNOWN_INSTRUCTION)
        return self._selected.answer(command)

    def _select(self, command: Command) -> bytes:
        """The application with this name is selected, and what others knew is forgotten."""
        if command.p1 != BY_NAME:
            raise StatusError(Status.WRONG_P1P2)
        found = self._named(command.data)
        if self._selected is not None and self._selected is not found:
            self._selected.forget()
        self._selected = found
        return found.select()

    def _named(self, aid: bytes) -> Management | Piv:
        """The application with this name.   Raises: StatusError (NOT_FOUND) if there is none, or it is off."""
        if self._management.is_named(aid):
            return self._management
        if self._piv.is_named(aid) and self._management.is_piv_on:
            return self._piv
        raise StatusError(Status.NOT_FOUND)


@cache
def _everyones(family: Family) -> YubicoLikeAuthority:
    """The authority of keys for which nobody named another: one in each process."""
    return YubicoLikeAuthority.make(family)
