"""What is engraved in a device and cannot change."""

from dataclasses import dataclass

Firmware = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Device:
    """Serial number, firmware, and the form factor by Yubico's number."""

    serial: int
    firmware: Firmware
    form_factor: int
