"""Real YubiKeys, named by their serials: reset before each test, and everything on their PIV application lost."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fakes.bench import PINS, Kind
from fakes.card_lab_socket import VARIABLE
from fakes.yubikey_bench import PUKS, TRIES
from ykman.device import list_all_devices
from yubikit.core.smartcard import SmartCardConnection
from yubikit.piv import PivSession

from hsm.device import Codes, Device, Pin, Scheme, Unlocked
from hsm.discovery import Sources, find_devices

ED25519_SINCE = (5, 7)


@dataclass(frozen=True, slots=True)
class RealBench:
    """A table with one or two YubiKeys on it, their serials by owner; others that are plugged in are left alone."""

    serials: dict[str, str]
    sources: Sources = field(default=Sources(yubikeys=True))

    def devices(self) -> tuple[Device, ...]:
        """Those that were named, by serial."""
        found = find_devices(self.sources).devices
        return tuple(device for device in found if device.info.serial in self.serials.values())

    def owner(self, device: Device) -> str:
        """Whose it is."""
        (owner,) = (name for name, serial in self.serials.items() if serial == device.info.serial)
        return owner

    def device(self, label: str) -> Device:
        """That of this owner."""
        (found,) = (device for device in self.devices() if self.owner(device) == label)
        return found

    def unlocked(self, label: str) -> Unlocked:
        """That of this owner, whose PIN was accepted."""
        return self.device(label).unlock(Pin(PINS[label]))

    def unplug(self, device: Device) -> None:
        """Never: no test can.   Raises: NotImplementedError."""
        raise NotImplementedError(device)


def meet_the_machines_keys() -> None:
    """This process finds PC/SC where it would have, had the tests not named a service of their own.

    It works only before the first PC/SC call of the process; what it was started with the kernel still knows.
    """
    os.environ.pop(VARIABLE, None)
    for each in Path("/proc/self/environ").read_bytes().split(b"\0"):
        name, _, value = os.fsdecode(each).partition("=")
        if name == VARIABLE:
            os.environ[VARIABLE] = value


def real_kind(serials: tuple[str, ...]) -> Kind:
    """The kind of table that has these YubiKeys on it, the first of them ann's."""
    named = dict(zip(PINS, serials, strict=False))
    return Kind(
        partial(real_bench, named),
        schemes=_schemes(serials[0]),
        can_be_pulled=False,
        owners=tuple(named),
        puks=PUKS,
    )


def real_bench(serials: dict[str, str], _folder: Path) -> Iterator[RealBench]:
    """The YubiKeys, reset, with codes of their own, three tries and no keys."""
    for serial in serials.values():
        with _session(serial) as connection:
            PivSession(connection).reset()
    bench = RealBench(serials)
    for owner in serials:
        bench.device(owner).prepare(None, Codes(Pin(PINS[owner]), Pin(PUKS[owner]), TRIES))
    yield bench


def _session(serial: str) -> SmartCardConnection:
    """A connection to the YubiKey with this serial, and to no other.   Raises: LookupError."""
    for device, info in list_all_devices([SmartCardConnection]):
        if str(info.serial) == serial:
            connection: SmartCardConnection = device.open_connection(SmartCardConnection)
            return connection
    raise LookupError(serial)


def _schemes(serial: str) -> tuple[Scheme, ...]:
    with _session(serial) as connection:
        version = tuple(PivSession(connection).version)
    curves = (Scheme.P256, Scheme.P384)
    return (*curves, Scheme.ED25519) if version >= ED25519_SINCE else curves
