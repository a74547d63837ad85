"""Devices that misbehave: each stands in front of a real software device and does one thing otherwise."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from hsm import Codes, Device, DeviceInfo, DeviceKey, Pin, Scheme, Slot, Unlocked

Twist = Callable[..., bytes]
"""What signs instead: it is given the real way of signing, the key and the message."""


def straight(really: Callable[[DeviceKey, bytes], bytes], key: DeviceKey, message: bytes) -> bytes:
    """The real signature."""
    return really(key, message)


@dataclass
class OddDevice:
    """A real device, but for `sign` once it is unlocked, `refresh`, and what happens when it is closed."""

    real: Device
    sign: Twist = straight
    refreshed: Callable[[Device], DeviceInfo] = lambda real: real.refresh()
    closing: Callable[[], object] = lambda: None
    unlocked: "list[OddUnlocked]" = field(default_factory=list)

    @property
    def info(self) -> DeviceInfo:
        """What the real device tells of itself."""
        return self.real.info

    def refresh(self) -> DeviceInfo:
        """What `refreshed` tells."""
        return self.refreshed(self.real)

    def keys(self) -> tuple[DeviceKey, ...]:
        """The real keys."""
        return self.real.keys()

    def slots(self) -> tuple[Slot, ...]:
        """The real places."""
        return self.real.slots()

    def prepare(self, current: Pin | None, codes: Codes) -> None:
        """Really prepared."""
        self.real.prepare(current, codes)

    def unblock(self, puk: Pin, pin: Pin) -> None:
        """Really unblocked."""
        self.real.unblock(puk, pin)

    def unlock(self, pin: Pin | None) -> "OddUnlocked":
        """The real device, unlocked, with its oddities; it is kept in `unlocked`."""
        self.unlocked.append(OddUnlocked(self, self.real.unlock(pin)))
        return self.unlocked[-1]


@dataclass
class OddUnlocked:
    """An unlocked device that signs as its `device` says and remembers that it was closed."""

    device: OddDevice
    real: Unlocked
    is_closed: bool = False

    @property
    def info(self) -> DeviceInfo:
        """What the real device tells of itself."""
        return self.real.info

    def keys(self) -> tuple[DeviceKey, ...]:
        """The real keys."""
        return self.real.keys()

    def generate(self, label: str, scheme: Scheme, slot: str = "", loses: str = "") -> DeviceKey:
        """A real key."""
        return self.real.generate(label, scheme, slot, loses)

    def attestation(self, key: DeviceKey) -> tuple[bytes, ...]:
        """What the real device says of the key."""
        return self.real.attestation(key)

    def sign(self, key: DeviceKey, message: bytes) -> bytes:
        """Whatever the device's `sign` gives."""
        return self.device.sign(self.real.sign, key, message)

    def close(self) -> None:
        """Closed, and noticed."""
        self.is_closed = True
        self.real.close()
        self.device.closing()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closed."""
        self.close()
