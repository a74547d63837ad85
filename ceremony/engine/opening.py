"""How a sitting begins: its agenda, its script, and the record that is begun or gone on with."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from ceremony.core.before import Before
from ceremony.core.machine_rules import MACHINE_RULES, Machine, MachineCase
from ceremony.core.own_rules import OWN_RULES, OwnCase
from ceremony.core.plan import Keyholder, Plan, parse_plan
from ceremony.core.plan_after import check_after, kept_roster
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import Policy
from ceremony.core.project_rules import PROJECT_RULES, ProjectCase
from ceremony.core.projects import CLAIMS_SIZE_LIMIT, Project, decode_claims
from ceremony.core.signers import Signer, signers_of
from ceremony.core.sitting_rules import MOMENT_RULES, RESUME_RULES, MomentCase, ResumeCase
from ceremony.core.withdrawal import STANDING_RULES
from ceremony.engine.attest import check_again
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.disk import read_file
from ceremony.engine.own import read_own
from ceremony.engine.record import Record
from ceremony.engine.room import Room, Step
from ceremony.errors import TamperedError


@dataclass(frozen=True, slots=True)
class Agenda:
    """What one sitting is about: the plan's bytes (and its name, for problems), the bundle's folder, the policy.

    `export` is where the release goes, a folder that does not exist yet; None asks for it. `authorities` are folders
    of makers' certificates, `enrolments` folders of enrolments that were made elsewhere. `trusted` is where this
    machine has what it trusts itself: a root file, the release of the ceremony before, or a repository's metadata; None
    in an initial ceremony. `pinned` is a root file from which trust in that folder begins, None for its own first root.
    `responses` are files and folders of responses that came back from other places; `request`
    is where the request to them goes if signatures lack, a folder that does not exist yet; None asks for it. `claims`
    is the batch of projects that the plan names, None where it names none.
    """

    plan_text: bytes
    plan_name: str
    folder: Path
    policy: Policy
    export: Path | None = None
    authorities: tuple[Path, ...] = ()
    enrolments: tuple[Path, ...] = ()
    trusted: Path | None = None
    responses: tuple[Path, ...] = ()
    request: Path | None = None
    claims: Path | None = None
    pinned: Path | None = None


GATHER = Step("gather", "Take in responses")
"""The step in which signatures from other places are taken in; only a ceremony that is signed apart has it."""

SENT = "sent"
"""The action of the entry that tells that a request was sent to other places."""


def to_enrol(plan: Plan, before: Before | None = None) -> tuple[Keyholder, ...]:
    """Those of the plan's keyholders who do not keep a key that a ceremony before has put on record.

    A key that others made trusted is kept too, and its holder proves all the same that it is there.
    """
    return tuple(each for each in plan.keyholders if not each.keyid or (before and not before.holder_of(each.keyid)))


def script_of(bundle: Bundle) -> tuple[Step, ...]:
    """The steps of a sitting over this bundle, in order, as far as they are known before the roll call."""
    plan = bundle.plan
    return (
        Step("check", "Check the machine"),
        Step("roll", "Roll call"),
        *(Step(f"enrol {holder.name}", f"Enrol {holder.name}") for holder in to_enrol(plan, bundle.before)),
        Step("review", "Review"),
        *(Step(f"sign {each.id}", _sign_title(each)) for each in signers_of(plan, bundle.roster, bundle.before)),
        *((GATHER,) if any(each.action == SENT for each in bundle.transcript.entries) else ()),
        Step("seal", "Seal"),
        Step("export", "Export"),
    )


def _sign_title(signer: Signer) -> str:
    return f"{signer.id} signs a last time" if signer.leaves else f"{signer.holder.name} signs"


def open_record(room: Room, agenda: Agenda, purpose: str = "request", steps: tuple[Step, ...] = ()) -> Record:
    """The record of the bundle in the agenda's folder, begun if there is none; it keeps every rule for plan and moment.

    The bundle is of this purpose; `steps` are the script, if it is another than that of the plan. What is begun keeps
    every rule beside what it follows that can be judged before anybody makes a key.
    Raises: RefusedError; SettingsError; TamperedError; StorageError. A folder that did not exist still does not.
    """
    plan = parse_plan(agenda.plan_text, agenda.plan_name)
    PLAN_RULES.check(PlanCase(plan, agenda.policy))
    resumes = agenda.folder.exists()
    own = read_own(agenda.trusted, agenda.pinned) if agenda.trusted else None
    bundle = open_bundle(agenda.folder) if resumes else _begun(purpose, agenda, plan, own)
    RESUME_RULES.check(ResumeCase(bundle.purpose, bundle.plan_text, agenda.plan_text, purpose))
    STANDING_RULES.check(bundle.transcript)
    for each in bundle.roster.enrolments:
        check_again(each)
    OWN_RULES.check(OwnCase(plan.kind, own.trusted if own else None, bundle.before.trusted if bundle.before else None))
    if own is not None and plan.kind != "initial" and not resumes:
        check_after(plan, own, bundle.roster.projects)
    entries = bundle.transcript.entries
    MOMENT_RULES.check(MomentCase(plan, room.clock(), entries[-1].time if entries else None))
    record = Record(room, agenda.folder, bundle, steps or script_of(bundle))
    said = "The ceremony goes on from its bundle." if resumes else "The ceremony begins."
    record.note("resumed" if resumes else "began", said, inputs={"plan": sha256(agenda.plan_text).hexdigest()})
    return record


def _begun(purpose: str, agenda: Agenda, plan: Plan, own: Before | None) -> Bundle:
    """A bundle in which those who keep their keys are enrolled already, and the projects of the plan's batch are."""
    before = own if plan.kind != "initial" else None
    begun = Bundle(purpose, plan, agenda.plan_text, before=before)
    if purpose != "request":
        return begun
    kept = kept_roster(plan, before) if before else begun.roster
    projects = _projects(agenda, plan)
    PROJECT_RULES.check(ProjectCase(plan, projects, before))
    return replace(begun, roster=replace(kept, projects=projects))


def _projects(agenda: Agenda, plan: Plan) -> tuple[Project, ...]:
    """The batch that the agenda brings, none where it brings none.

    Raises: TamperedError; StorageError.
    """
    if agenda.claims is None:
        return ()
    where = agenda.claims.name
    repository, projects = decode_claims(read_file(agenda.claims, CLAIMS_SIZE_LIMIT), where)
    if repository != plan.repository:
        raise TamperedError(f"projects of {repository}, and not of {plan.repository}", where)
    return projects


def fit_machine(room: Room, record: Record) -> Machine:
    """This machine keeps every rule for machines; what was found.

    Raises: RefusedError.
    """
    machine = room.machine()
    MACHINE_RULES.check(MachineCase(machine, record.bundle.plan.is_rehearsal))
    return machine
