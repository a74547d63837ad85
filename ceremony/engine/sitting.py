"""One sitting of a ceremony, as a straight line: it reads like the paper script that people hold in their hands."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from ceremony.core.changes import Change
from ceremony.core.draft import draft
from ceremony.core.plan import Keyholder
from ceremony.core.review import Reviewed, review
from ceremony.core.seal import SealCase, Sealed, seal, signatures_own
from ceremony.core.signers import Signer, signers_of
from ceremony.core.sitting_rules import (
    MOMENT_RULES,
    WORDS_RULES,
    MomentCase,
    WordsCase,
)
from ceremony.core.tally import merge
from ceremony.core.words import words_of
from ceremony.engine import ask
from ceremony.engine.apart import gather_or_pause, is_awaited, is_complete
from ceremony.engine.bundle import Bundle, bundle_digest, held, pack, settle
from ceremony.engine.enrol import enrol
from ceremony.engine.hands import Hands, hands
from ceremony.engine.opening import GATHER, Agenda, fit_machine, open_record, to_enrol
from ceremony.engine.questions import GoBack
from ceremony.engine.record import Record
from ceremony.engine.rehearsal import follow_root, workspace
from ceremony.engine.report import minutes
from ceremony.engine.roll_call import ROLL_CALL, names_called
from ceremony.engine.room import Room, Work
from ceremony.engine.sign import sign
from ceremony.engine.taken import take_in
from ceremony.errors import CeremonyError, RefusedError, StorageError
from hsm.errors import DeviceError


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a sitting ended: its bundle's folder, the release, and the release itself."""

    folder: Path
    release: Path
    bundle: Bundle


def sit(room: Room, agenda: Agenda) -> Outcome:
    """The ceremony is complete and its release stands at `Outcome.release`.

    A bundle that exists is resumed. Whatever ends the sitting earlier, every signature made so far is in the bundle.
    Raises: PausedError while signatures from other places are awaited; StoppedError; RefusedError; TamperedError;
    SettingsError; StorageError; RehearsalError; DeviceError.
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
        place = 0
        # The roll call may add a step, after those that have been taken.
        while place < len(steps := self._steps()):
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
        enrolling = to_enrol(self._record.bundle.plan, self._record.bundle.before)
        return [
            ("check", self._check),
            ("roll", self._roll_call),
            *((f"enrol {each.name}", lambda each=each: self._enrol(each)) for each in enrolling),
            ("review", self._review),
            *((f"sign {each.id}", lambda name=each.id: self._sign(name)) for each in self._signers()),
            *([(GATHER.id, self._gather)] if self._record.has(GATHER.id) else []),
            ("seal", self._seal),
            ("export", self._export),
        ]

    def _signers(self) -> tuple[Signer, ...]:
        bundle = self._record.bundle
        return signers_of(bundle.plan, bundle.roster, bundle.before)

    def _check(self) -> None:
        machine = fit_machine(self._room, self._record)
        self._record.agree(ask.clock(self._record.step, self._room.clock(), machine))
        self._record.note("checked", "The clock agrees with a clock on the wall.")

    def _roll_call(self) -> None:
        plan = self._record.bundle.plan
        question = ask.roll_call(self._record.step, plan, self._signers())
        present = self._record.ask(question)
        while not present:
            self._record.differ(question)
            present = self._record.ask(question)
        self._present = present
        self._record.note(ROLL_CALL, f"Present: {', '.join(present)}.", person=names_called(present))
        self._expect_responses()

    def _expect_responses(self) -> None:
        """The script has a step for them if some came back already, or if somebody who has not signed is not here."""
        bundle, present = self._record.bundle, self._present
        away = any(is_awaited(bundle, each) for each in self._signers() if each.holder.name not in present)
        if away or self._agenda.responses:
            self._record.insert(GATHER, "seal")

    def _enrol(self, holder: Keyholder) -> None:
        is_here = holder.name in self._present
        take_in(self._record, self._room, holder, self._agenda.enrolments, is_here=is_here)
        if is_here:
            authorities = self._agenda.authorities
            enrol(self._record, self._devices, holder, came_back=self._came_back, authorities=authorities)

    def _review(self) -> None:
        bundle = self._record.bundle
        drafted = draft(bundle.plan, bundle.roster, bundle.before)
        reviewed = review(drafted, self._agenda.policy)
        files = drafted.files
        if bundle.files:
            files = tuple(merge(new, old) for new, old in zip(files, bundle.files, strict=True))
        signatures_own.check(SealCase(reviewed, files))
        digests = {each.name: sha256(each.payload).hexdigest() for each in files}
        self._record.note("drafted", f"Drafted: {', '.join(digests)}.", outputs=digests, files=files)
        self._confirm_review(reviewed)
        self._reviewed = reviewed

    def _confirm_review(self, reviewed: Reviewed) -> None:
        place, _words = reviewed.fingerprint.pair(ask.ROOM_PAIR)
        trouble: RefusedError | None = None
        while True:
            question = ask.review_page(self._record.step, reviewed, place, trouble, self._cautions(reviewed))
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

    def _cautions(self, _reviewed: Reviewed) -> tuple[Change, ...]:
        """What this machine cannot tell of the change; nothing where the ceremony is held."""
        return ()

    def _sign(self, name: str) -> None:
        signer = next(each for each in self._signers() if each.id == name)
        if signer.holder.name in self._present and self._reviewed is not None:
            # Hours after the first look: somebody may have plugged in a cable, or set the clock.
            fit_machine(self._room, self._record)
            now = self._room.clock()
            MOMENT_RULES.check(
                MomentCase(self._record.bundle.plan, now, self._record.bundle.transcript.entries[-1].time)
            )
            sign(self._record, self._devices, signer, self._reviewed)

    def _gather(self) -> None:
        if self._reviewed is None:
            raise GoBack
        gather_or_pause(self._record, self._room, self._reviewed, self._agenda)

    def _seal(self) -> None:
        if self._reviewed is None:
            raise GoBack
        if not is_complete(self._record.bundle):
            # Everybody is here, and somebody's device is not.
            self._gather()
        sealed = seal(self._reviewed, self._record.bundle.files)
        digests = {each.name: sha256(each.encode()).hexdigest() for each in sealed.files}
        self._record.note("sealed", "Every role has the signatures it needs; nothing else was signed.", outputs=digests)
        self._record.work(Work("Showing the sealed root to a real client"))
        try:
            with workspace() as cache:
                follow_root(sealed, cache)
        finally:
            self._record.work(None)
        self._record.note("rehearsed", "A real client goes from every root that clients may hold to this one.")
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
