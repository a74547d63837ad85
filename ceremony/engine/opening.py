"""How a sitting begins: its agenda, its script, and the record that is begun or gone on with."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ceremony.core.machine_rules import MACHINE_RULES, Machine, MachineCase
from ceremony.core.plan import Plan, parse_plan
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import Policy
from ceremony.core.sitting_rules import MOMENT_RULES, RESUME_RULES, MomentCase, ResumeCase
from ceremony.engine.attest import check_again
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.record import Record
from ceremony.engine.room import Room, Step


@dataclass(frozen=True, slots=True)
class Agenda:
    """What one sitting is about: the plan's bytes (and its name, for problems), the bundle's folder, the policy.

    `export` is where the release goes, a folder that does not exist yet; None asks for it. `authorities` are folders
    of makers' certificates, `enrolments` folders of enrolments that were made elsewhere.
    """

    plan_text: bytes
    plan_name: str
    folder: Path
    policy: Policy
    export: Path | None = None
    authorities: tuple[Path, ...] = ()
    enrolments: tuple[Path, ...] = ()


def script_of(plan: Plan) -> tuple[Step, ...]:
    """The steps of a sitting under this plan, in order."""
    return (
        Step("check", "Check the machine"),
        Step("roll", "Roll call"),
        *(Step(f"enrol {holder.name}", f"Enrol {holder.name}") for holder in plan.keyholders),
        Step("review", "Review"),
        *(Step(f"sign {holder.name}", f"{holder.name} signs") for holder in plan.keyholders),
        Step("seal", "Seal"),
        Step("export", "Export"),
    )


def open_record(room: Room, agenda: Agenda, purpose: str = "request", steps: tuple[Step, ...] = ()) -> Record:
    """The record of the bundle in the agenda's folder, begun if there is none; it keeps every rule for plan and moment.

    The bundle is of this purpose; `steps` are the script, if it is another than that of the plan.
    Raises: RefusedError; SettingsError; TamperedError; StorageError. A folder that did not exist still does not.
    """
    plan = parse_plan(agenda.plan_text, agenda.plan_name)
    PLAN_RULES.check(PlanCase(plan, agenda.policy))
    resumes = agenda.folder.exists()
    bundle = open_bundle(agenda.folder) if resumes else Bundle(purpose, plan, agenda.plan_text)
    RESUME_RULES.check(ResumeCase(bundle.purpose, bundle.plan_text, agenda.plan_text, purpose))
    for each in bundle.roster.enrolments:
        check_again(each)
    entries = bundle.transcript.entries
    MOMENT_RULES.check(MomentCase(plan, room.clock(), entries[-1].time if entries else None))
    record = Record(room, agenda.folder, bundle, steps or script_of(plan))
    said = "The ceremony goes on from its bundle." if resumes else "The ceremony begins."
    record.note("resumed" if resumes else "began", said, inputs={"plan": sha256(agenda.plan_text).hexdigest()})
    return record


def fit_machine(room: Room, record: Record) -> Machine:
    """This machine keeps every rule for machines; what was found.

    Raises: RefusedError.
    """
    machine = room.machine()
    MACHINE_RULES.check(MachineCase(machine, record.bundle.plan.is_rehearsal))
    return machine
