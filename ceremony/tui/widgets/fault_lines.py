"""What could not be read among the devices: a line for each, and at length what to do."""

from collections.abc import Sequence

from ceremony.explain import explain
from ceremony.tui.widgets.ink import CAUTION, cut
from hsm.errors import DeviceError

Faults = Sequence[DeviceError]

SERVICE = "PC/SC"
"""What stands as serial where it is no device that failed, but the service through which smart cards are reached."""

_SERIAL_LIMIT = 64


def fault_line(fault: DeviceError) -> str:
    """What is wrong, and where: the serial of a device, a reader's name, a module's path, or the smart card service."""
    where = "the smart card service does not answer" if fault.serial == SERVICE else cut(fault.serial, _SERIAL_LIMIT)
    return f"{CAUTION} {explain(fault).title}{f': {where}' if where else ''}"


def faults_at_length(faults: Faults) -> str:
    """Every fault with what can be done about it; "" where there is none."""
    told = ((fault_line(each), explain(each)) for each in faults)
    return "\n\n".join(f"{line}\n{words.detail} {words.advice}" for line, words in told)


def fields_in(faults: Faults) -> tuple[str, ...]:
    """The same texts exactly where the same faults were found once more: no two errors are equal."""
    return tuple(map(repr, faults))
