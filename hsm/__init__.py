"""Devices that hold signing keys, seen through one pair of protocols; importing this package loads no driver."""

from typing import TYPE_CHECKING

from hsm.device import Codes, Device, DeviceInfo, DeviceKey, Pin, PinState, Scheme, Slot, Unlocked

if TYPE_CHECKING:
    from hsm.signer import DeviceSigner

__all__ = [
    "Codes",
    "Device",
    "DeviceInfo",
    "DeviceKey",
    "DeviceSigner",
    "Pin",
    "PinState",
    "Scheme",
    "Slot",
    "Unlocked",
]


def __getattr__(name: str) -> object:
    """`DeviceSigner`, when first asked for: securesystemslib 1.6 imports every library it could sign with, pkcs11 too.

    Raises: AttributeError for any other name.
    """
    if name != "DeviceSigner":
        raise AttributeError(name)
    from hsm.signer import DeviceSigner  # noqa: PLC0415 - the reason this function exists

    return DeviceSigner
