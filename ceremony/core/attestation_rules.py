"""The rules about what a device's maker says of a key, and about devices with a known flaw: in rehearsals too."""

import re
from dataclasses import dataclass

from ceremony.core.attestation import Attestation
from ceremony.core.device_kinds import is_emulated, plain_serial
from ceremony.core.keys import plain_keyid
from ceremony.core.plan import Keyholder
from ceremony.core.roster import Enrolment
from ceremony.core.rules import Objection, RuleBook

_YUBIKEY, _YUBIHSM = "YubiKey", "YubiHSM"

_ECDSA_FLOOR = {_YUBIKEY: (5, 7, 0), _YUBIHSM: (2, 4, 0)}
"""The first firmware of each that makes ECDSA signatures without the side channel of EUCLEAK."""

_RSA_FLAW = ((4, 2, 0), (4, 3, 4))
"""YubiKeys between these two make RSA keys that can be factored (ROCA)."""


@dataclass(frozen=True, slots=True)
class AttestationCase:
    """An enrolment of a keyholder of the plan, with what the maker of the device says of the key."""

    holder: Keyholder
    enrolment: Enrolment
    is_rehearsal: bool

    @property
    def attestation(self) -> Attestation | None:
        """What the maker says, if anything."""
        return self.enrolment.attestation


ATTESTATION_RULES: RuleBook[AttestationCase] = RuleBook()


@ATTESTATION_RULES.rule("KEY-ATTESTED", "a key in software looks the same as one on a device; PEP 458, offline keys")
def key_attested(case: AttestationCase) -> None:
    """A key on a YubiKey, however it is reached, comes with its maker's attestation."""
    if case.attestation is None and device_of(case.enrolment) == _YUBIKEY:
        raise Objection(f"a key of {case.holder.name} that the YubiKey does not attest", "a key made inside it")


@ATTESTATION_RULES.rule("KEY-VOUCHED", "OpenSC says of every key of a PIV card that it was made there and never left")
def key_vouched(case: AttestationCase) -> None:
    """What only emulates a token does not vouch for its keys: outside rehearsals nothing is believed of them."""
    found = case.enrolment
    if case.is_rehearsal or case.attestation is not None:
        return
    if is_emulated(found.driver, found.maker, found.model):
        raise Objection(
            f"a key of {case.holder.name} on a card that {found.maker or 'its module'} shows as a token",
            "a key whose device vouches for it",
        )


@ATTESTATION_RULES.rule("ATTESTATION-KEY", "an attestation vouches for one key")
def attestation_key(case: AttestationCase) -> None:
    """The key that the maker attests is the key that is enrolled, whatever others wrote into it in metadata."""
    enrolled = plain_keyid(case.enrolment.key)
    if case.attestation is not None and case.attestation.keyid != enrolled:
        raise Objection(f"an attestation of the key {case.attestation.keyid[:16]}", f"one of the key {enrolled[:16]}")


@ATTESTATION_RULES.rule("ATTESTATION-DEVICE", "an attestation vouches for one device")
def attestation_device(case: AttestationCase) -> None:
    """The device that the maker attests is the one that is enrolled: the same serial, the same firmware."""
    found, told = case.attestation, case.enrolment
    if found is None:
        return
    if _told_device(told) not in {"", found.device}:
        raise Objection(f"an attestation of a {found.device}", f"one of a {_told_device(told)}")
    if plain_serial(found.serial) != plain_serial(told.serial):
        raise Objection(f"an attestation of device {found.serial}", f"one of device {told.serial}")
    if _version(found.firmware) != _told_version(told):
        raise Objection(f"an attestation of firmware {found.firmware}", f"one of firmware {told.firmware}")


