"""What a sitting runs: the engine's act for it, in a room that is this machine."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ceremony.engine.elsewhere import sign_elsewhere
from ceremony.engine.enrol_alone import enrol_alone
from ceremony.engine.opening import Agenda
from ceremony.engine.room import Operator, Room
from ceremony.engine.sight import Sight
from ceremony.engine.sitting import sit
from ceremony.engine.withdraw import withdraw
from ceremony.tui.desk import Desk
from ceremony.tui.found_here import bundles_in
from ceremony.tui.screen_operator import ScreenOperator
from ceremony.tui.wishes import Result, Sitting

Engine = Callable[[Operator], Result]
"""One sitting, or what stands for one, given who answers."""


def engine_for(desk: Desk, sitting: Sitting) -> Engine:
    """What this sitting does at this desk."""
    sight = Sight(lambda: desk.look(sitting.devices))
    agenda = agenda_of(desk, sitting)

    def run(operator: Operator) -> Result:
        room = Room(operator, sight.devices, desk.clock, desk.machine, desk.sticks, sight.faults)
        if sitting.withdraws:
            return withdraw(room, sitting.folder)
        if sitting.alone:
            return enrol_alone(room, agenda, sitting.alone)
        if sitting.request is not None:
            return sign_elsewhere(room, agenda, sitting.request, sitting.scanned)
        return sit(room, replace(agenda, enrolments=_beside(sitting.folder)))

    return run


def agenda_of(desk: Desk, sitting: Sitting) -> Agenda:
    """The agenda of this sitting at this desk."""
    return Agenda(
        sitting.plan_text,
        sitting.plan_name,
        sitting.folder,
        desk.policy,
        authorities=desk.authorities,
        trusted=sitting.trusted,
        claims=sitting.claims,
        pinned=sitting.pinned,
    )


def room_without_people(desk: Desk) -> Room:
    """A room for acts that ask nobody and need no device; a question there would end the act."""
    return Room(ScreenOperator(lambda _message: False), tuple, desk.clock, desk.machine, desk.sticks)


def _beside(folder: Path) -> tuple[Path, ...]:
    """The bundles that lie beside this one: what was enrolled elsewhere may be among them."""
    return tuple(each for each in bundles_in(folder.parent) if each != folder and each.parent == folder.parent)
