"""The readers as this process uses them: at each one connection and one thread at a time, whoever asks."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from yubikit.piv import PivSession

from hsm.device import DeviceInfo
from hsm.errors import DeviceError, DeviceSwappedError
from hsm.yubikey_answers import told_as_ours
from hsm.yubikey_facts import identify, once_verified
from hsm.yubikey_link import Link, PcscError, readers


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
        self.turn = threading.RLock()
        self._kept: Plugged | None = None

    def keeps(self, plugged: Plugged) -> bool:
        """Whether this is the connection that is kept."""
        return self._kept is plugged

    def keep(self, plugged: Plugged) -> None:
        """The connection stays open, until `drop`."""
        self._kept = plugged

    def drop(self, plugged: Plugged) -> None:
        """The connection is closed, and the YubiKey at its end, if there is one still, locked."""
        with self.turn:
            plugged.link.close()
            if self._kept is plugged:
                self._kept = None

    @contextmanager
    def opened(self) -> Iterator[Plugged]:
        """What is plugged in here now: over the connection that is kept if it still holds, else over one for a moment.

        Raises: PcscError; any error of yubikit.
        """
        with self.turn:
            plugged = self._still_kept() or self._connected()
            try:
                yield plugged
            finally:
                if self._kept is not plugged:
                    plugged.link.close()

    def look(self) -> DeviceInfo:
        """What the YubiKey here tells of itself, at once even while one that is unlocked waits for a touch.

        Raises: as `opened`.
        """
        kept = self._kept
        if not self.turn.acquire(blocking=kept is None) and kept is not None:
            return kept.info
        try:
            with self.opened() as plugged:
                return plugged.info
        finally:
            self.turn.release()

    def _still_kept(self) -> Plugged | None:
        if self._kept is None:
            return None
        try:
            self._kept.info = once_verified(self._kept.session, self._kept.info)
        except PcscError:
            self.drop(self._kept)
        return self._kept

    def _connected(self) -> Plugged:
        link = Link(self.reader)
        try:
            return Plugged(link, *identify(link, self.reader))
        except BaseException:
            link.close()
            raise


_PORTS: dict[str, Port] = {}


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
    trouble = _entered(closing, serial, port)
    if isinstance(trouble, Plugged):
        return port, trouble
    others = (port_of(name) for name in readers() if name != port.reader)
    for other in others:
        plugged = _entered(closing, serial, other) if serial_at(other) == serial else None
        if isinstance(plugged, Plugged):
            return other, plugged
    raise trouble


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
