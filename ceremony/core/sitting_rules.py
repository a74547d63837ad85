"""The rules that hold while people sit together: at this moment, for this device, for this signature."""

from dataclasses import dataclass
from datetime import datetime

from securesystemslib.signer import Signature

from ceremony.core.device_kinds import is_software, plain_serial
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Keyholder, Plan, instant_text
from ceremony.core.review import Fingerprint
from ceremony.core.roster import Roster
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.tally import Quorum, may_sign, verified
from ceremony.core.token_uri import names_device
from ceremony.core.words import same_words


@dataclass(frozen=True, slots=True)
class MomentCase:
    """A plan at a moment (UTC), given the latest moment that the inputs prove has passed, if any."""

    plan: Plan
    now: datetime
    latest_evidence: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeviceCase:
    """A device that somebody plugged in for a keyholder: how it is reached, and what it says of itself."""

    holder: Keyholder
    roster: Roster
    driver: str
    serial: str
    is_rehearsal: bool
    label: str = ""
    maker: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class SignatureCase:
    """One more signature for a file, under the quorums that sign it."""

    file: MetadataFile
    signature: Signature
    quorums: tuple[Quorum, ...]


@dataclass(frozen=True, slots=True)
class WordsCase:
    """What somebody typed when asked for two words of a fingerprint, from `place` (counted from one) on."""

    fingerprint: Fingerprint
    place: int
    typed: str


@dataclass(frozen=True, slots=True)
class KeyholderCase:
    """Somebody who wants to be enrolled, by name, under a plan."""

    plan: Plan
    name: str


@dataclass(frozen=True, slots=True)
class ResumeCase:
    """A bundle that is there, beside the plan and the purpose that somebody came with; both plans as bytes."""

    purpose: str
    plan_there: bytes
    plan_given: bytes
    wanted: str = "request"


@dataclass(frozen=True, slots=True)
class TakenCase:
    """A bundle that was made elsewhere, beside the ceremony that is to take a keyholder's enrolment from it.

    `enrolled` are the keyholders in its roster; both plans as bytes. `is_attested` is true where a maker that the
    program knows attests the key; `exception` is why the plan takes it without that, "" where it does not.
    """

    plan_there: bytes
    plan_here: bytes
    keyholder: str
    enrolled: tuple[str, ...]
    purpose: str
    is_rehearsal: bool = True
    is_attested: bool = True
    exception: str = ""


MOMENT_RULES: RuleBook[MomentCase] = RuleBook()
DEVICE_RULES: RuleBook[DeviceCase] = RuleBook()
SIGNATURE_RULES: RuleBook[SignatureCase] = RuleBook()
WORDS_RULES: RuleBook[WordsCase] = RuleBook()
RESUME_RULES: RuleBook[ResumeCase] = RuleBook()
KEYHOLDER_RULES: RuleBook[KeyholderCase] = RuleBook()
TAKEN_RULES: RuleBook[TakenCase] = RuleBook()


@MOMENT_RULES.rule("CLOCK-WINDOW", "TUF 7.1, clocks; a laptop's clock decides nothing but may tell of a mistake")
def clock_window(case: MomentCase) -> None:
    """This machine's clock stands inside the ceremony window of the plan."""
    window = case.plan.window
    if not window.opens <= case.now <= window.closes:
        raise Objection(
            f"{instant_text(case.now)} on this machine's clock",
            f"a time from {instant_text(window.opens)} to {instant_text(window.closes)}",
        )


@MOMENT_RULES.rule("CLOCK-FORWARD", "TUF 7.1, clocks")
def clock_forward(case: MomentCase) -> None:
    """This machine's clock is not behind what the transcript has already recorded."""
    if case.latest_evidence is not None and case.now < case.latest_evidence:
        raise Objection(
            f"{instant_text(case.now)} on this machine's clock",
            f"a time after {instant_text(case.latest_evidence)}, which is already on record",
        )


@DEVICE_RULES.rule("DEVICE-PLANNED", "the plan states who signs with which device")
def device_planned(case: DeviceCase) -> None:
    """The device is the one that the plan names for the keyholder, where it names one."""
    if not names_device(case.holder.device, serial=case.serial, label=case.label, maker=case.maker, model=case.model):
        raise Objection(f"device {case.serial} for {case.holder.name}", f"device {case.holder.device}")


@DEVICE_RULES.rule("DEVICE-ENROLLED", "a signature counts for the key that was enrolled")
def device_enrolled(case: DeviceCase) -> None:
    """Once a keyholder is enrolled, only the enrolled device signs; nobody uses another keyholder's device."""
    mine = case.roster.of(case.holder.name)
    serial = plain_serial(case.serial)
    if mine is not None and (mine.driver, plain_serial(mine.serial)) != (case.driver, serial):
        raise Objection(f"device {case.serial} for {case.holder.name}", f"device {mine.serial}, the enrolled one")
    for each in case.roster.enrolments:
        # By serial alone: one device may be reached through two drivers.
        if each.keyholder != case.holder.name and plain_serial(each.serial) == serial:
            raise Objection(
                f"device {case.serial}, which is {each.keyholder}'s", f"a device of {case.holder.name}'s own"
            )


