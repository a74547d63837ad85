"""What lies in the slots of a YubiKey, whoever put it there; over a wire, without PC/SC."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from fakes.virtual_yubikey import VirtualYubiKey
from fakes.yubikey_bench import Wire, by_hand
from yubikit.core.smartcard import ApduError
from yubikit.piv import KEY_TYPE, OBJECT_ID, PIN_POLICY, SLOT, TOUCH_POLICY, PivSession

from hsm import DeviceKey, Scheme, Slot
from hsm.yubikey_slots import keys, slots

OLD, NEW = (5, 2, 7), (5, 7, 4)
KEY = ec.generate_private_key(ec.SECP256R1())
METADATA = 0xF7


def public_der(key: PrivateKeyTypes) -> bytes:
    """The public half of a key."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def certificate(name: str, kind: x509.ObjectIdentifier = NameOID.COMMON_NAME) -> x509.Certificate:
    """A certificate of this name for KEY, by itself."""
    subject = x509.Name([x509.NameAttribute(kind, name, _validate=False)])
    return (
        x509.CertificateBuilder()
        .public_key(KEY.public_key())
        .subject_name(subject)
        .issuer_name(subject)
        .serial_number(1)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(KEY, SHA256())
    )


def named(content: bytes) -> str:
    """How a slot names what it holds."""
    return hashlib.sha256(content).hexdigest()[:16]


@contextmanager
def session_of(card: VirtualYubiKey) -> Iterator[PivSession]:
    """A session in which nothing is proved."""
    with Wire(card) as wire:
        yield PivSession(wire)


def told(card: VirtualYubiKey) -> tuple[tuple[DeviceKey, ...], dict[str, Slot]]:
    """The keys, and the slots by name."""
    with session_of(card) as session:
        return keys(session), {slot.name: slot for slot in slots(session)}


@pytest.fixture(params=[OLD, NEW], ids=["5.2.7", "5.7.4"])
def card(request: pytest.FixtureRequest) -> VirtualYubiKey:
    """A YubiKey without metadata, and one with them."""
    return VirtualYubiKey(101, request.param)


@pytest.fixture
def new() -> VirtualYubiKey:
    """A YubiKey that tells everything."""
    return VirtualYubiKey(101, NEW)


@pytest.fixture
def old() -> VirtualYubiKey:
    """A YubiKey without metadata."""
    return VirtualYubiKey(101, OLD)


def test_there_are_24_slots_that_for_signatures_first(card: VirtualYubiKey) -> None:
    """Every slot a key can be made in is told, with what it was made for; a new YubiKey holds nothing."""
    found, all_slots = told(card)
    assert list(all_slots) == ["9c", "9a", "9d", "9e", *(f"{number:02x}" for number in range(0x82, 0x96))]
    assert [slot.purpose for slot in all_slots.values()][:5] == [
        "Digital signature",
        "Authentication",
        "Key management",
        "Card authentication",
        "Retired 1",
    ]
    assert {(slot.holds, slot.content) for slot in all_slots.values()} == {("", "")}
    assert found == ()


def test_a_key_that_was_made_inside_is_told_with_its_policies(card: VirtualYubiKey) -> None:
    """Origin and policies come from the YubiKey itself, on older firmware from its attestation."""
    with by_hand(card) as session:
        public = session.generate_key(SLOT.RETIRED3, KEY_TYPE.ECCP384, PIN_POLICY.ONCE, TOUCH_POLICY.CACHED)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    found, all_slots = told(card)
    assert found == (DeviceKey("", "84", Scheme.P384, der, True, False, "once", "cached"),)  # noqa: FBT003
    assert found[0].public_der == der
    assert all_slots["84"].holds == named(der)
    assert all_slots["84"].content == "a P-384 key, made inside, without a certificate of its own"


def test_a_key_that_came_from_outside_is_told_as_such(new: VirtualYubiKey) -> None:
    """It was not made inside, and that it cannot leave is not said of it."""
    with by_hand(new) as session:
        session.put_key(SLOT.SIGNATURE, KEY, PIN_POLICY.ALWAYS, TOUCH_POLICY.NEVER)
        session.put_certificate(SLOT.SIGNATURE, certificate("mail"))
    found, all_slots = told(new)
    assert found == (DeviceKey("mail", "9c", Scheme.P256, public_der(KEY), False, None, "always", "never"),)  # noqa: FBT003
    assert all_slots["9c"].content == 'a P-256 key, imported, named "mail"'


def test_on_older_firmware_a_certificate_speaks_for_a_key_from_outside(old: VirtualYubiKey) -> None:
    """Nothing is known of it but its public half and its name; without a certificate not even that."""
    with by_hand(old) as session:
        session.put_key(SLOT.SIGNATURE, KEY)
        session.put_key(SLOT.AUTHENTICATION, KEY)
        session.put_certificate(SLOT.SIGNATURE, certificate("mail"))
    found, all_slots = told(old)
    assert found == (DeviceKey("mail", "9c", Scheme.P256, public_der(KEY)),)
    assert all_slots["9c"].content == 'a P-256 key, of unknown origin, named "mail"'
    assert all_slots["9a"].holds == ""


