"""Enrolment: a key on the keyholder's own device, its public half and a proof of possession in the roster."""

import secrets

from ceremony.core.keys import fields_of
from ceremony.core.plan import Keyholder
from ceremony.core.possession import check_proof, enrolment_message
from ceremony.core.roster import Enrolment
from ceremony.engine.hands import Hands
from ceremony.engine.questions import GoBack, KeepEnrolment
from ceremony.engine.record import Record
from ceremony.engine.room import Work
from ceremony.errors import CeremonyError, TamperedError
from hsm import DeviceKey, Scheme, Unlocked
from hsm.errors import DeviceError, KeyExistsError
from hsm.signer import DeviceSigner


def enrol(record: Record, hands: Hands, holder: Keyholder, *, came_back: bool) -> None:
    """The keyholder is enrolled. One who is stays so, unless people came back to this step and ask for another key.

    Raises: GoBack; StoppedError; StorageError.
    """
    if record.bundle.roster.of(holder.name):
        if not (came_back and _asks_anew(record, holder)):
            return
        hands.lock(holder)
        _withdraw(record, holder)
    trouble: CeremonyError | DeviceError | None = None
    while True:
        unlocked = hands.open(holder, may_skip=False, trouble=trouble)
        if unlocked is None:
            raise GoBack
        try:
            _enter(record, holder, _enrolment(record, holder, unlocked))
        except (TamperedError, DeviceError) as error:
            record.trouble(error, holder.name)
            trouble = error
            hands.lock(holder)
        else:
            return


def _asks_anew(record: Record, holder: Keyholder) -> bool:
    enrolment = record.bundle.roster.of(holder.name)
    signed = any(each.signatures for each in record.bundle.files)
    if enrolment is None or signed:
        return False
    return not record.ask(
        KeepEnrolment(
            step=record.step,
            person=holder.name,
            title=f"{holder.name} is enrolled",
            action=f"Keep {enrolment.model} {enrolment.serial} for {holder.name}?",
            expect="Yes keeps this device. No enrols another one in its place.",
            explain="Until somebody has signed, a keyholder can be enrolled again with another device. "
            "The key on the first device stays there; it is just not used.",
            enrolment=enrolment,
        )
    )


def _withdraw(record: Record, holder: Keyholder) -> None:
    said = f"The enrolment of {holder.name} is withdrawn; another device takes its place."
    record.note("withdrew", said, person=holder.name, roster=record.bundle.roster.without(holder.name), files=())


def _enrolment(record: Record, holder: Keyholder, unlocked: Unlocked) -> Enrolment:
    plan = record.bundle.plan
    key = _key(record, holder, unlocked, holder.key or plan.repository)
    signer = DeviceSigner(unlocked, key)
    nonce = secrets.token_hex(16)
    message = enrolment_message(plan.id, nonce, signer.public_key.keyid, holder.name, holder.roles)
    proof = _proved(record, holder, signer, message, unlocked)
    info = unlocked.info
    return Enrolment(
        keyholder=holder.name,
        roles=holder.roles,
        key=fields_of(signer.public_key),
        key_label=key.label,
        driver=info.driver,
        maker=info.maker,
        model=info.model,
        serial=info.serial,
        label=info.label,
        firmware=info.firmware,
        is_generated_inside=key.is_generated_inside,
        is_extractable=key.is_extractable,
        nonce=nonce,
        proof=proof,
    )


def _key(record: Record, holder: Keyholder, unlocked: Unlocked, label: str) -> DeviceKey:
    found = [key for key in unlocked.keys() if key.label == label]  # noqa: SIM118  # a device is no mapping
    serial = unlocked.info.serial
    if len(found) > 1 or (found and found[0].scheme != holder.scheme):
        raise KeyExistsError(serial, label)
    if found:
        record.note("found key", f"The device holds a key named {label}.", person=holder.name, serial=serial)
        return found[0]
    record.work(Work(f"Making a key named {label}", holder.name, unlocked.info))
    try:
        made = unlocked.generate(label, Scheme(holder.scheme))
    finally:
        record.work(None)
    record.note("made key", f"The device made a key named {label}.", person=holder.name, serial=serial)
    return made


def _proved(record: Record, holder: Keyholder, signer: DeviceSigner, message: bytes, unlocked: Unlocked) -> str:
    record.work(Work("Proving that the key is here", holder.name, unlocked.info, unlocked.info.touch_seconds))
    try:
        signature = signer.sign(message)
    finally:
        record.work(None)
    check_proof(signer.public_key, message, signature.signature, holder.name)
    return signature.signature


def _enter(record: Record, holder: Keyholder, enrolment: Enrolment) -> None:
    record.note(
        "enrolled",
        f"{holder.name} signs {', '.join(holder.roles)} with key {enrolment.keyid[:16]} "
        f"on {enrolment.model} {enrolment.serial}.",
        person=holder.name,
        serial=enrolment.serial,
        outputs={"key": enrolment.keyid},
        roster=record.bundle.roster.replace(enrolment),
        files=(),
    )
