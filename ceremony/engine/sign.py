"""A keyholder signs: two typed words, one touch for each role, every signature verified and saved at once."""

from securesystemslib.signer import SSlibKey

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Keyholder
from ceremony.core.review import Reviewed
from ceremony.core.roster import Enrolment
from ceremony.core.signers import Signer, signers_of
from ceremony.core.sitting_rules import WORDS_RULES, WordsCase, add_signature
from ceremony.core.tally import may_sign
from ceremony.engine.hands import Hands
from ceremony.engine.held_key import held_key
from ceremony.engine.questions import TypeWords
from ceremony.engine.record import Record
from ceremony.engine.room import Work
from ceremony.engine.touch import touch_again
from ceremony.errors import CeremonyError, RefusedError
from hsm import DeviceInfo, Unlocked
from hsm.errors import DeviceError, TouchMissingError
from hsm.signer import DeviceSigner


def sign(record: Record, hands: Hands, signer: Signer, reviewed: Reviewed) -> None:
    """Every file that this signer's key counts for has the signature, or somebody said that it will not be given today.

    Raises: GoBack; StoppedError; RefusedError; StorageError.
    """
    holder, enrolment = signer.holder, signer.enrolment
    if enrolment is None or not _unsigned(record, enrolment, reviewed):
        return
    roles = tuple(each.role for each in _unsigned(record, enrolment, reviewed))
    _agree(record, signer, reviewed, roles)
    trouble: CeremonyError | DeviceError | None = None
    while _unsigned(record, enrolment, reviewed):
        unlocked = hands.open(holder, may_skip=True, trouble=trouble)
        if unlocked is None:
            return
        try:
            _sign_all(record, enrolment, unlocked, reviewed)
        except TouchMissingError as error:
            trouble = touch_again(record, hands, holder, error)
        except (RefusedError, DeviceError) as error:
            record.trouble(error, holder.name)
            trouble = error
            hands.lock(holder)
    hands.lock(holder)


def _unsigned(record: Record, enrolment: Enrolment, reviewed: Reviewed) -> tuple[MetadataFile, ...]:
    keyid = enrolment.keyid
    files = (each for each in record.bundle.files if keyid in may_sign(each.role, reviewed.quorums))
    return tuple(each for each in files if keyid not in each.signatures)


def _agree(record: Record, signer: Signer, reviewed: Reviewed, roles: tuple[str, ...]) -> None:
    holder, bundle = signer.holder, record.bundle
    number = [each.id for each in signers_of(bundle.plan, bundle.roster, bundle.before)].index(signer.id)
    place, _words = reviewed.fingerprint.pair(number)
    trouble: RefusedError | None = None
    while True:
        question = _type_words(record, holder, reviewed, place, roles, trouble)
        typed = record.ask(question)
        if not typed:
            record.differ(question)
            continue
        try:
            WORDS_RULES.check(WordsCase(reviewed.fingerprint, place, typed))
        except RefusedError as error:
            record.trouble(error, holder.name)
            trouble = error
        else:
            record.note("agreed", f"{holder.name} agrees to sign {', '.join(roles)}.", person=holder.name)
            return


def _sign_all(record: Record, enrolment: Enrolment, unlocked: Unlocked, reviewed: Reviewed) -> None:
    serial = unlocked.info.serial
    key = held_key(enrolment.key, unlocked.keys(), serial, enrolment.key_label or enrolment.keyid[:16])
    total = sum(enrolment.keyid in may_sign(each.role, reviewed.quorums) for each in record.bundle.files)
    for file in _unsigned(record, enrolment, reviewed):
        done = total - len(_unsigned(record, enrolment, reviewed))
        info = unlocked.info
        seconds = None if key.touch_policy == "never" else info.touch_seconds
        record.work(Work(f"Signing {file.role}", enrolment.keyholder, info, seconds, done, total))
        public = _public_key(enrolment, file.role, reviewed)
        try:
            _sign_one(record, enrolment, info, DeviceSigner(unlocked, key, public), file.role, reviewed)
        finally:
            record.work(None)


def _sign_one(  # noqa: PLR0913, PLR0917  # who signs what, with what
    record: Record, enrolment: Enrolment, info: DeviceInfo, signer: DeviceSigner, role: str, reviewed: Reviewed
) -> None:
    frozen = reviewed.draft.file(role)
    signature = signer.sign(frozen.payload)
    files = tuple(
        add_signature(each, signature, reviewed.quorums) if each.role == role else each for each in record.bundle.files
    )
    record.note(
        "signed",
        f"{enrolment.keyholder} signed {frozen.name} with {info.model} {info.serial}; the signature verifies.",
        person=enrolment.keyholder,
        serial=info.serial,
        files=files,
    )


def _public_key(enrolment: Enrolment, role: str, reviewed: Reviewed) -> SSlibKey | None:
    """The key as the quorum has it that counts it: signatures stand under that keyid."""
    found = may_sign(role, reviewed.quorums).get(enrolment.keyid)
    return found if isinstance(found, SSlibKey) else None


def _type_words(  # noqa: PLR0913, PLR0917  # what a page needs
    record: Record,
    holder: Keyholder,
    reviewed: Reviewed,
    place: int,
    roles: tuple[str, ...],
    trouble: RefusedError | None,
) -> TypeWords:
    said = ", ".join(roles)
    return TypeWords(
        step=record.step,
        person=holder.name,
        title=f"{holder.name} signs {said}",
        action=f"{holder.name}, type words {place} and {place + 1} of the fingerprint to sign {said}.",
        expect="The words are those that were read aloud at the review.",
        explain="Typing the words says that you sign what was reviewed. After it your device makes one signature for "
        "each role; it may ask for a touch each time. Each signature is verified and saved at once.",
        trouble=trouble,
        reviewed=reviewed,
        place=place,
        roles=roles,
    )
