"""A table with ann's and bob's devices on it, of one driver or another, and a way to pull one out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fakes.nss_softoken import nss_tokens
from fakes.softhsm import pull_out, softhsm

from hsm.device import Codes, Device, DeviceKey, Pin, Scheme, Unlocked
from hsm.discovery import Sources, find_devices
from hsm.software_device import SoftwareDevice

PINS = {"ann": "271828", "bob": "314159"}


class Table(Protocol):
    """A table with ann's and bob's devices on it; what the contract suite needs of one."""

    @property
    def sources(self) -> Sources:
        """Where they are looked for."""
        ...

    def devices(self) -> tuple[Device, ...]:
        """Those of ann and bob that are plugged in now, by serial."""
        ...

    def owner(self, device: Device) -> str:
        """Whose it is."""
        ...

    def device(self, label: str) -> Device:
        """That of this owner."""
        ...

    def unlocked(self, label: str) -> Unlocked:
        """That of this owner, whose PIN was accepted."""
        ...

    def unplug(self, device: Device) -> None:
        """It is out."""
        ...


def _stays(device: Device) -> None:
    raise NotImplementedError(device)


@dataclass(frozen=True, slots=True)
class Bench:
    """A table with devices that bear their owner's name as label."""

    sources: Sources
    unplug: Callable[[Device], None] = field(default=_stays, repr=False)

    def devices(self) -> tuple[Device, ...]:
        """Those of ann and bob that are plugged in now, by serial."""
        return tuple(device for device in find_devices(self.sources).devices if device.info.label in PINS)

    def owner(self, device: Device) -> str:
        """Whose it is."""
        return device.info.label

    def device(self, label: str) -> Device:
        """The one with this label."""
        (found,) = (device for device in self.devices() if device.info.label == label)
        return found

    def unlocked(self, label: str) -> Unlocked:
        """The one with this label, its owner's PIN accepted."""
        return self.device(label).unlock(Pin(PINS[label]))


@dataclass(frozen=True, slots=True)
class Kind:
    """What the contract suite may expect of the devices on one kind of table, and how such a table is laid.

    `pin_is_told` is false of devices that do not say that a PIN was wrong, `has_own_serials` of those that all have one
    serial, `is_exclusive` of those that can be open twice; `can_be_pulled` is false where nothing can pull them out.
    `puks` has the codes that unblock them, by owner. Without `makes_keys` each has a P-256 key already, and makes none.
    """

    lay: Callable[[Path], Iterator[Table]]
    schemes: tuple[Scheme, ...] = tuple(Scheme)
    pin_is_told: bool = True
    has_own_serials: bool = True
    is_exclusive: bool = True
    can_be_pulled: bool = True
    makes_keys: bool = True
    owners: tuple[str, ...] = tuple(PINS)
    puks: dict[str, str] = field(default_factory=dict)

    def codes(self, owner: str, digits: str) -> Codes:
        """What the owner's device is to have from now on, with this PIN."""
        return Codes(Pin(digits), Pin(self.puks[owner]) if self.puks else None, 3)


def key_on(table: Table, owner: str) -> DeviceKey:
    """A P-256 key on the owner's device: the one that it has, or a new one called "root"."""
    with table.unlocked(owner) as unlocked:
        return next(iter(unlocked.keys()), None) or unlocked.generate("root", Scheme.P256)


def software_bench(folder: Path) -> Iterator[Bench]:
    """Their software devices, in `folder`, which must not exist yet."""
    folder.mkdir()
    for serial, (label, digits) in enumerate(PINS.items(), start=100):
        SoftwareDevice.create(folder, str(serial), label, Pin(digits))
    yield Bench(Sources(software_folder=folder), lambda device: (folder / f"{device.info.serial}.json").unlink())


def nss_bench(folder: Path) -> Iterator[Bench]:
    """Their NSS databases, in `folder`, which must not exist yet, each in a module and so a process of its own."""
    with nss_tokens(folder, PINS) as modules:
        yield Bench(Sources(pkcs11_modules=modules))


def softhsm_bench(folder: Path) -> Iterator[Bench]:
    """Their SoftHSM tokens, in `folder`, which must not exist yet; their process is ended afterwards."""
    with softhsm(folder, PINS) as module:
        yield Bench(Sources(pkcs11_modules=(module,)), lambda device: pull_out(folder, device))
