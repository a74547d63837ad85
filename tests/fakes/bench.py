"""A table with ann's and bob's devices on it, of one driver or another, and a way to pull one out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fakes.softhsm import pull_out, softhsm

from hsm.device import Device, Pin, Unlocked
from hsm.discovery import Sources, find_devices
from hsm.software_device import SoftwareDevice

PINS = {"ann": "271828", "bob": "314159"}


@dataclass(frozen=True, slots=True)
class Bench:
    """A table with ann's and bob's devices on it."""

    sources: Sources
    unplug: Callable[[Device], None] = field(repr=False)

    def devices(self) -> tuple[Device, ...]:
        """Those plugged in now, by serial."""
        return find_devices(self.sources).devices

    def device(self, label: str) -> Device:
        """The one with this label."""
        (found,) = (device for device in self.devices() if device.info.label == label)
        return found

    def unlocked(self, label: str) -> Unlocked:
        """The one with this label, its owner's PIN accepted."""
        return self.device(label).unlock(Pin(PINS[label]))


def software_bench(folder: Path) -> Iterator[Bench]:
    """Their software devices, in `folder`, which must not exist yet."""
    folder.mkdir()
    for serial, (label, digits) in enumerate(PINS.items(), start=100):
        SoftwareDevice.create(folder, str(serial), label, Pin(digits))
    yield Bench(Sources(software_folder=folder), lambda device: (folder / f"{device.info.serial}.json").unlink())


def softhsm_bench(folder: Path) -> Iterator[Bench]:
    """Their SoftHSM tokens, in `folder`, which must not exist yet; finalised afterwards."""
    with softhsm(folder, PINS) as module:
        yield Bench(Sources(pkcs11_modules=(module,)), lambda device: pull_out(folder, device))
