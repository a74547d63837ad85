"""Which device a verb is about: the one that was named, the only one there is, or the one that somebody points at."""

from collections.abc import Sequence
from pathlib import Path

from ceremony.cli.asking import read_line
from ceremony.cli.desk import Desk
from ceremony.cli.drawing import draw_devices, draw_explanation, plain
from ceremony.errors import StoppedError
from ceremony.explain import explain
from hsm import Device
from hsm.errors import DeviceAbsentError


def choose_device(desk: Desk, serial: str | None, software_folder: Path | None) -> Device:
    """The device of this serial, or whichever somebody chooses; of several none is taken by itself.

    Raises: DeviceAbsentError where there is none; StoppedError; TerminalError without a terminal.
    """
    found = desk.find(software_folder)
    for fault in found.faults:
        desk.err.print(draw_explanation(explain(fault)))
    devices = [each for each in found.devices if serial in {None, each.info.serial}]
    if not devices:
        raise DeviceAbsentError(serial or "of any kind")
    return devices[0] if len(devices) == 1 else _pointed_at(desk, devices)


def _pointed_at(desk: Desk, devices: Sequence[Device]) -> Device:
    desk.out.print(draw_devices([each.info for each in devices]))
    by_number = {str(number): each for number, each in enumerate(devices, start=1)}
    while True:
        line = read_line(desk, "The number of the device (Enter = none of them): ")
        if not line:
            raise StoppedError("the operator", "the choice of a device")
        if line in by_number:
            return by_number[line]
        desk.out.print(plain("Type the number in front of the device.", "yellow"))
