"""FIRMWARE-FLOOR: no key stands on a device that is known to give it away."""

from dataclasses import replace

import pytest
from fakes.cases import attestation_case, refusal
from fakes.people import ED25519, P256, P384, RSA, attested, enrolment, plan

from ceremony.core.attestation_rules import AttestationCase, firmware_floor
from ceremony.core.plan import Keyholder
from ceremony.core.roster import Enrolment

WHY = "no newer device can be had this year"


def enrolled(scheme: str = P256, why: str = "") -> tuple[Keyholder, Enrolment]:
    """Ann with a key of this scheme, and her reason for an old device."""
    holder = replace(plan().keyholders[0], scheme=scheme, firmware_exception=why)
    return holder, enrolment(plan(), holder)


def on_yubikey(firmware: str, scheme: str = P256, why: str = "") -> AttestationCase:
    """The same on an attested YubiKey of this firmware."""
    holder, found = enrolled(scheme, why)
    return AttestationCase(holder, replace(attested(found, firmware=firmware), firmware=firmware), is_rehearsal=True)


def through_pkcs11(maker: str, model: str, firmware: str, scheme: str = P256) -> AttestationCase:
    """The same on what a PKCS#11 module calls by these names."""
    holder, found = enrolled(scheme)
    return AttestationCase(
        holder, replace(found, driver="pkcs11", maker=maker, model=model, firmware=firmware), is_rehearsal=False
    )


@pytest.mark.parametrize("firmware", ["5.7.0", "5.7.4", "5.10.0", "6.0"])
@pytest.mark.parametrize("scheme", [P256, P384])
def test_ecdsa_on_new_firmware_passes(firmware: str, scheme: str) -> None:
    """From 5.7.0 on."""
    firmware_floor.check(on_yubikey(firmware, scheme))


@pytest.mark.parametrize("firmware", ["5.6.99", "5.4.3", "4.3.5", "", "unheard of", "5", "5.7.4-beta"])
def test_ecdsa_on_an_old_or_unknown_yubikey_is_refused(firmware: str) -> None:
    """Its signatures give the key away to whoever has the device for a while."""
    found = refusal(firmware_floor, on_yubikey(firmware))
    assert found.found.startswith("YubiKey serial-of-ann, firmware ")
    assert found.wanted == "firmware 5.7.0 or later"


def test_a_reason_in_the_plan_lets_old_firmware_pass() -> None:
    """It is on record, and the review shows it."""
    firmware_floor.check(on_yubikey("5.4.3", why=WHY))


@pytest.mark.parametrize(
    ("maker", "model", "firmware"),
    [
        ("Yubico (www.yubico.com)", "YubiKey YK5", "5.70"),
        ("Yubico (www.yubico.com)", "YubiKey YK5", "5.74"),
        ("Yubico (www.yubico.com)", "YubiHSM", "2.40"),
        ("Yubico (www.yubico.com)", "YubiHSM", "2.41"),
        ("Acme", "Model 5", "1.0"),
        ("SoftHSM project", "SoftHSM v2", "2.6"),
    ],
)
def test_new_firmware_and_other_makers_pass_through_pkcs11(maker: str, model: str, firmware: str) -> None:
    """The maker's modules write 5.7.4 as 5.74; what others write means nothing here."""
    firmware_floor.check(through_pkcs11(maker, model, firmware))


@pytest.mark.parametrize(
    ("maker", "model", "firmware"),
    [
        ("Yubico (www.yubico.com)", "YubiKey YK5", "5.43"),
        ("Yubico (www.yubico.com)", "YubiKey YK5", "5.7"),
        ("Yubico (www.yubico.com)", "YubiHSM", "2.32"),
        ("Yubico (www.yubico.com)", "YubiHSM", "0.0"),
        ("YUBICO", "", "5.43"),
        ("", "yubikey", "4.35"),
    ],
)
def test_old_firmware_is_refused_through_pkcs11_too(maker: str, model: str, firmware: str) -> None:
    """The model tells, where the driver does not."""
    refusal(firmware_floor, through_pkcs11(maker, model, firmware))


def test_the_makers_word_counts_more_than_the_devices() -> None:
    """A device that calls itself new is refused where the attestation says that it is old."""
    holder, found = enrolled()
    case = AttestationCase(holder, attested(found, firmware="5.4.3"), is_rehearsal=True)
    assert "5.4.3" in refusal(firmware_floor, case).found


def test_ed25519_passes_on_any_firmware() -> None:
    """The flaw is one of ECDSA."""
    firmware_floor.check(on_yubikey("5.4.3", ED25519))


@pytest.mark.parametrize("firmware", ["4.1.9", "4.3.5", "5.4.3", "5.7.4"])
def test_rsa_beside_the_flawed_firmware_passes(firmware: str) -> None:
    """Only one family of YubiKeys made weak keys."""
    firmware_floor.check(on_yubikey(firmware, RSA))


@pytest.mark.parametrize("firmware", ["4.2.0", "4.2.6", "4.3.4"])
@pytest.mark.parametrize("why", ["", WHY])
def test_rsa_from_a_flawed_yubikey_is_refused_whatever_the_plan_says(firmware: str, why: str) -> None:
    """Such keys can be worked out from their public half."""
    assert "RSA" in refusal(firmware_floor, on_yubikey(firmware, RSA, why)).found


def test_software_passes() -> None:
    """It has no firmware."""
    firmware_floor.check(attestation_case())
