"""The record of one sitting: its bundle and its transcript, saved durably each time somebody is told something."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.roster import Roster
from ceremony.core.tally import tally
from ceremony.core.transcript import Entry
from ceremony.engine.bundle import Bundle, save
from ceremony.engine.questions import Confirm, Describe, Question
from ceremony.engine.room import Room, Scene, Step, Work
from ceremony.errors import CeremonyError, PausedError, RefusedError, StoppedError
from ceremony.explain import explain
from hsm import DeviceInfo
from hsm.errors import DeviceError

_Answer = TypeVar("_Answer")

_RESULTS: Mapping[type[CeremonyError | DeviceError], str] = MappingProxyType(
    {StoppedError: "stopped", PausedError: "paused"}
)


class Record:
    """What is on record, and the one way to add to it: saved first, told afterwards."""

    def __init__(self, room: Room, folder: Path, bundle: Bundle, steps: tuple[Step, ...]) -> None:
        self._room = room
        self._folder = folder
        self._steps = steps
        self._devices: tuple[DeviceInfo, ...] = ()
        self._work: Work | None = None
        self._standings = tally(bundle.files, bundle.quorums)
        self.bundle = bundle
        self.step = steps[0].id
        self.asked = 0

    def note(  # noqa: PLR0913  # an entry has that many fields
        self,
        action: str,
        note: str,
        *,
        person: str = "",
        result: str = "done",
        serial: str = "",
        inputs: Mapping[str, str] | None = None,
        outputs: Mapping[str, str] | None = None,
        roster: Roster | None = None,
        files: tuple[MetadataFile, ...] | None = None,
    ) -> None:
        """The entry is on record and told; `roster` and `files` are saved in the same stroke, where given.

        Raises: RefusedError (BUNDLE-FITS) for a record that is full; StorageError; then nothing changed.
        """
        now = self._room.clock()
        # What people type may hold halves of characters that no file can hold.
        said = note.encode(errors="replace").decode()
        entry = Entry(now, self.step, person, action, said, result, serial, inputs or {}, outputs or {})
        bundle = replace(
            self.bundle,
            transcript=self.bundle.transcript.add(entry),
            roster=self.bundle.roster if roster is None else roster,
            files=self.bundle.files if files is None else files,
        )
        save(bundle, self._folder)
        if bundle.files != self.bundle.files:
            self._standings = tally(bundle.files, bundle.quorums)
        self.bundle = bundle
        self._room.operator.tell(bundle.transcript.entries[-1])
        self.show()

    def trouble(self, error: CeremonyError | DeviceError, person: str = "") -> None:
        """The error is on record, in the words that people saw; a PIN is in none of them.

        Raises: what `note` raises.
        """
        result = _RESULTS.get(type(error), "refused")
        serial = error.serial if isinstance(error, DeviceError) else ""
        self.note(_name_of(error), _said(error), person=person, result=result, serial=serial)

    def troubles(self, errors: Iterable[CeremonyError], where: str) -> None:
        """The errors are on record; of many of one kind one entry tells how many `where` had, and what the first was.

        Raises: what `note` raises.
        """
        alike: dict[str, list[CeremonyError]] = {}
        for error in errors:
            alike.setdefault(_name_of(error), []).append(error)
        for name, (first, *more) in alike.items():
            if more:
                said = f"{len(more) + 1} files in {where} were refused alike. The first: {_said(first)}"
                self.note(name, said, result="refused")
            else:
                self.trouble(first)

    def insert(self, step: Step, before: str) -> None:
        """The script has this step too, right before the one of the id `before`; it has it once."""
        if not self.has(step.id):
            place = [each.id for each in self._steps].index(before)
            self._steps = (*self._steps[:place], step, *self._steps[place:])
            self.show()

    def has(self, step: str) -> bool:
        """True for the id of a step of the script."""
        return step in {each.id for each in self._steps}

    def begin(self, step: str) -> None:
        """The script stands at this step: those before it are done."""
        place = [each.id for each in self._steps].index(step)
        states = ("done",) * place + ("current",) + ("waiting",) * (len(self._steps) - place - 1)
        self._steps = tuple(replace(each, state=state) for each, state in zip(self._steps, states, strict=True))
        self.step = step
        self.show()

    def see(self, devices: tuple[DeviceInfo, ...]) -> None:
        """These devices are plugged in."""
        self._devices = devices

    def work(self, work: Work | None) -> None:
        """Something that takes a while has begun, or None: it is over."""
        self._work = work
        self.show()

    def ask(self, question: Question[_Answer]) -> _Answer:
        """Somebody's answer.

        Raises: GoBack; StoppedError.
        """
        self.asked += 1
        return self._room.operator.ask(question)

    def agree(self, question: Confirm) -> None:
        """Somebody said Yes. Every No is followed by a note of what was seen instead, and the question again.

        Raises: GoBack; StoppedError; StorageError.
        """
        while not self.ask(question):
            self.differ(question)

    def differ(self, question: Question[_Answer]) -> None:
        """What somebody saw instead of what was expected is on record, in their own words.

        Raises: GoBack; StoppedError; StorageError.
        """
        words = self.ask(
            Describe(
                step=question.step,
                person=question.person,
                title="What is different?",
                action="Type in one line what you see instead; an empty line makes no note.",
                expect=f"Expected was: {question.expect}",
                explain="A ceremony records every deviation: what was expected, what happened, that people went on. "
                "After this note the same question comes again; you can also stop there.",
            )
        )
        if words:
            self.note("deviation", f"expected: {question.expect} Seen: {words}", person=question.person)

    def show(self) -> None:
        """The front end has the scene as it is now."""
        bundle = self.bundle
        before = bundle.before.roster.enrolments if bundle.before else ()
        enrolments = bundle.roster.enrolments
        known = {each.keyid: each.keyholder for each in (*before, *enrolments)}
        self._room.operator.show(
            Scene(
                bundle.plan,
                self._steps,
                self._standings,
                tuple({**{each.keyid: each.name for each in bundle.plan.leaving}, **known}.items()),
                tuple(each.keyholder for each in enrolments),
                self._devices,
                self._work,
                bundle.transcript.entries,
            )
        )


def _name_of(error: CeremonyError | DeviceError) -> str:
    return error.rule if isinstance(error, RefusedError) else type(error).__name__.removesuffix("Error")


def _said(error: CeremonyError | DeviceError) -> str:
    explanation = explain(error)
    return " ".join(f"{explanation.title}. {explanation.detail}".split())
