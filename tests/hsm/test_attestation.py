"""What an attestation says, and who says it: chains of an authority of our own, each fact in its turn."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.x509 import load_der_x509_certificate
from fakes.attestation_authority import (
    EXPORTABLE_UNDER_WRAP,
    FAMILIES,
    SIGN_ECDSA,
    YUBICO,
    Family,
    Form,
    integer,
    issuer,
    key,
    new_family,
    old_family,
    public,
    tlv,
    yubihsm_family,
    yubihsm_key,
    yubikey_key,
)
from hypothesis import given
from hypothesis.strategies import permutations

from hsm.attestation import Attested, attest
from hsm.errors import AttestationRefusedError

PIV, HSM = YUBICO + b"\x03", YUBICO + b"\x04"
KINDS_OF_KEY = ["RSA 2048", "P-256", "P-384", "P-521", "Ed25519"]
NEW, OLD, YUBIHSM = new_family(), old_family(), yubihsm_family()


@pytest.fixture(params=list(FAMILIES))
def family(request: pytest.FixtureRequest) -> Family:
    """Each family in turn."""
    return FAMILIES[request.param]()


def told(family: Family, leaf: Form) -> Attested:
    """What is attested where the device of the family says this."""
    return attest("1", family.gives(leaf), family.authorities)


def refusal(family: Family, leaf: Form) -> str:
    """Why it is refused that the device of the family says this."""
    with pytest.raises(AttestationRefusedError) as refused:
        attest("100", family.gives(leaf), family.authorities)
    assert refused.value.serial == "100"
    return refused.value.what


def test_a_yubikey_says_what_a_ceremony_wants_to_know() -> None:
    """Every fact is read from the certificate of the key."""
    found = told(OLD, OLD.leaf())
    assert (found.device, found.serial, found.firmware, found.slot) == ("YubiKey", "14833186", "5.4.3", "9c")
    assert (found.form_factor, found.pin_policy, found.touch_policy) == ("Keychain (USB-A)", "always", "always")
    assert found.is_generated_inside
    assert not found.is_extractable
    assert found.public_der == public(key("ann's key"))


def test_a_yubihsm_says_what_a_ceremony_wants_to_know() -> None:
    """Every fact is read from the certificate of the object; a YubiHSM has no policies and no looks."""
    found = told(YUBIHSM, YUBIHSM.leaf())
    assert (found.device, found.serial, found.firmware, found.slot) == ("YubiHSM", "13200460", "2.4.1", "0003")
    assert (found.form_factor, found.pin_policy, found.touch_policy) == ("", "", "")
    assert found.is_generated_inside
    assert not found.is_extractable
    assert found.public_der == public(key("ann's key"))


def test_a_chain_that_was_kept_says_the_same_to_strangers(family: Family) -> None:
    """With the chain alone, and no folder, the same value comes out."""
    gives = family.gives()
    found = attest("1", gives, family.authorities)
    assert found.chain == (*gives, *family.authorities)
    assert found.root == hashlib.sha256(family.authorities[-1]).hexdigest()
    assert attest("1", found.chain, ()) == found


@given(permutations([*NEW.authorities, *YUBIHSM.authorities, *OLD.authorities]))
def test_the_order_of_a_folder_does_not_matter(authorities: list[bytes]) -> None:
    """Whichever way the certificates lie, and whatever else lies there, the chain is the same."""
    gives = NEW.gives()
    assert attest("1", gives, authorities) == attest("1", gives, NEW.authorities)


@pytest.mark.parametrize("kind", KINDS_OF_KEY)
@pytest.mark.parametrize("make", FAMILIES.values(), ids=FAMILIES)
def test_authorities_and_devices_may_have_any_good_key(make: Callable[[str], Family], kind: str) -> None:
    """RSA, three curves of NIST, and Ed25519."""
    family = make(kind)
    assert len(told(family, family.leaf()).chain) == len(family.authorities) + 2


@pytest.mark.parametrize("kind", KINDS_OF_KEY)
def test_any_key_that_signs_can_be_attested(family: Family, kind: str) -> None:
    """The public key comes out as this program writes those of devices."""
    leaf = replace(family.leaf(), key=public(key("bob's key", kind)))
    assert told(family, leaf).public_der == public(key("bob's key", kind))


def test_the_authority_of_these_tests_makes_certificates_that_others_take() -> None:
    """An independent reader finds the same names and signatures in them."""
    chain = [load_der_x509_certificate(each) for each in (*NEW.gives(), *NEW.authorities)]
    for child, above in zip(chain, [*chain[1:], chain[-1]], strict=True):
        child.verify_directly_issued_by(above)


@pytest.mark.parametrize(
    ("encoded", "pin_policy", "touch_policy"),
    [
        (b"\x01\x01", "never", "never"),
        (b"\x02\x03", "once", "cached"),
        (b"\x03\x02", "always", "always"),
        (b"\x04\x02", "match-once", "always"),
        (b"\x05\x02", "match-always", "always"),
    ],
)
def test_policies_are_words(encoded: bytes, pin_policy: str, touch_policy: str) -> None:
    """A finger that stands for the PIN is told apart from the PIN."""
    found = told(OLD, OLD.leaf().with_extension(PIV + b"\x08", encoded))
    assert (found.pin_policy, found.touch_policy) == (pin_policy, touch_policy)


@pytest.mark.parametrize("encoded", [b"", b"\x03", b"\x03\x02\x01", b"\x00\x02", b"\x06\x02", b"\x03\x00", b"\x03\x04"])
def test_policies_that_nobody_knows_are_refused(encoded: bytes) -> None:
    """Neither a missing half, nor one half too many, nor a number without a meaning."""
    assert "polic" in refusal(OLD, OLD.leaf().with_extension(PIV + b"\x08", encoded))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0x00, ""),
        (0x02, "Nano (USB-A)"),
        (0x03, "Keychain (USB-C)"),
        (0x04, "Nano (USB-C)"),
        (0x05, "Keychain (USB-C, Lightning)"),
        (0x07, "Bio (USB-C)"),
        (0x81, "Keychain (USB-A), FIPS"),
        (0x80, "FIPS"),
        (0x43, "Keychain (USB-C), Security Key"),
        (0x2A, "form factor 42"),
    ],
)
def test_a_form_factor_is_words(code: int, words: str) -> None:
    """Also of devices that are newer than this program."""
    assert told(OLD, OLD.leaf().with_extension(PIV + b"\x09", bytes([code]))).form_factor == words


def test_a_yubikey_4_does_not_say_what_it_looks_like() -> None:
    """The extension is missing there, and that is no fault."""
    assert told(OLD, OLD.leaf().without(PIV + b"\x09")).form_factor == ""


@pytest.mark.parametrize(("last", "word"), [(b"\x0a", "FIPS"), (b"\x0b", "CSPN")])
def test_what_a_device_is_certified_for_stands_in_its_own_certificate(last: bytes, word: str) -> None:
    """A number above zero, in the certificate of slot f9."""
    root = issuer("Test PIV Root CA")
    for level, words in ((3, f"Keychain (USB-A), {word}"), (0, "Keychain (USB-A)")):
        device = issuer("Yubico PIV Attestation", root, "P-256", (PIV + last, b"", integer(level)))
        family = replace(OLD, device=device, above=(root,))
        assert told(family, family.leaf()).form_factor == words


@pytest.mark.parametrize("slot", ["9a", "9c", "9d", "9e", "82", "8f", "95"])
def test_every_slot_for_keys_can_be_attested(slot: str) -> None:
    """The name of the certificate says which slot it is."""
    assert told(OLD, yubikey_key(OLD.device, slot)).slot == slot


@pytest.mark.parametrize("slot", ["f9", "9b", "96", "81", "9", "9c ", "9C", "../"])
def test_what_is_no_slot_for_keys_is_refused(slot: str) -> None:
    """The key that attests and the management key among them."""
    assert "no key of a device" in refusal(OLD, yubikey_key(OLD.device, slot))


@pytest.mark.parametrize(
    ("origin", "is_generated_inside"), [(0x01, True), (0x02, False), (0x11, False), (0x12, False), (0x00, False)]
)
def test_only_a_key_made_in_this_yubihsm_was_made_inside(origin: int, is_generated_inside: bool) -> None:  # noqa: FBT001
    """One that was made in another one and came wrapped was not."""
    leaf = YUBIHSM.leaf().with_extension(HSM + b"\x03", tlv(0x03, b"\x00", bytes([origin])))
    assert told(YUBIHSM, leaf).is_generated_inside is is_generated_inside


def test_a_key_that_can_leave_its_yubihsm_is_extractable() -> None:
    """Even wrapped: whoever has the wrapping key has it then."""
    leaf = yubihsm_key(YUBIHSM.device, capabilities=SIGN_ECDSA | EXPORTABLE_UNDER_WRAP)
    assert told(YUBIHSM, leaf).is_extractable


def test_the_serial_of_a_yubihsm_is_written_as_its_module_writes_it() -> None:
    """With zeros in front, up to eight digits."""
    above = YUBIHSM.above
    device = issuer("YubiHSM Attestation (7550010)", above[0])
    leaf = yubihsm_key(device).with_extension(HSM + b"\x02", integer(7550010))
    assert told(replace(YUBIHSM, device=device), leaf).serial == "07550010"


def test_a_yubihsm_speaks_of_its_own_keys_only() -> None:
    """The serial number in the certificate of the key is the one in that of the device."""
    leaf = YUBIHSM.leaf().with_extension(HSM + b"\x02", integer(13200461))
    assert "issuer" in refusal(YUBIHSM, leaf)


def test_an_object_has_one_id() -> None:
    """The one in the name is the one in the extension."""
    leaf = YUBIHSM.leaf().with_extension(HSM + b"\x06", integer(4))
    assert "id" in refusal(YUBIHSM, leaf)


@pytest.mark.parametrize("last", [0x03, 0x07, 0x08])
def test_a_yubikey_that_leaves_something_out_is_refused(last: int) -> None:
    """Firmware, serial number, policies: a device whose serial is hidden cannot be told from another."""
    assert "does not say" in refusal(OLD, OLD.leaf().without(PIV + bytes([last])))


@pytest.mark.parametrize("last", [0x01, 0x02, 0x03, 0x05, 0x06])
def test_a_yubihsm_that_leaves_something_out_is_refused(last: int) -> None:
    """Firmware, serial number, origin, capabilities, object id."""
    assert "does not say" in refusal(YUBIHSM, YUBIHSM.leaf().without(HSM + bytes([last])))


@pytest.mark.parametrize(
    ("last", "value"),
    [
        (0x03, b"\x05\x04"),
        (0x03, tlv(0x04, bytes([5, 4, 3]))),
        (0x07, integer(-1)),
        (0x07, integer(2**32)),
        (0x07, integer(2**512)),
        (0x07, b"\x02\x00"),
        (0x07, b"\x02\x02\x00\x01"),
        (0x07, integer(1) + b"\x00"),
        (0x07, tlv(0x04, b"\x01")),
        (0x09, b""),
        (0x09, b"\x01\x01"),
    ],
)
def test_a_fact_of_a_yubikey_in_the_wrong_form_is_refused(last: int, value: bytes) -> None:
    """Too short, too long, negative, of the wrong kind, or with something behind it."""
    assert refusal(OLD, OLD.leaf().with_extension(PIV + bytes([last]), value))


@pytest.mark.parametrize(
    ("last", "value"),
    [
        (0x01, bytes([2, 4, 1])),
        (0x01, tlv(0x04, bytes([2, 4]))),
        (0x02, integer(-13200460)),
        (0x03, tlv(0x03, b"\x01\x01")),
        (0x03, tlv(0x03, b"\x01\x02")),
        (0x03, tlv(0x04, b"\x01")),
        (0x05, tlv(0x03, b"\x00", bytes(7))),
        (0x05, tlv(0x03, b"\x00", bytes(9))),
        (0x05, tlv(0x03)),
        (0x06, integer(3) + integer(3)),
    ],
)
def test_a_fact_of_a_yubihsm_in_the_wrong_form_is_refused(last: int, value: bytes) -> None:
    """Too short, too long, negative, of the wrong kind, or with something behind it."""
    assert refusal(YUBIHSM, YUBIHSM.leaf().with_extension(HSM + bytes([last]), value))


def test_no_representation_holds_certificates() -> None:
    """A log line with the value stays a line."""
    assert "chain=" not in repr(told(OLD, OLD.leaf()))
