"""The readers as this process uses them: at each one connection and one thread at a time, whoever asks."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from yubikit.piv import PivSession

from hsm.device import DeviceInfo
from hsm.errors import DeviceError, DeviceSwappedError
from hsm.questions import Asked, Questions
from hsm.yubikey_answers import told_as_ours
from hsm.yubikey_facts import identify, once_verified
from hsm.yubikey_link import Link, PcscError, readers

LOOK_SECONDS = 3.0
"""How long a YubiKey may take to tell what it is before it is left out of a listing."""
TURN_SECONDS = 20.0
"""How long an act waits for the one before it, which itself may be waiting for a touch, 15 seconds long."""


@dataclass(eq=False, slots=True)
class Plugged:
    """A YubiKey over an open connection: what it told of itself, and a session with its PIV application."""

    link: Link = field(repr=False)
    session: PivSession = field(repr=False)
    info: DeviceInfo


class Port:
    """One reader. The connection of a device that is unlocked is kept, and whoever else asks is told over the same."""

    def __init__(self, reader: str) -> None:
        self.reader = reader
        self._turn = threading.RLock()
        self._kept: Plugged | None = None
        self._used: Plugged | None = None

    def keeps(self, plugged: Plugged) -> bool:
        """Whether this is the connection that is kept."""
        return self._kept is plugged

    def keep(self, plugged: Plugged) -> None:
        """The connection stays open, until `drop`."""
        self._kept = plugged

    def drop(self, plugged: Plugged) -> None:
        """The connection is closed, and the YubiKey at its end, if there is one still, locked.

        A YubiKey that does not answer another thread is closed by that one, should it ever answer.
        """
        try:
            with self.turn():
                self._forget(plugged)
                plugged.link.close()
        except TimeoutError:
            self._forget(plugged)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Inside, no other thread uses this port.

        Raises: TimeoutError where another one does not come to an end.
        """
        if not self._turn.acquire(timeout=TURN_SECONDS):
            raise TimeoutError(self.reader)
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def opened(self) -> Iterator[Plugged]:
        """What is plugged in here now: over the connection that is kept if it still holds, else over one for a moment.

        Raises: TimeoutError; PcscError; any error of yubikit.
        """
        with self.turn():
            plugged = self._used = self._still_kept() or self._connected()
            try:
                yield plugged
            finally:
                self._used = None
                if self._kept is not plugged:
                    plugged.link.close()

    def look(self) -> DeviceInfo:
        """What the YubiKey here tells of itself; at once what it told before, while another thread is at work with it.

        Raises: as `opened`.
        """
        known = self._used or self._kept
        if not self._turn.acquire(blocking=known is None) and known is not None:
            return known.info
        try:
            with self.opened() as plugged:
                return plugged.info
        finally:
            self._turn.release()

    def asked(self) -> Asked[DeviceInfo]:
        """The same, asked aside: a YubiKey that never answers is asked once, however many want to know."""
        return _QUESTIONS.ask(self, self.look)

    def _forget(self, plugged: Plugged) -> None:
        if self._kept is plugged:
            self._kept = None

    def _still_kept(self) -> Plugged | None:
        kept = self._kept
        if kept is None:
            return None
        try:
            kept.info = once_verified(kept.session, kept.info)
        except PcscError:
            self.drop(kept)
            return None
        return kept

    def _connected(self) -> Plugged:
        link = Link(self.reader)
        try:
            return Plugged(link, *identify(link, self.reader))
        except BaseException:
            link.close()
            raise


_PORTS: dict[str, Port] = {}
_QUESTIONS = Questions[DeviceInfo]()


def port_of(reader: str) -> Port:
    """The port of this name, the same one in all threads."""
    return _PORTS.setdefault(reader, Port(reader))


@contextmanager
def plugged_in(serial: str, port: Port) -> Iterator[tuple[Port, Plugged]]:
    """The YubiKey with this serial and where it is now: in its port, or in another one.

    Raises: DeviceAbsentError; DeviceSwappedError, where another one stands in its port; DeviceBusyError;
    DeviceFaultError; every error of ours that is raised inside.
    """
    with told_as_ours(serial), ExitStack() as closing:
        yield _found(closing, serial, port)


def serial_at(port: Port) -> str:
    """The serial of what is plugged in there now, "" where that cannot be told."""
    try:
        with told_as_ours(port.reader):
            return port.look().serial
    except DeviceError:
        return ""


def _found(closing: ExitStack, serial: str, port: Port) -> tuple[Port, Plugged]:
    here = _entered(closing, serial, port)
    if isinstance(here, Plugged):
        return port, here
    others = [port_of(name) for name in readers() if name != port.reader]
    for other, asked in [(other, other.asked()) for other in others]:
        there = _entered(closing, serial, other) if _serial_told(other, asked) == serial else None
        if isinstance(there, Plugged):
            return other, there
    raise here


def _serial_told(port: Port, asked: Asked[DeviceInfo]) -> str:
    try:
        with told_as_ours(port.reader):
            return asked.within(LOOK_SECONDS).serial
    except DeviceError:
        return ""


def _entered(closing: ExitStack, serial: str, port: Port) -> Plugged | DeviceError:
    try:
        with told_as_ours(serial):
            plugged = closing.enter_context(port.opened())
    except DeviceError as error:
        return error
    if plugged.info.serial == serial:
        return plugged
    closing.close()
    return DeviceSwappedError(serial, plugged.info.serial)
