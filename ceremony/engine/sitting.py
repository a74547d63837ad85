"""One sitting of a ceremony, as a straight line: it reads like the paper script that people hold in their hands."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from ceremony.core.draft import draft
from ceremony.core.machine_rules import MACHINE_RULES, Machine, MachineCase
from ceremony.core.plan import Keyholder, Plan, parse_plan
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import Policy
from ceremony.core.review import Reviewed, review
from ceremony.core.roster import Enrolment
from ceremony.core.seal import SealCase, Sealed, seal, signatures_own
from ceremony.core.sitting_rules import (
    KEYHOLDER_RULES,
    MOMENT_RULES,
    RESUME_RULES,
    WORDS_RULES,
    KeyholderCase,
    MomentCase,
    ResumeCase,
    WordsCase,
)
from ceremony.core.tally import merge
from ceremony.core.words import words_of
from ceremony.engine import ask
from ceremony.engine.bundle import Bundle, bundle_digest, held, open_bundle, pack, settle
from ceremony.engine.enrol import enrol
from ceremony.engine.hands import Hands, hands
from ceremony.engine.questions import GoBack
from ceremony.engine.record import Record
from ceremony.engine.rehearsal import follow_root, workspace
from ceremony.engine.report import minutes
from ceremony.engine.room import Room, Step, Work
from ceremony.engine.sign import sign
from ceremony.errors import CeremonyError, RefusedError, StoppedError, StorageError
from hsm.errors import DeviceError


@dataclass(frozen=True, slots=True)
class Agenda:
    """What one sitting is about: the plan's bytes (and its name, for problems), the bundle's folder, the policy.

    `export` is where the release goes, a folder that does not exist yet; None asks for it.
    """

    plan_text: bytes
    plan_name: str
    folder: Path
    policy: Policy
    export: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a sitting ended: its bundle's folder, the release, and the release itself."""

    folder: Path
    release: Path
    bundle: Bundle


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


def sit(room: Room, agenda: Agenda) -> Outcome:
    """The ceremony is complete and its release stands at `Outcome.release`.

    A bundle that exists is resumed. Whatever ends the sitting earlier, every signature made so far is in the bundle.
    Raises: StoppedError; RefusedError; TamperedError; SettingsError; StorageError; RehearsalError; DeviceError.
    """
    with held(agenda.folder):
        settle(agenda.folder)
        record = open_record(room, agenda)
        with hands(room, record) as devices:
            sitting = Sitting(room, agenda, record, devices)
            try:
                return sitting.walk()
            except (CeremonyError, DeviceError) as error:
                record.trouble(error)
                raise


def open_record(room: Room, agenda: Agenda) -> Record:
    """The record of the bundle in the agenda's folder, begun if there is none; it keeps every rule for plan and moment.

    Raises: RefusedError; SettingsError; TamperedError; StorageError. A folder that did not exist still does not.
    """
    plan = parse_plan(agenda.plan_text, agenda.plan_name)
    PLAN_RULES.check(PlanCase(plan, agenda.policy))
    resumes = agenda.folder.exists()
    bundle = open_bundle(agenda.folder) if resumes else Bundle("request", plan, agenda.plan_text)
    RESUME_RULES.check(ResumeCase(bundle.purpose, bundle.plan_text, agenda.plan_text))
    entries = bundle.transcript.entries
    MOMENT_RULES.check(MomentCase(plan, room.clock(), entries[-1].time if entries else None))
    record = Record(room, agenda.folder, bundle, script_of(plan))
    said = "The ceremony goes on from its bundle." if resumes else "The ceremony begins."
    record.note("resumed" if resumes else "began", said, inputs={"plan": sha256(agenda.plan_text).hexdigest()})
    return record