@DEVICE_RULES.rule("DEVICE-HARDWARE", "offline keys live in hardware; PEP 458, Managing offline keys")
def device_hardware(case: DeviceCase) -> None:
    """Software devices are for rehearsals, also behind PKCS#11: no real ceremony asks for their PIN."""
    if is_software(case.driver, case.maker, case.model) and not case.is_rehearsal:
        raise Objection(f"the software device {case.serial}", "a hardware device")


@SIGNATURE_RULES.rule("SIGNER-KNOWN", "TUF 5.3.4, 5.6.3")
def signer_known(case: SignatureCase) -> None:
    """A signature is by a key that may sign the role."""
    if case.signature.keyid not in may_sign(case.file.role, case.quorums):
        raise Objection(f"key {case.signature.keyid[:16]}", f"a key that may sign {case.file.role}")


@SIGNATURE_RULES.rule("SIGNER-ONCE", "TUF 4.2.1: a threshold counts each keyid once")
def signer_once(case: SignatureCase) -> None:
    """A key signs a file once."""
    if case.signature.keyid in case.file.signatures:
        raise Objection(f"a second signature by key {case.signature.keyid[:16]}", "one signature by each key")


@SIGNATURE_RULES.rule("SIGNATURE-VALID", "TUF 5.3.4; verify every signature you make")
def signature_valid(case: SignatureCase) -> None:
    """A signature verifies in software, over the very payload that was reviewed, with the enrolled public key."""
    key = may_sign(case.file.role, case.quorums).get(case.signature.keyid)
    if key is None or not verified(case.file, key, case.signature.signature):
        raise Objection(f"a signature of {case.file.name} that does not verify", "a signature that verifies")


@WORDS_RULES.rule("WORDS-TYPED", "what is signed is what was read aloud")
def words_typed(case: WordsCase) -> None:
    """Whoever agrees types the two words of the fingerprint that they are asked for."""
    wanted = case.fingerprint.words[case.place - 1 : case.place + 1]
    if len(wanted) != 2 or not same_words(case.typed, wanted):  # noqa: PLR2004  # two words, as the claim says
        # What was typed is not repeated: somebody may have typed a PIN into the wrong page.
        raise Objection("other words", f"words {case.place} and {case.place + 1} of the fingerprint")


@RESUME_RULES.rule("BUNDLE-SAME-PLAN", "the plan states the whole change")
def bundle_same_plan(case: ResumeCase) -> None:
    """A bundle is resumed with the very plan it was begun with."""
    if case.plan_there != case.plan_given:
        raise Objection("a bundle of another plan", "the plan the bundle was begun with, byte for byte")


@RESUME_RULES.rule("BUNDLE-OPEN", "a request gathers signatures, an enrolment one key; a release is finished")
def bundle_open(case: ResumeCase) -> None:
    """A bundle is gone on with for what it was begun for, a ceremony or one enrolment; a release is finished."""
    if case.purpose != case.wanted:
        raise Objection(f"a bundle of the purpose {case.purpose}", f"one of the purpose {case.wanted}")


@KEYHOLDER_RULES.rule("KEYHOLDER-PLANNED", "the plan states who is who")
def keyholder_planned(case: KeyholderCase) -> None:
    """Only keyholders of the plan are enrolled."""
    names = [holder.name for holder in case.plan.keyholders]
    if case.name not in names:
        raise Objection(case.name, f"one of {', '.join(names)}")


@TAKEN_RULES.rule("ENROLMENT-SAME-PLAN", "the plan states the whole change; a keyholder brings one key, their own")
def enrolment_same_plan(case: TakenCase) -> None:
    """An enrolment that was made elsewhere was made for this very plan, and brings that one keyholder alone."""
    if case.purpose != "enrolment":
        raise Objection(f"a {case.purpose}", "an enrolment")
    if case.plan_there != case.plan_here:
        raise Objection("an enrolment for another plan", "the plan of this ceremony, byte for byte")
    if case.enrolled != (case.keyholder,):
        raise Objection(f"an enrolment of {' and '.join(case.enrolled) or 'nobody'}", f"one of {case.keyholder}")


@TAKEN_RULES.rule("ENROLMENT-ATTESTED", "nobody here saw the device; a key in software looks the same as one on it")
def enrolment_attested(case: TakenCase) -> None:
    """Outside rehearsals a known maker attests a key that was enrolled elsewhere, or the plan says why none does."""
    if not (case.is_rehearsal or case.is_attested or case.exception):
        raise Objection(
            f"an enrolment of {case.keyholder} that no known maker attests", "an attested key, or a reason in the plan"
        )


def add_signature(file: MetadataFile, signature: Signature, quorums: tuple[Quorum, ...]) -> MetadataFile:
    """The file with one more signature, which keeps every rule for signatures.

    Raises: RefusedError (SIGNER-KNOWN, SIGNER-ONCE, SIGNATURE-VALID).
    """
    SIGNATURE_RULES.check(SignatureCase(file, signature, quorums))
    return file.with_signature(signature)
