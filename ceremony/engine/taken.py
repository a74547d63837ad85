"""Enrolments made away from the room: found on sticks, checked as a stranger would, and taken into the ceremony."""

from pathlib import Path

from ceremony.core.plan import Keyholder
from ceremony.core.roster import Enrolment
from ceremony.core.sitting_rules import DEVICE_RULES, TAKEN_RULES, DeviceCase, TakenCase
from ceremony.engine.attest import check_enrolment, check_rules
from ceremony.engine.bundle import Bundle, bundle_digest, open_bundle
from ceremony.engine.questions import TakeEnrolment
from ceremony.engine.record import Record
from ceremony.engine.recorded import check_recorded
from ceremony.engine.room import Room
from ceremony.errors import CeremonyError


def take_in(record: Record, room: Room, holder: Keyholder, named: tuple[Path, ...], *, is_here: bool) -> None:
    """The keyholder is enrolled by a bundle that was made elsewhere, if there is one and people want it.

    It is looked for on sticks, and in the folders `named` beforehand. Whoever is here and has none is not asked.
    Raises: GoBack; StoppedError; StorageError.
    """
    trouble: CeremonyError | None = None
    while record.bundle.roster.of(holder.name) is None:
        places = _places(record, holder, (*named, *(each for stick in room.sticks() for each in _folders(stick))))
        if is_here and not places:
            return
        path = record.ask(_question(record, holder, places, trouble, is_here=is_here))
        if path is None:
            return
        try:
            bundle = open_bundle(path)
            enrolment = _checked(record, holder, bundle)
        except CeremonyError as error:
            record.trouble(error, holder.name)
            trouble = error
        else:
            _enter(record, bundle, enrolment)


def _checked(record: Record, holder: Keyholder, bundle: Bundle) -> Enrolment:
    """The one enrolment of this bundle, every rule kept.

    Raises: RefusedError; TamperedError.
    """
    here = record.bundle
    names = tuple(each.keyholder for each in bundle.roster.enrolments)
    attestations = [each.attestation for each in bundle.roster.enrolments]
    TAKEN_RULES.check(
        TakenCase(
            bundle.plan_text,
            here.plan_text,
            holder.name,
            names,
            bundle.purpose,
            is_rehearsal=here.plan.is_rehearsal,
            is_attested=all(each is not None and each.maker for each in attestations),
            exception=holder.attestation_exception,
        )
    )
    check_recorded(bundle)
    (found,) = bundle.roster.enrolments
    check_enrolment(here.plan, found, here.before)
    DEVICE_RULES.check(
        DeviceCase(
            holder,
            here.roster,
            found.driver,
            found.serial,
            here.plan.is_rehearsal,
            label=found.label,
            maker=found.maker,
            model=found.model,
        )
    )
    check_rules(here, holder, found)
    return found


def _enter(record: Record, bundle: Bundle, enrolment: Enrolment) -> None:
    record.note(
        "took in",
        f"The enrolment of {enrolment.keyholder}, made elsewhere, is taken in: key {enrolment.keyid[:16]} "
        f"on {enrolment.model} {enrolment.serial}; its proof holds, {_attested(enrolment)}.",
        person=enrolment.keyholder,
        serial=enrolment.serial,
        inputs={"manifest.json": bundle_digest(bundle).hex(), "transcript": bundle.transcript.head},
        outputs={"key": enrolment.keyid},
        roster=record.bundle.roster.replace(enrolment),
        files=(),
    )


def _attested(enrolment: Enrolment) -> str:
    found = enrolment.attestation
    if found is None:
        return "and nobody attests it"
    return f"and {found.maker or 'a root that this program does not know'} attests it"


def _places(record: Record, holder: Keyholder, folders: tuple[Path, ...]) -> tuple[Path, ...]:
    """Those that hold an enrolment of this keyholder for this very plan; what cannot be read is none."""
    return tuple(dict.fromkeys(each for each in folders if _is_for(record, holder, each)))


def _folders(stick: Path) -> tuple[Path, ...]:
    try:
        return tuple(sorted(each for each in (stick, *stick.iterdir()) if each.is_dir() and not each.is_symlink()))
    except OSError:
        return ()  # a stick that was pulled out a moment ago holds nothing


def _is_for(record: Record, holder: Keyholder, folder: Path) -> bool:
    if not (folder / "manifest.json").is_file():
        return False
    try:
        found = open_bundle(folder)
    except CeremonyError:
        return False
    enrolled = [each.keyholder for each in found.roster.enrolments]
    return (found.purpose, enrolled, found.plan_text) == ("enrolment", [holder.name], record.bundle.plan_text)


def _question(
    record: Record, holder: Keyholder, places: tuple[Path, ...], trouble: CeremonyError | None, *, is_here: bool
) -> TakeEnrolment:
    otherwise = "enrols here and now" if is_here else "is not enrolled today; the review waits until everybody is"
    return TakeEnrolment(
        step=record.step,
        person=holder.name,
        title=f"{holder.name}: enrolled elsewhere?",
        action=f"Choose the folder with the enrolment that {holder.name} made elsewhere, or say that there is none.",
        expect=f"The folder came from {holder.name}, on a stick or by another way that you both trust.",
        explain="`ceremony enrol` makes such a folder at home: the plan, the public key, the proof that the device "
        "holds the private one, and what its maker says of it. Everything in it is checked here again; nothing in "
        f"it is secret. Without one, {holder.name} {otherwise}.",
        trouble=trouble,
        places=places,
    )
