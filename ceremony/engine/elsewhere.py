"""A sitting at another place: a request is reviewed on that place's own machine, signed, and a response goes back."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ceremony.core.before import Before
from ceremony.core.changes import Change
from ceremony.core.policy import Policy
from ceremony.core.response import GivenSignature, Request, Response, given, request_of, response_to
from ceremony.core.response_rules import ResponseCase, response_signed
from ceremony.core.review import Reviewed
from ceremony.core.sitting_rules import MOMENT_RULES, RESUME_RULES, MomentCase, ResumeCase
from ceremony.core.withdrawal import STANDING_RULES, withdrawal
from ceremony.core.words import words_of
from ceremony.engine.bundle import Bundle, bundle_digest, held, open_bundle, settle
from ceremony.engine.called import by_voice, unseen_caution
from ceremony.engine.carried import judge
from ceremony.engine.hands import Hands, hands
from ceremony.engine.media import suggested_place, writable_places
from ceremony.engine.opening import Agenda, script_of
from ceremony.engine.own import read_own
from ceremony.engine.questions import ChoosePlace, GoBack
from ceremony.engine.record import Record
from ceremony.engine.response_files import write_response
from ceremony.engine.room import Room, Step
from ceremony.engine.sitting import Outcome, Sitting
from ceremony.engine.withdraw import pass_on
from ceremony.errors import CeremonyError, StorageError
from hsm.errors import DeviceError

_NAME_LETTERS = 80
_UNFIT = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Answered:
    """How a sitting at another place ended: its own copy of the request, and what goes back.

    `place` is the folder of the response and of the transcript up to it; `request` is what was answered, for a QR code.
    """

    folder: Path
    place: Path
    response: Response
    request: Request


def agenda_for(
    request: Path, folder: Path, policy: Policy, trusted: Path | None = None, export: Path | None = None
) -> Agenda:
    """The agenda of a sitting over the request at `request`, whose copy is kept in `folder`, with the plan it brings.

    `export` is where the response goes, a folder that does not exist yet; None asks for it.
    Raises: TamperedError; SettingsError; StorageError.
    """
    return Agenda(open_bundle(request).plan_text, "plan.toml", folder, policy, export, trusted=trusted)


def sign_elsewhere(room: Room, agenda: Agenda, request: Path, scanned: str = "") -> Answered:
    """The keyholders who are here have signed what the request asks for, and the response stands in a new folder.

    The request is judged by what this machine trusts itself, and drafted again. A copy in the agenda's folder is gone
    on with; signatures made so far are in it, whatever ends the sitting. `scanned` is what a scanner typed of the code
    that the others show, "" for nothing.
    Raises: what `sit` raises.
    """
    with held(agenda.folder):
        settle(agenda.folder)
        carried = open_bundle(request)
        own = read_own(agenda.trusted, agenda.pinned) if agenda.trusted else None
        record = _opened(room, agenda, carried, own, scanned)
        with hands(room, record) as devices:
            sitting = _Elsewhere(room, agenda, record, devices, _Received(carried, own, is_scanned=bool(scanned)))
            try:
                sitting.walk()
                return sitting.answered()
            except (CeremonyError, DeviceError) as error:
                record.trouble(error)
                raise


def _opened(room: Room, agenda: Agenda, carried: Bundle, own: Before | None, scanned: str) -> Record:
    """The record of this place's copy, begun if there is none.

    Raises: RefusedError; StoppedError; TamperedError; SettingsError; StorageError. A folder that did not exist still
    does not.
    """
    begun = open_bundle(agenda.folder) if agenda.folder.exists() else None
    copies = (carried, begun) if begun else (carried,)
    for each in copies:
        RESUME_RULES.check(ResumeCase(each.purpose, each.plan_text, agenda.plan_text))
    for each in copies:
        judge(each, own, agenda.policy, begun, scanned)
    entry = withdrawal(carried.transcript)
    if entry is not None and begun is not None:
        # Whoever had the stick can have written the mark: it is believed once it is judged, and somebody confirms it.
        pass_on(room, agenda.folder, begun, entry)
    for each in copies:
        STANDING_RULES.check(each.transcript)
    bundle = begun or carried
    MOMENT_RULES.check(MomentCase(bundle.plan, room.clock(), bundle.transcript.entries[-1].time))
    record = Record(room, agenda.folder, bundle, _script(bundle))
    inputs = {"plan": sha256(agenda.plan_text).hexdigest(), "manifest.json": bundle_digest(carried).hex()}
    said = "The sitting goes on from its copy of the request." if begun else "A request came from another place."
    compared = " Its fingerprint is that of the code that was scanned." if scanned else ""
    record.note("resumed" if begun else "received", f"{said} {_anchor(own)}{compared}", inputs=inputs)
    return record


def _anchor(own: Before | None) -> str:
    if own is None:
        return "This machine trusts no root: the words compared by voice are all that vouches for it."
    root = own.trusted.root
    words = " ".join(words_of(sha256(root.payload).digest())[:4])
    return f"It goes back to {root.name}, which this machine trusts itself ({words} ...)."


def _script(bundle: Bundle) -> tuple[Step, ...]:
    return (
        Step("check", "Check the machine"),
        Step("roll", "Roll call"),
        Step("review", "Review"),
        *(step for step in script_of(bundle) if step.id.startswith("sign ")),
        Step("respond", "Respond"),
    )


@dataclass(frozen=True, slots=True)
class _Received:
    """A request as it came, what this machine trusts itself, and whether the request's code was scanned."""

    bundle: Bundle
    own: Before | None
    is_scanned: bool