@ATTESTATION_RULES.rule("ATTESTATION-INSIDE", "PEP 458: keys are made in the HSM and never leave it")
def attestation_inside(case: AttestationCase) -> None:
    """By its maker's word the key was made inside the device and cannot leave it: imported keys sign nothing."""
    found = case.attestation
    if found is not None and (not found.is_generated_inside or found.is_extractable):
        raise Objection(
            f"a key of {case.holder.name} that was imported or may be taken out", "a key made inside the device"
        )


@ATTESTATION_RULES.rule("ATTESTATION-POLICIES", "nobody signs without a person who knows and is there")
def attestation_policies(case: AttestationCase) -> None:
    """A YubiKey asks for PIN and touch before every single signature by the key."""
    found = case.attestation
    if found is None or found.device != _YUBIKEY:
        return
    if (found.pin_policy, found.touch_policy) != ("always", "always"):
        raise Objection(
            f"PIN {found.pin_policy or 'unknown'}, touch {found.touch_policy or 'unknown'}",
            "PIN always, touch always",
        )


@ATTESTATION_RULES.rule("ATTESTATION-MAKER", "certificates of a stranger vouch for nothing")
def attestation_maker(case: AttestationCase) -> None:
    """The certificates end in a root of a maker that the program knows; in a rehearsal any root will do."""
    found = case.attestation
    if found is not None and not found.maker and not case.is_rehearsal:
        raise Objection(f"an attestation under the unknown root {found.root[:16]}", "one under a root of its maker")


@ATTESTATION_RULES.rule("FIRMWARE-FLOOR", "EUCLEAK (YSA-2024-03), ROCA (YSA-2017-01)")
def firmware_floor(case: AttestationCase) -> None:
    """No key stands on a device whose firmware is known to give keys of its kind away.

    ECDSA on a YubiKey below 5.7.0 or a YubiHSM below 2.4.0 waits for a reason in the plan; RSA from YubiKeys 4.2.0 to
    4.3.4 is never taken.
    """
    device, firmware = device_of(case.enrolment), firmware_of(case.enrolment)
    scheme, shown = str(case.enrolment.key["scheme"]), f"{device} {case.enrolment.serial}"
    if device == _YUBIKEY and scheme.startswith("rsa") and _RSA_FLAW[0] <= firmware <= _RSA_FLAW[1]:
        raise Objection(f"an RSA key of {shown}, firmware {_dotted(firmware)}", "another device")
    floor = _ECDSA_FLOOR.get(device)
    if floor and scheme.startswith("ecdsa") and firmware < floor and not case.holder.firmware_exception:
        raise Objection(f"{shown}, firmware {_dotted(firmware)}", f"firmware {_dotted(floor)} or later")


def device_of(enrolment: Enrolment) -> str:
    """What the device is, "YubiKey" or "YubiHSM", however it is reached; "" for any other."""
    if enrolment.attestation is not None:
        return enrolment.attestation.device
    return _told_device(enrolment)


def firmware_of(enrolment: Enrolment) -> tuple[int, ...]:
    """The numbers of the device's firmware, such as 5, 7, 4: as its maker attests it, or else as the device told."""
    return _version(enrolment.attestation.firmware) if enrolment.attestation else _told_version(enrolment)


def _told_device(enrolment: Enrolment) -> str:
    says = f"{enrolment.driver} {enrolment.maker} {enrolment.model}".casefold()
    if "yubihsm" in says:
        return _YUBIHSM
    return _YUBIKEY if "yubi" in says else ""


def _version(firmware: str) -> tuple[int, ...]:
    # What is no version is () and below every floor.
    return tuple(map(int, firmware.split("."))) if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4}){1,3}", firmware) else ()


def _told_version(enrolment: Enrolment) -> tuple[int, ...]:
    found = _version(enrolment.firmware)
    if enrolment.driver == "pkcs11" and device_of(enrolment) and len(found) == 2:  # noqa: PLR2004  # major and minor
        # PKCS#11 has no third number: the maker's modules tell 5.7.4 as 5.74.
        return (found[0], found[1] // 10, found[1] % 10)
    return found


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version)) or "unknown"
