"""Keys of a YubiKey at work: touch, PIN policies, sizes, and what happens when the YubiKey goes away meanwhile."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fakes.bench import PINS
from fakes.virtual_yubikey import VirtualYubiKey
from fakes.yubikey_bench import YubikeyBench, by_hand, yubikey_bench
from yubikit.core.smartcard import ApduError
from yubikit.piv import PIN_POLICY, SLOT, TOUCH_POLICY

from hsm import DeviceKey, DeviceSigner, Scheme, Unlocked
from hsm.errors import (
    DeviceAbsentError,
    DeviceFaultError,
    KeyAbsentError,
    PinBlockedError,
    TouchMissingError,
    UnsupportedError,
    WrongPinError,
)
from hsm.signer import public_key_of
from hsm.yubikey_signing import LONGEST_PURE
from hsm.yubikey_slots import digest

VERIFY, AUTHENTICATE, ATTEST = 0x20, 0x87, 0xF9
SECONDS = 20
SCHEMES = (Scheme.P256, Scheme.P384, Scheme.ED25519)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[YubikeyBench]:
    """Ann's and bob's YubiKeys."""
    yield from yubikey_bench(tmp_path / "lab")


@pytest.fixture
def card(bench: YubikeyBench) -> VirtualYubiKey:
    """Ann's YubiKey itself, which nobody waits long for."""
    anns = bench.cards["ann"]
    anns.touch.timeout = 0.05
    return anns


@pytest.fixture
def unlocked(bench: YubikeyBench) -> Iterator[Unlocked]:
    """Ann's YubiKey, unlocked."""
    with bench.unlocked("ann") as opened:
        yield opened


@pytest.fixture
def key(unlocked: Unlocked) -> DeviceKey:
    """A key on ann's YubiKey."""
    return unlocked.generate("root", Scheme.P256)


def imported(bench: YubikeyBench, slot: SLOT, pin: PIN_POLICY, touch: TOUCH_POLICY) -> None:
    """A key from outside is in this slot of ann's."""
    with by_hand(bench.cards["ann"], PINS["ann"]) as session:
        session.put_key(slot, ec.generate_private_key(ec.SECP256R1()), pin, touch)


def asked(card: VirtualYubiKey) -> list[int]:
    """How often the YubiKey was given a PIN, and had to sign, in order."""
    return [instruction for instruction, *_ in card.log if instruction in {VERIFY, AUTHENTICATE}]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_signature_takes_the_pin_and_a_touch(card: VirtualYubiKey, unlocked: Unlocked, scheme: Scheme) -> None:
    """A key made here is given the PIN right before each use, and waits for a touch; what it signs holds."""
    key = unlocked.generate("root", scheme)
    card.log.clear()
    signer = DeviceSigner(unlocked, key)
    for message in (b"one", b"two" * 1000):
        public_key_of(key).verify_signature(signer.sign(message), message)
    assert asked(card) == [VERIFY, AUTHENTICATE] * 2
    card.touch.refuse = True
    with pytest.raises(TouchMissingError) as missing:
        unlocked.sign(key, b"three")
    assert (missing.value.serial, missing.value.seconds) == ("101", 15)


def test_after_a_missed_touch_it_is_tried_again_at_once(
    card: VirtualYubiKey, unlocked: Unlocked, key: DeviceKey
) -> None:
    """The YubiKey stays unlocked, and no try of the PIN is lost."""
    card.touch.refuse = True
    with pytest.raises(TouchMissingError):
        unlocked.sign(key, b"bytes")
    card.touch.refuse = False
    assert unlocked.sign(key, b"bytes")
    assert card.pin_attempts_left == 3


