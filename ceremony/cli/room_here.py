"""The room at this plain terminal: its operator, the devices that are plugged in, the desk's clock."""

from pathlib import Path

from ceremony.cli.console_operator import ConsoleOperator
from ceremony.cli.desk import Desk
from ceremony.engine.room import Room
from ceremony.engine.sight import Sight
from ceremony.errors import TerminalError


def room_here(desk: Desk, devices: Path | None = None) -> Room:
    """The room, with the software devices of this folder, if any; who is told something reads it on the desk."""
    sight = Sight(lambda: desk.look(devices))
    return Room(ConsoleOperator(desk.out, desk.terminal), sight.devices, desk.clock, faults=sight.faults)


def manned_room(desk: Desk, devices: Path | None = None) -> Room:
    """The same, with somebody at the terminal who can be asked.

    Raises: TerminalError, before anything is begun: a bundle that nobody can go on with helps nobody.
    """
    if not desk.terminal.is_there():
        raise TerminalError(0, 0)
    return room_here(desk, devices)