class _Elsewhere(Sitting):
    """A sitting that ends with a response instead of a release."""

    def __init__(self, room: Room, agenda: Agenda, record: Record, devices: Hands, received: _Received) -> None:
        super().__init__(room, agenda, record, devices)
        self._received = received
        self._answered: Answered | None = None

    def answered(self) -> Answered:
        if self._answered is None:
            raise TypeError("a walk ends with a response")
        return self._answered

    def _steps(self) -> list[tuple[str, Callable[[], None]]]:
        kept = ("check", "roll", "review")
        steps = super()._steps()
        return [each for each in steps if each[0] in kept or each[0].startswith("sign ")] + [("respond", self._respond)]

    def _expect_responses(self) -> None:
        """Nothing comes back to this place."""

    def _confirm_review(self, reviewed: Reviewed) -> None:
        cautions = self._cautions(reviewed)
        # A code tells what was reviewed at the other place; where this machine knows too little, only people can.
        if not self._received.is_scanned or cautions or reviewed.draft.before is None:
            for each in cautions:
                self._record.note("unseen", each.sentence)
            self._record.agree(by_voice(self._record.step, reviewed))
            self._record.note("called", "Those who sent the request read its fingerprint by voice, for all to compare.")
        super()._confirm_review(reviewed)

    def _cautions(self, reviewed: Reviewed) -> tuple[Change, ...]:
        own, before = self._received.own, reviewed.draft.before
        if before is None:
            return ()
        return tuple(unseen_caution(own.trusted if own else None, before.trusted, reviewed.draft.files))

    def _respond(self) -> None:
        if self._reviewed is None:
            raise GoBack
        request = request_of(self._reviewed)
        signatures = given(self._record.bundle.files, self._received.bundle.files)
        response_signed.check(ResponseCase(response_to(request, signatures, ""), request))
        trouble: StorageError | None = None
        while self._answered is None:
            stem = f"{request.ceremony}-{self._names(signatures)}"
            chosen = self._agenda.export or self._record.ask(_place(self._record.step, stem, trouble))
            if chosen is None:
                raise GoBack
            try:
                self._answered = self._write(request, signatures, stem, chosen)
            except StorageError as error:
                if self._agenda.export is not None:
                    raise
                self._record.trouble(error)
                trouble = error

    def _write(self, request: Request, signatures: tuple[GivenSignature, ...], stem: str, path: Path) -> Answered:
        self._record.note("respond", f"The response goes to {path.name}.")
        transcript = self._record.bundle.transcript
        response = response_to(request, signatures, transcript.head)
        digest = sha256(write_response(path, stem, response, transcript))
        words = " ".join(words_of(digest.digest())[:4])
        said = f"The response was written, read back and found whole. Its first words: {words}."
        self._record.note("responded", said, outputs={"response": digest.hexdigest()})
        return Answered(self._agenda.folder, path, response, request)

    def _names(self, signatures: tuple[GivenSignature, ...]) -> str:
        keyids = {each.keyid for each in signatures}
        signers = (each for each in self._signers() if each.enrolment and each.enrolment.keyid in keyids)
        names = [_UNFIT.sub("-", each.holder.name.casefold()).strip("-") or "keyholder" for each in signers]
        joined = "-".join(dict.fromkeys(names))
        return joined if len(joined) <= _NAME_LETTERS else f"{len(names)}-keyholders"

    def _outcome(self) -> Outcome:
        return Outcome(self._agenda.folder, self.answered().place, self._record.bundle)


def _place(step: str, stem: str, trouble: CeremonyError | None) -> ChoosePlace:
    places = writable_places()
    return ChoosePlace(
        step=step,
        person="the operator",
        title="Respond",
        action="Choose where the response is written: plug in the stick and choose it, or type a new folder's path.",
        expect="The stick is the one labelled for the way back.",
        explain="The response holds the signatures that were made here and nothing that was signed; beside it lies the "
        "transcript of this sitting. Nothing in either is secret. The others verify each signature over their own "
        "bytes, and can take the response in as often as they like.",
        trouble=trouble,
        places=places,
        suggested=suggested_place(places, stem, "response"),
    )