@pytest.mark.parametrize(
    ("pin", "touch", "verified"),
    [
        (PIN_POLICY.ALWAYS, TOUCH_POLICY.NEVER, [VERIFY]),
        (PIN_POLICY.ONCE, TOUCH_POLICY.CACHED, []),
        (PIN_POLICY.NEVER, TOUCH_POLICY.NEVER, []),
    ],
)
def test_the_pin_is_given_as_often_as_the_key_wants_it(
    bench: YubikeyBench, pin: PIN_POLICY, touch: TOUCH_POLICY, verified: list[int]
) -> None:
    """Once it was accepted, only a key that wants it always is given it again."""
    imported(bench, SLOT.AUTHENTICATION, pin, touch)
    with bench.unlocked("ann") as unlocked:
        (key,) = unlocked.keys()
        bench.cards["ann"].log.clear()
        signature = DeviceSigner(unlocked, key).sign(b"bytes")
    public_key_of(key).verify_signature(signature, b"bytes")
    assert asked(bench.cards["ann"]) == [*verified, AUTHENTICATE]


def test_a_refusal_that_is_no_touch_is_not_called_one(bench: YubikeyBench) -> None:
    """The same word of a key that wants no touch is a fault."""
    imported(bench, SLOT.AUTHENTICATION, PIN_POLICY.ONCE, TOUCH_POLICY.NEVER)
    with bench.unlocked("ann") as unlocked:
        (key,) = unlocked.keys()
        bench.cards["ann"].hook = lambda apdu: b"\x69\x82" if apdu[1] == AUTHENTICATE else None
        with pytest.raises(DeviceFaultError) as fault:
            unlocked.sign(key, b"bytes")
    assert fault.value.code == "SECURITY_CONDITION_NOT_SATISFIED"
    assert isinstance(fault.value.__cause__, ApduError)


@pytest.mark.parametrize(("word", "leaf"), [(b"\x63\xc1", WrongPinError), (b"\x63\xc0", WrongPinError)])
def test_a_pin_that_is_refused_later_is_not_tried_again(
    card: VirtualYubiKey, unlocked: Unlocked, key: DeviceKey, word: bytes, leaf: type[Exception]
) -> None:
    """The YubiKey is locked then: another signature asks for nothing any more."""
    card.hook = lambda apdu: word if apdu[1] == VERIFY else None
    with pytest.raises(leaf) as refused:
        unlocked.sign(key, b"bytes")
    assert getattr(refused.value, "attempts_left", None) == word[1] - 0xC0
    card.log.clear()
    with pytest.raises(DeviceAbsentError):
        unlocked.sign(key, b"bytes")
    assert asked(card) == []


def test_a_pin_that_was_blocked_meanwhile_is_not_sent(card: VirtualYubiKey, unlocked: Unlocked, key: DeviceKey) -> None:
    """The YubiKey says so itself, and is locked."""
    blocked = bytes.fromhex("0101ff 050100 06020300 9000")
    card.hook = lambda apdu: blocked if apdu[1] == 0xF7 and apdu[3] == 0x80 else None
    card.log.clear()
    with pytest.raises(PinBlockedError):
        unlocked.sign(key, b"bytes")
    assert asked(card) == []
    with pytest.raises(DeviceAbsentError):
        unlocked.keys()


def test_a_message_too_long_for_ed25519_is_refused_before_anything_is_asked(
    card: VirtualYubiKey, unlocked: Unlocked
) -> None:
    """The longest one is signed; one byte more costs neither PIN nor touch."""
    key = unlocked.generate("root", Scheme.ED25519)
    message = bytes(LONGEST_PURE)
    public_key_of(key).verify_signature(DeviceSigner(unlocked, key).sign(message), message)
    card.log.clear()
    with pytest.raises(UnsupportedError) as refused:
        unlocked.sign(key, message + b"x")
    assert refused.value.scheme == "ed25519 of 3046 bytes"
    assert card.log == []


def test_another_key_in_its_slot_does_not_sign_for_it(unlocked: Unlocked, key: DeviceKey) -> None:
    """A key that was replaced is missing, although its slot is not empty."""
    unlocked.generate("new", Scheme.P256, "9c", digest(key.public_der))
    with pytest.raises(KeyAbsentError) as missing:
        unlocked.sign(key, b"bytes")
    assert missing.value.label == "root"


