"""Enrolment: a key on the keyholder's own device, its public half and a proof of possession in the roster."""

import secrets
from collections.abc import Collection, Mapping
from itertools import count
from pathlib import Path

from ceremony.core.keys import key_of
from ceremony.core.plan import Keyholder
from ceremony.core.possession import check_proof, enrolment_message
from ceremony.core.roster import Enrolment
from ceremony.core.strict_json import Json
from ceremony.core.token_uri import names_key, parse_token_uri
from ceremony.engine.attest import attestation_of, check_rules, enrolment_on
from ceremony.engine.bundle import Bundle
from ceremony.engine.hands import Hands
from ceremony.engine.held_key import held_key
from ceremony.engine.key_place import place_for_key
from ceremony.engine.questions import GoBack, KeepEnrolment
from ceremony.engine.record import Record
from ceremony.engine.room import Work
from ceremony.engine.touch import touch_again
from ceremony.errors import CeremonyError, RefusedError, TamperedError
from hsm import DeviceKey, Scheme, Unlocked
from hsm.errors import DeviceError, KeyExistsError, TouchMissingError
from hsm.signer import DeviceSigner


def enrol(
    record: Record, hands: Hands, holder: Keyholder, *, came_back: bool, authorities: tuple[Path, ...] = ()
) -> None:
    """The keyholder is enrolled. One who is stays so, unless people came back to this step and ask for another key.

    `authorities` are folders of makers' certificates.
    Raises: GoBack; StoppedError; StorageError.
    """
    if record.bundle.roster.of(holder.name):
        if not (came_back and _asks_anew(record, holder)):
            return
        hands.lock(holder)
        _withdraw(record, holder)
    trouble: CeremonyError | DeviceError | None = None
    refused: set[bytes] = set()
    while True:
        unlocked = hands.open(holder, may_skip=False, prepares=True, trouble=trouble)
        if unlocked is None:
            raise GoBack
        try:
            key = _key(record, hands, holder, unlocked, refused)
            refused.add(key.public_der)
            _enter(record, holder, _enrolment(record, holder, unlocked, key, authorities))
        except TouchMissingError as error:
            # Nothing is wrong with the key.
            refused.clear()
            trouble = touch_again(record, hands, holder, error)
        except (RefusedError, TamperedError, DeviceError) as error:
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


def _enrolment(
    record: Record, holder: Keyholder, unlocked: Unlocked, key: DeviceKey, authorities: tuple[Path, ...]
) -> Enrolment:
    plan = record.bundle.plan
    attestation = attestation_of(unlocked, key, authorities)
    trusted = _trusted(record.bundle, holder)
    signer = DeviceSigner(unlocked, key, key_of(trusted) if trusted else None)
    nonce = secrets.token_hex(16)
    message = enrolment_message(plan.id, nonce, signer.public_key.keyid, holder.name, holder.roles)
    proof = _proved(record, holder, signer, message, unlocked)
    found = enrolment_on(unlocked.info, holder, key, attestation, fields=trusted, nonce=nonce, proof=proof)
    check_rules(record.bundle, holder, found)
    return found


def _key(record: Record, hands: Hands, holder: Keyholder, unlocked: Unlocked, refused: Collection[bytes]) -> DeviceKey:
    """The key to enrol: one that is there under the right name and was not refused already, or else a new one.

    Where the keyholder keeps a trusted key it is that one, and nothing is made.
    """
    trusted = _trusted(record.bundle, holder)
    if trusted is not None:
        return _kept(record, holder, unlocked, trusted)
    wanted = holder.key or record.bundle.plan.repository
    label = _label(wanted) or record.bundle.plan.repository
    serial = unlocked.info.serial
    found = [
        key
        for key in unlocked.keys()  # noqa: SIM118  # a device is no mapping
        if names_key(wanted, label=key.label, key_id=key.key_id) and holder.slot in {"", key.key_id}
    ]
    if hands.slots(holder):
        # One that a rule refused stays where it is, and another is made in another slot.
        found = [key for key in found if key.public_der not in refused]
    alike = [key for key in found if key.scheme == holder.scheme]
    if len(alike) == 1 and len(found) == 1:
        record.note("found key", f"The device holds a key named {label}.", person=holder.name, serial=serial)
        return alike[0]
    if len(alike) > 1 or (found and not hands.slots(holder)):
        raise KeyExistsError(serial, label)
    label = _free(label, unlocked) if hands.slots(holder) else label
    slot, loses = place_for_key(record, hands, holder, unlocked.info)
    where = f" in slot {slot}" if slot else ""
    record.work(Work(f"Making a key named {label}{where}", holder.name, unlocked.info, _touch(unlocked, slot)))
    try:
        made = unlocked.generate(label, Scheme(holder.scheme), slot, loses)
    finally:
        record.work(None)
    record.note("made key", f"The device made a key named {label}{where}.", person=holder.name, serial=serial)
    return made


def _kept(record: Record, holder: Keyholder, unlocked: Unlocked, trusted: Mapping[str, Json]) -> DeviceKey:
    serial, short = unlocked.info.serial, holder.keyid[:16]
    key = held_key(trusted, unlocked.keys(), serial, short)
    record.note("found key", f"The device holds the trusted key {short}.", person=holder.name, serial=serial)
    return key


def _trusted(bundle: Bundle, holder: Keyholder) -> Mapping[str, Json] | None:
    """The fields of the key that this keyholder keeps, as metadata has it; None for one who keeps none.

    Raises: TamperedError if the key is in no metadata.
    """
    if not holder.keyid:
        return None
    found = bundle.before.key(holder.keyid) if bundle.before else None
    if found is None:
        raise TamperedError(f"no key {holder.keyid[:16]}, which {holder.name} keeps", "what is trusted")
    return found


def _free(label: str, unlocked: Unlocked) -> str:
    """The label, or, where a key that was refused bears it, the label with a number behind it."""
    taken = {key.label for key in unlocked.keys()}  # noqa: SIM118  # a device is no mapping
    others = (f"{label} {number}" for number in count(2))
    return label if label not in taken else next(each for each in others if each not in taken)


def _label(wanted: str) -> str:
    return parse_token_uri(wanted).object if wanted.startswith("pkcs11:") else wanted


def _touch(unlocked: Unlocked, slot: str) -> int | None:
    # A device with slots signs a certificate beside the new key, and asks for a touch to do so.
    return unlocked.info.touch_seconds if slot else None


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
