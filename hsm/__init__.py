"""Devices that hold signing keys, seen through one pair of protocols; importing this package loads no driver."""

from hsm.device import Device, DeviceInfo, DeviceKey, Pin, PinState, Scheme, Unlocked
from hsm.signer import DeviceSigner

__all__ = ["Device", "DeviceInfo", "DeviceKey", "DeviceSigner", "Pin", "PinState", "Scheme", "Unlocked"]