def test_pulled_out_while_it_waits_for_the_touch_it_is_absent(
    bench: YubikeyBench, card: VirtualYubiKey, unlocked: Unlocked, key: DeviceKey
) -> None:
    """Whoever waits is told, and afterwards it is listed no more; the other one is."""
    card.touch.manual = True
    card.touch.timeout = SECONDS
    told: list[BaseException] = []

    def sign() -> None:
        try:
            unlocked.sign(key, b"bytes")
        except BaseException as error:  # noqa: BLE001 - whatever it was, the test shows it
            told.append(error)

    signing = threading.Thread(target=sign)
    signing.start()
    assert card.touch.waiting.wait(SECONDS)
    bench.lab.pull(card)
    signing.join(SECONDS)
    assert [type(each) for each in told] == [DeviceAbsentError]
    assert [device.info.serial for device in bench.devices()] == ["102"]


def test_closing_waits_for_the_touch_and_locks_then(
    bench: YubikeyBench, card: VirtualYubiKey, unlocked: Unlocked, key: DeviceKey
) -> None:
    """A signature under way is not cut off by who closes the device from another thread."""
    card.touch.manual = True
    card.touch.timeout = SECONDS
    signatures: list[bytes] = []
    signing = threading.Thread(target=lambda: signatures.append(unlocked.sign(key, b"bytes")))
    signing.start()
    assert card.touch.waiting.wait(SECONDS)
    closing = threading.Thread(target=unlocked.close)
    closing.start()
    card.touch.press()
    signing.join(SECONDS)
    closing.join(SECONDS)
    assert signatures
    bench.unlocked("ann").close()


def test_an_attestation_is_of_keys_that_were_made_inside(bench: YubikeyBench) -> None:
    """Two certificates for such a key, the key's own first; none for one from outside."""
    imported(bench, SLOT.AUTHENTICATION, PIN_POLICY.ONCE, TOUCH_POLICY.NEVER)
    with bench.unlocked("ann") as unlocked:
        outside = unlocked.keys()[0]
        made = unlocked.generate("root", Scheme.P256)
        told = [x509.load_der_x509_certificate(each) for each in unlocked.attestation(made)]
        assert unlocked.attestation(outside) == ()
        with pytest.raises(KeyAbsentError):
            unlocked.attestation(replace(made, key_id="9d"))
    leaf, device = told
    leaf.verify_directly_issued_by(device)
    assert leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == made.public_der


def test_an_attestation_of_another_key_is_not_passed_on(
    bench: YubikeyBench, card: VirtualYubiKey, unlocked: Unlocked, key: DeviceKey
) -> None:
    """What the YubiKey attests has to be the key that was asked for; a YubiKey that attests nothing has none."""
    other = unlocked.attestation(unlocked.generate("other", Scheme.P256, "82"))[0]
    card.hook = lambda apdu: other + b"\x90\x00" if apdu[1] == ATTEST else None
    with pytest.raises(KeyAbsentError):
        unlocked.attestation(key)
    card.hook = lambda apdu: b"\x6a\x80" if apdu[1] == ATTEST else None
    assert unlocked.attestation(key) == ()
    card.hook = None
    assert len(unlocked.attestation(key)) == 2
    assert bench.device("ann").keys() == unlocked.keys()


def test_a_key_found_in_no_slot_is_missing(unlocked: Unlocked, key: DeviceKey) -> None:
    """Names that are no slot, the slot of the attestation key, and another scheme find nothing."""
    strangers = [replace(key, key_id=name) for name in ("", "f9", "9C", "zz", "9d")]
    for stranger in (*strangers, replace(key, scheme=Scheme.P384), replace(key, scheme=Scheme.RSA_PSS)):
        with pytest.raises(KeyAbsentError):
            unlocked.sign(stranger, b"bytes")