class Sitting:
    """The people, the record and the script of one sitting."""

    def __init__(self, room: Room, agenda: Agenda, record: Record, devices: Hands) -> None:
        self._room = room
        self._agenda = agenda
        self._record = record
        self._devices = devices
        self._present: tuple[str, ...] = ()
        self._reviewed: Reviewed | None = None
        self._sealed: Sealed | None = None
        self._release: Outcome | None = None
        self._came_back = False

    def walk(self) -> Outcome:
        """Every step of the script was taken, in order; going back takes the step before once more.

        Raises: what the steps raise.
        """
        steps = self._steps()
        place = 0
        while place < len(steps):
            name, act = steps[place]
            self._record.begin(name)
            asked = self._record.asked
            try:
                act()
            except GoBack:
                self._came_back = True
            else:
                # Going back passes over steps that have nothing to ask any more.
                self._came_back = self._came_back and self._record.asked == asked and place > 0
            place = max(0, place - 1) if self._came_back else place + 1
        return self._outcome()

    def _steps(self) -> list[tuple[str, Callable[[], None]]]:
        plan = self._record.bundle.plan
        return [
            ("check", self._check),
            ("roll", self._roll_call),
            *((f"enrol {each.name}", lambda each=each: self._enrol(each)) for each in plan.keyholders),
            ("review", self._review),
            *((f"sign {each.name}", lambda each=each: self._sign(each)) for each in plan.keyholders),
            ("seal", self._seal),
            ("export", self._export),
        ]

    def _check(self) -> None:
        machine = _fit_machine(self._room, self._record)
        self._record.agree(ask.clock(self._record.step, self._room.clock(), machine))
        self._record.note("checked", "The clock agrees with a clock on the wall.")

    def _roll_call(self) -> None:
        plan = self._record.bundle.plan
        question = ask.roll_call(self._record.step, plan)
        present = self._record.ask(question)
        while not present:
            self._record.differ(question)
            present = self._record.ask(question)
        self._present = present
        self._record.note("roll call", f"Present: {', '.join(present)}.")

    def _enrol(self, holder: Keyholder) -> None:
        if holder.name in self._present:
            enrol(self._record, self._devices, holder, came_back=self._came_back)

    def _review(self) -> None:
        bundle = self._record.bundle
        drafted = draft(bundle.plan, bundle.roster)
        reviewed = review(drafted, self._agenda.policy)
        files = drafted.files
        if bundle.files:
            files = tuple(merge(new, old) for new, old in zip(files, bundle.files, strict=True))
        signatures_own.check(SealCase(reviewed, files))
        digests = {each.name: sha256(each.payload).hexdigest() for each in files}
        self._record.note("drafted", "Root, targets and bins are drafted.", outputs=digests, files=files)
        self._confirm_review(reviewed)
        self._reviewed = reviewed

    def _confirm_review(self, reviewed: Reviewed) -> None:
        place, _words = reviewed.fingerprint.pair(ask.ROOM_PAIR)
        trouble: RefusedError | None = None
        while True:
            question = ask.review_page(self._record.step, reviewed, place, trouble)
            typed = self._record.ask(question)
            if not typed:
                self._record.differ(question)
                continue
            try:
                WORDS_RULES.check(WordsCase(reviewed.fingerprint, place, typed))
            except RefusedError as error:
                self._record.trouble(error)
                trouble = error
            else:
                fingerprint = {"fingerprint": reviewed.fingerprint.digest.hex()}
                said = "The review is agreed: its fingerprint was read aloud and two of its words were typed."
                self._record.note("reviewed", said, outputs=fingerprint)
                return

    def _sign(self, holder: Keyholder) -> None:
        if holder.name in self._present and self._reviewed is not None:
            # Hours after the first look: somebody may have plugged in a cable, or set the clock.
            _fit_machine(self._room, self._record)
            now = self._room.clock()
            MOMENT_RULES.check(
                MomentCase(self._record.bundle.plan, now, self._record.bundle.transcript.entries[-1].time)
            )
            sign(self._record, self._devices, holder, self._reviewed)

    def _seal(self) -> None:
        if self._reviewed is None:
            raise GoBack
        sealed = seal(self._reviewed, self._record.bundle.files)
        digests = {each.name: sha256(each.encode()).hexdigest() for each in sealed.files}
        self._record.note("sealed", "Every role has the signatures it needs; nothing else was signed.", outputs=digests)
        self._record.work(Work("Showing the sealed root to a real client"))
        try:
            with workspace() as cache:
                follow_root(sealed, cache)
        finally:
            self._record.work(None)
        self._record.note("rehearsed", "A real client, given root 1 alone, trusts it.")
        self._sealed = sealed

    def _export(self) -> None:
        if self._sealed is None:
            raise GoBack
        path = self._agenda.export
        trouble: StorageError | None = None
        while self._release is None:
            chosen = path or self._record.ask(ask.place(self._record.step, self._record.bundle.plan, trouble))
            if chosen is None:
                raise GoBack
            try:
                self._release = self._pack(self._sealed, chosen)
            except StorageError as error:
                if path is not None:
                    raise
                self._record.trouble(error)
                trouble = error

    def _pack(self, sealed: Sealed, path: Path) -> Outcome:
        self._record.note("export", f"The release goes to {path.name}.")
        bundle = replace(self._record.bundle, purpose="release", files=sealed.files)
        release = replace(bundle, minutes=minutes(bundle))
        pack(release, path)
        digest = bundle_digest(release)
        words = " ".join(words_of(digest)[:8])
        said = f"The release was written, read back and found whole. The first words of its manifest: {words}."
        self._record.note("exported", said, outputs={"manifest.json": digest.hex()})
        return Outcome(self._agenda.folder, path, release)

    def _outcome(self) -> Outcome:
        if self._release is None:
            raise TypeError("a walk ends with a release")
        return self._release


def enrol_alone(room: Room, agenda: Agenda, name: str) -> Enrolment:
    """The keyholder of this name is enrolled in the bundle of the agenda, away from the others.

    Raises: RefusedError (KEYHOLDER-PLANNED) if the plan knows no such keyholder; else what `sit` raises.
    """
    with held(agenda.folder):
        settle(agenda.folder)
        plan = parse_plan(agenda.plan_text, agenda.plan_name)
        KEYHOLDER_RULES.check(KeyholderCase(plan, name))
        record = open_record(room, agenda)
        record.begin(f"enrol {name}")
        with hands(room, record) as devices:
            holder = next(each for each in plan.keyholders if each.name == name)
            try:
                _fit_machine(room, record)
                enrol(record, devices, holder, came_back=True)
            except GoBack:
                raise StoppedError(name, record.step) from None
            except (CeremonyError, DeviceError) as error:
                record.trouble(error)
                raise
    return next(each for each in record.bundle.roster.enrolments if each.keyholder == name)


def _fit_machine(room: Room, record: Record) -> Machine:
    machine = room.machine()
    MACHINE_RULES.check(MachineCase(machine, record.bundle.plan.is_rehearsal))
    return machine
