"""Enrolment away from the room: one keyholder, one device, and a bundle that the ceremony takes in later."""

from ceremony.core.plan import parse_plan
from ceremony.core.roster import Enrolment
from ceremony.core.sitting_rules import KEYHOLDER_RULES, KeyholderCase
from ceremony.engine.bundle import held, settle
from ceremony.engine.enrol import enrol
from ceremony.engine.hands import hands
from ceremony.engine.opening import Agenda, fit_machine, open_record
from ceremony.engine.questions import GoBack
from ceremony.engine.room import Room, Step
from ceremony.errors import CeremonyError, StoppedError
from hsm.errors import DeviceError


def enrol_alone(room: Room, agenda: Agenda, name: str) -> Enrolment:
    """The keyholder of this name is enrolled away from the others: an enrolment bundle stands in the agenda's folder.

    Raises: RefusedError (KEYHOLDER-PLANNED) if the plan knows no such keyholder; else what `sit` raises.
    """
    plan = parse_plan(agenda.plan_text, agenda.plan_name)
    KEYHOLDER_RULES.check(KeyholderCase(plan, name))
    holder = next(each for each in plan.keyholders if each.name == name)
    step = Step(f"enrol {name}", f"Enrol {name}")
    with held(agenda.folder):
        settle(agenda.folder)
        record = open_record(room, agenda, "enrolment", (step,))
        record.begin(step.id)
        with hands(room, record) as devices:
            try:
                fit_machine(room, record)
                enrol(record, devices, holder, came_back=True, authorities=agenda.authorities)
            except GoBack:
                raise StoppedError(name, record.step) from None
            except (CeremonyError, DeviceError) as error:
                record.trouble(error)
                raise
    return next(each for each in record.bundle.roster.enrolments if each.keyholder == name)