def test_a_certificate_of_another_key_names_nothing(new: VirtualYubiKey) -> None:
    """A label counts only where the certificate is that of the key in its slot."""
    with by_hand(new) as session:
        session.put_key(SLOT.SIGNATURE, ec.generate_private_key(ec.SECP256R1()))
        session.put_certificate(SLOT.SIGNATURE, certificate("root"))
    (key,), all_slots = told(new)
    assert key.label == ""
    assert "without a certificate of its own" in all_slots["9c"].content


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("root ключ", "root ключ"),
        ("\x1b[2Jroot\n\u202e", "\ufffd[2Jroot\ufffd\ufffd"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_label_cannot_steer_a_terminal(new: VirtualYubiKey, name: str, label: str) -> None:
    """Letters that no screen should be sent are replaced, and far too many are cut, in labels and in slots."""
    with by_hand(new) as session:
        session.put_key(SLOT.SIGNATURE, KEY)
        session.put_certificate(SLOT.SIGNATURE, certificate(name), compress=True)
        session.put_certificate(SLOT.AUTHENTICATION, certificate(name), compress=True)
    (key,), all_slots = told(new)
    assert key.label == label
    assert all_slots["9c"].content == f'a P-256 key, imported, named "{label}"'
    assert all_slots["9a"].content == f'a certificate named "{label}", and no key'


def test_a_certificate_alone_is_told_by_its_own_digest(new: VirtualYubiKey) -> None:
    """It lies there without a key, and would be lost; what cannot be read as one would be lost too."""
    lone = certificate("ann", kind=NameOID.ORGANIZATION_NAME)
    with by_hand(new) as session:
        session.put_certificate(SLOT.AUTHENTICATION, lone)
        session.put_object(OBJECT_ID.KEY_MANAGEMENT, b"\x70\x03abc\x71\x01\x00")
        session.put_object(OBJECT_ID.CARD_AUTH, b"\x70\x04\x1f\x8b\x08\x00\x71\x01\x01")
    found, all_slots = told(new)
    assert found == ()
    assert all_slots["9a"].holds == named(lone.public_bytes(Encoding.DER))
    assert {all_slots[name].content for name in ("9a", "9d", "9e")} == {"a certificate, and no key"}
    assert all_slots["9d"].holds == named(b"abc")


def test_keys_for_other_uses_are_no_keys_of_ours_but_fill_their_slots(new: VirtualYubiKey) -> None:
    """RSA, key agreement and kinds not known here are passed over, and never taken for empty."""
    with by_hand(new) as session:
        session.put_key(SLOT.AUTHENTICATION, rsa.generate_private_key(65537, 2048))
        session.put_key(SLOT.KEY_MANAGEMENT, x25519.X25519PrivateKey.generate())
    strange = b"\x01\x01\x99\x02\x02\x02\x01\x03\x01\x01"
    new.hook = lambda apdu: strange + b"\x90\x00" if apdu[1] == METADATA and apdu[3] == SLOT.RETIRED1 else None
    found, all_slots = told(new)
    assert found == ()
    assert [all_slots[name].content.partition(",")[0] for name in ("9a", "9d", "82")] == [
        "an RSA 2048 key",
        "a key for other uses",
        "a key of a kind not known here",
    ]
    assert all_slots["82"].holds == named(strange)


@pytest.mark.parametrize("instruction", [METADATA, 0xCB])
def test_a_slot_that_cannot_be_read_is_not_taken_for_empty(new: VirtualYubiKey, instruction: int) -> None:
    """Whatever else than "not found" it answers is passed on."""
    with by_hand(new) as session:
        session.generate_key(SLOT.SIGNATURE, KEY_TYPE.ECCP256)
    is_of_slot = {METADATA: {0x9C}, 0xCB: {0xFF}}[instruction]
    new.hook = lambda apdu: b"\x6f\x00" if apdu[1] == instruction and apdu[3] in is_of_slot else None
    with pytest.raises(ApduError):
        told(new)


def test_the_oldest_firmware_speaks_of_no_key(old: VirtualYubiKey) -> None:
    """Before 4.3 only a certificate tells that there may be a key."""
    oldest = VirtualYubiKey(102, (4, 2, 8))
    for each in (old, oldest):
        with by_hand(each) as session:
            session.generate_key(SLOT.SIGNATURE, KEY_TYPE.ECCP256, PIN_POLICY.ALWAYS)
    assert [key.key_id for key in told(old)[0]] == ["9c"]
    assert told(oldest)[0] == ()


def test_keys_come_by_label_then_slot(new: VirtualYubiKey) -> None:
    """Listings are in order of label, and of slot where labels are alike."""
    with by_hand(new) as session:
        for slot, name in ((SLOT.SIGNATURE, "b"), (SLOT.RETIRED2, "a"), (SLOT.AUTHENTICATION, "b")):
            session.put_key(slot, KEY)
            session.put_certificate(slot, certificate(name))
    assert [(key.label, key.key_id) for key in told(new)[0]] == [("a", "83"), ("b", "9a"), ("b", "9c")]
