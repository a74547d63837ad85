"""What a device's maker says of a key: certificates checked, and told as facts that the rules can judge."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_der_public_key
from securesystemslib.signer import SSlibKey

from ceremony.core.attestation import Attestation
from ceremony.core.attestation_rules import ATTESTATION_RULES, AttestationCase, firmware_floor, key_vouched
from ceremony.core.before import Before
from ceremony.core.enrolment_rules import EnrolmentCase, is_proved, key_unique
from ceremony.core.keys import fields_of, key_of, keyid_of
from ceremony.core.plan import Keyholder, Plan
from ceremony.core.possession import check_proof, enrolment_message
from ceremony.core.roster import Enrolment
from ceremony.core.roster_rules import ROSTER_RULES
from ceremony.core.strict_json import Json
from ceremony.engine.bundle import Bundle
from ceremony.errors import TamperedError
from hsm import DeviceInfo, DeviceKey, Unlocked
from hsm.attestation import Attested, attest, read_certificates
from hsm.errors import AttestationRefusedError
from hsm.signer import public_key_of


def attestation_of(unlocked: Unlocked, key: DeviceKey, folders: tuple[Path, ...]) -> Attestation | None:
    """What the maker says of this key, its chain checked; None where the device says nothing in its maker's name.

    `folders` hold the makers' certificates.
    Raises: AttestationRefusedError; DeviceError.
    """
    certificates = unlocked.attestation(key)
    if not certificates:
        return None
    authorities = tuple(each for folder in folders if folder.is_dir() for each in read_certificates(folder))
    return _told(attest(unlocked.info.serial, certificates, authorities), key.scheme.value)


def check_again(enrolment: Enrolment) -> None:
    """What the roster says of the attestation is what its certificates say, and their chain holds.

    Raises: TamperedError.
    """
    stored = enrolment.attestation
    if stored is None:
        return
    try:
        chain = tuple(b64decode(each, validate=True) for each in stored.certificates)
        found = _told(attest(enrolment.serial, chain, ()), str(enrolment.key.get("scheme")))
    except (ValueError, AttestationRefusedError) as error:
        raise TamperedError("an attestation that does not hold", f"the enrolment of {enrolment.keyholder}") from error
    if found != stored:
        raise TamperedError("not what its certificates say", f"the attestation of {enrolment.keyholder}")


def check_enrolment(plan: Plan, enrolment: Enrolment, before: Before | None) -> None:
    """The enrolment is proved by its key, for this plan, and what its device's maker says of the key holds.

    `before` is what the ceremony follows: a key that a ceremony before has proved needs no proof.
    Raises: TamperedError; RefusedError for a rule of attestations.
    """
    holder = next(each for each in plan.keyholders if each.name == enrolment.keyholder)
    if not is_proved(holder, enrolment, before):
        message = enrolment_message(plan.id, enrolment.nonce, enrolment.keyid, holder.name, holder.roles)
        check_proof(key_of(enrolment.key), message, enrolment.proof, f"the enrolment of {holder.name}")
    check_again(enrolment)
    ATTESTATION_RULES.check(AttestationCase(holder, enrolment, plan.is_rehearsal))


def check_rules(bundle: Bundle, holder: Keyholder, enrolment: Enrolment) -> None:
    """The enrolment keeps every rule beside those that are there: now, while another device can still be taken.

    Raises: RefusedError.
    """
    case = EnrolmentCase(bundle.plan, bundle.roster.replace(enrolment), bundle.before)
    ATTESTATION_RULES.check(AttestationCase(holder, enrolment, bundle.plan.is_rehearsal))
    key_unique.check(case)
    ROSTER_RULES.check(case)


def enrolment_on(  # noqa: PLR0913  # what a device says, and what only an enrolment has
    info: DeviceInfo,
    holder: Keyholder,
    key: DeviceKey | None = None,
    attestation: Attestation | None = None,
    *,
    fields: Mapping[str, Json] | None = None,
    nonce: str = "",
    proof: str = "",
) -> Enrolment:
    """The enrolment of this keyholder with this key on this device, as far as it is known.

    Without a key it is one of the keyholder's scheme that is not made yet; `nonce` and `proof` (hex) are empty before
    the key has proved itself. `fields` are those of the key in metadata, None where it stands in none yet.
    """
    made = {"scheme": holder.scheme} if key is None else fields_of(public_key_of(key))
    return Enrolment(
        keyholder=holder.name,
        roles=holder.roles,
        key=made if fields is None else fields,
        key_label="" if key is None else key.label,
        driver=info.driver,
        maker=info.maker,
        model=info.model,
        serial=info.serial,
        label=info.label,
        firmware=info.firmware,
        is_generated_inside=None if key is None else key.is_generated_inside,
        is_extractable=None if key is None else key.is_extractable,
        nonce=nonce,
        proof=proof,
        attestation=attestation,
    )


def refuse_unfit(holder: Keyholder, info: DeviceInfo, *, is_rehearsal: bool) -> None:
    """A key of the keyholder's scheme may stand on this device: told before anybody sets its codes or makes a key.

    Raises: RefusedError (KEY-VOUCHED, FIRMWARE-FLOOR).
    """
    case = AttestationCase(holder, enrolment_on(info, holder), is_rehearsal)
    key_vouched.check(case)
    firmware_floor.check(case)


def _told(found: Attested, scheme: str) -> Attestation:
    key = SSlibKey.from_crypto(load_der_public_key(found.public_der), scheme=scheme)
    return Attestation(
        maker=found.maker,
        root=found.root,
        device=found.device,
        serial=found.serial,
        firmware=found.firmware,
        form_factor=found.form_factor,
        slot=found.slot,
        is_generated_inside=found.is_generated_inside,
        is_extractable=found.is_extractable,
        pin_policy=found.pin_policy,
        touch_policy=found.touch_policy,
        keyid=keyid_of(fields_of(key)),
        certificates=tuple(b64encode(each).decode() for each in found.chain),
    )
