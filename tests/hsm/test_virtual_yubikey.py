"""The virtual YubiKey, judged by Yubico's own library, which takes it for a real one."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from fakes.virtual_yubikey import Pulled, VirtualYubiKey, YubicoLikeAuthority
from fakes.virtual_yubikey.wire import Wire
from yubikit.core import TRANSPORT, ApplicationNotAvailableError, InvalidPinError
from yubikit.core.smartcard import ApduError, SmartCardProtocol
from yubikit.management import CAPABILITY, DeviceConfig, ManagementSession
from yubikit.piv import (
    DEFAULT_MANAGEMENT_KEY,
    KEY_TYPE,
    MANAGEMENT_KEY_TYPE,
    OBJECT_ID,
    PIN_POLICY,
    SLOT,
    TOUCH_POLICY,
    PivSession,
)

PIN, PUK = "123456", "12345678"
SECURITY, CONDITIONS, WRONG_DATA, NO_KEY, NO_OBJECT = 0x6982, 0x6985, 0x6A80, 0x6A88, 0x6A82
MESSAGE = b'{"_type":"root"}'
OLD, NEW = (5, 4, 3), (5, 7, 4)
SCHEMES = [KEY_TYPE.ECCP256, KEY_TYPE.ECCP384, KEY_TYPE.RSA2048]
NEWER = [KEY_TYPE.ED25519, KEY_TYPE.X25519, KEY_TYPE.RSA3072, KEY_TYPE.RSA4096]
ARC = "1.3.6.1.4.1.41482.3"

authority = cache(YubicoLikeAuthority.make)


@pytest.fixture(params=[OLD, NEW], ids=["5.4.3", "5.7.4"])
def key(request: pytest.FixtureRequest) -> VirtualYubiKey:
    """A fresh key, of each generation in turn."""
    family = "new" if request.param >= NEW else "old"
    return VirtualYubiKey(serial=11223344, firmware=request.param, authority=authority(family))


@pytest.fixture
def piv(key: VirtualYubiKey) -> PivSession:
    """A session with it."""
    return PivSession(Wire(key))


@pytest.fixture
def managed(piv: PivSession) -> PivSession:
    """A session that has proved the management key."""
    piv.authenticate(DEFAULT_MANAGEMENT_KEY)
    return piv


@contextmanager
def refused(status: int) -> Iterator[None]:
    """The card answers with this status word."""
    with pytest.raises(ApduError) as caught:
        yield
    assert caught.value.sw == status


def sign(piv: PivSession, slot: SLOT = SLOT.AUTHENTICATION, kind: KEY_TYPE = KEY_TYPE.ECCP256) -> bytes:
    """A signature over the message."""
    return piv.sign(slot, kind, MESSAGE, hashes.SHA256(), padding.PKCS1v15())


def verify(public: object, signature: bytes) -> None:
    """The signature is the key's."""
    match public:
        case ec.EllipticCurvePublicKey():
            public.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA256()))
        case rsa.RSAPublicKey():
            public.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        case ed25519.Ed25519PublicKey():
            public.verify(signature, MESSAGE)


def test_a_key_says_what_it_is(key: VirtualYubiKey, piv: PivSession) -> None:
    """Serial number, firmware and form factor are told as by hardware; an application that is off is not there."""
    assert (piv.get_serial(), tuple(piv.version)) == (11223344, key.firmware)
    management = ManagementSession(Wire(key))
    info = management.read_device_info()
    assert (info.serial, tuple(info.version), info.form_factor) == (11223344, key.firmware, 1)
    assert CAPABILITY.PIV in info.config.enabled_capabilities[TRANSPORT.USB]
    management.write_device_config(DeviceConfig({TRANSPORT.USB: CAPABILITY.OATH}))
    with pytest.raises(ApplicationNotAvailableError):
        PivSession(Wire(key))


def test_a_fresh_key_admits_its_defaults(piv: PivSession, key: VirtualYubiKey) -> None:
    """PIN, PUK and management key are the factory's; the cipher is that of the firmware."""
    codes, management = (piv.get_pin_metadata(), piv.get_puk_metadata()), piv.get_management_key_metadata()
    assert all((code.default_value, code.total_attempts, code.attempts_remaining) == (True, 3, 3) for code in codes)
    assert management.default_value
    assert management.key_type == (MANAGEMENT_KEY_TYPE.AES192 if key.firmware >= NEW else MANAGEMENT_KEY_TYPE.TDES)


def test_changed_codes_are_no_defaults(managed: PivSession) -> None:
    """After the three changes nothing is the factory's, and the old PIN is wrong."""
    managed.change_pin(PIN, "654321")
    managed.change_puk(PUK, "87654321")
    managed.set_management_key(MANAGEMENT_KEY_TYPE.AES256, bytes(range(32)))
    assert not managed.get_pin_metadata().default_value
    assert not managed.get_puk_metadata().default_value
    assert not managed.get_management_key_metadata().default_value
    managed.authenticate(bytes(range(32)))
    with pytest.raises(InvalidPinError):
        managed.verify_pin(PIN)


def test_other_tries_bring_the_default_codes_back(managed: PivSession, key: VirtualYubiKey) -> None:
    """Setting the tries wants management key and PIN, and undoes a change of PIN and PUK."""
    managed.change_pin(PIN, "654321")
    with refused(SECURITY):
        managed.set_pin_attempts(5, 4)
    managed.verify_pin("654321")
    managed.set_pin_attempts(5, 4)
    assert (key.pin_attempts_left, key.puk_attempts_left) == (5, 4)
    assert managed.get_pin_metadata().default_value
    managed.verify_pin(PIN)


def test_a_wrong_pin_costs_tries_until_the_puk_helps(piv: PivSession, key: VirtualYubiKey) -> None:
    """Three wrong PINs block it, also for the right one; a wrong PUK costs a try, the right one sets a new PIN."""
    for left in (2, 1, 0):
        with pytest.raises(InvalidPinError) as wrong:
            piv.verify_pin("000000")
        assert wrong.value.attempts_remaining == key.pin_attempts_left == left
    with pytest.raises(InvalidPinError) as blocked:
        piv.verify_pin(PIN)
    assert blocked.value.attempts_remaining == 0
    with pytest.raises(InvalidPinError):
        piv.unblock_pin("00000000", "654321")
    assert key.puk_attempts_left == 2
    piv.unblock_pin(PUK, "654321")
    piv.verify_pin("654321")


@pytest.mark.parametrize("kind", SCHEMES + NEWER[:1])
def test_a_generated_key_signs_and_is_attested(managed: PivSession, key: VirtualYubiKey, kind: KEY_TYPE) -> None:
    """Each algorithm of the firmware signs, and the device vouches for it up to the root of its authority."""
    if kind in NEWER and key.firmware < NEW:
        pytest.skip("not in this firmware")
    slot = SLOT.RETIRED1
    public = managed.generate_key(slot, kind, PIN_POLICY.ONCE, TOUCH_POLICY.CACHED)
    managed.verify_pin(PIN)
    verify(public, sign(managed, slot, kind))
    attestation = managed.attest_key(slot)
    assert attestation.public_key() == public == managed.get_slot_metadata(slot).public_key
    ours = authority("new" if key.firmware >= NEW else "old")
    chain = [attestation, managed.get_certificate(SLOT.ATTESTATION), *reversed(ours.intermediates), ours.root]
    assert len(chain) == (5 if key.firmware >= NEW else 3)
    for lower, upper in zip(chain, [*chain[1:], ours.root], strict=True):
        lower.verify_directly_issued_by(upper)


def test_an_attestation_says_what_hardware_says(managed: PivSession, key: VirtualYubiKey) -> None:
    """Firmware, serial, policies and form factor are encoded as in the certificates of real devices."""
    managed.generate_key(SLOT.SIGNATURE, KEY_TYPE.ECCP256, touch_policy=TOUCH_POLICY.ALWAYS)
    attestation = managed.attest_key(SLOT.SIGNATURE)
    said = {each.oid.dotted_string: each.value.value for each in attestation.extensions}
    assert said == {
        f"{ARC}.3": bytes(key.firmware),
        f"{ARC}.7": bytes.fromhex("020400ab4130"),
        f"{ARC}.8": b"\x03\x02",
        f"{ARC}.9": b"\x01",
    }
    assert attestation.subject.rfc4514_string() == "CN=YubiKey PIV Attestation 9c"
    device = managed.get_certificate(SLOT.ATTESTATION)
    assert attestation.not_valid_after_utc == device.not_valid_after_utc
    assert device.extensions[0].value.value == bytes(key.firmware)
    is_ca = x509.BasicConstraints(ca=True, path_length=0) in [each.value for each in device.extensions]
    assert is_ca == (key.firmware >= NEW)  # as with a YubiKey 4, the hardest case for whoever checks a chain


def test_two_devices_and_two_authorities_share_no_key() -> None:
    """What one device or authority signed was not signed by another of the same name."""
    certificates = [
        PivSession(Wire(VirtualYubiKey(serial, OLD, authority("old")))).get_certificate(SLOT.ATTESTATION)
        for serial in (1, 2)
    ]
    roots = [authority("old").root, YubicoLikeAuthority.make("old").root]
    assert len({each.public_key().public_numbers().n for each in (*certificates, *roots)}) == 4


def test_an_imported_key_signs_and_is_not_attested(managed: PivSession) -> None:
    """A key from outside says so in its metadata, and the device does not vouch for it."""
    private = ec.generate_private_key(ec.SECP256R1())
    managed.put_key(SLOT.AUTHENTICATION, private, PIN_POLICY.NEVER)
    verify(private.public_key(), sign(managed))
    assert not managed.get_slot_metadata(SLOT.AUTHENTICATION).generated
    with refused(WRONG_DATA):
        managed.attest_key(SLOT.AUTHENTICATION)


def test_slots_have_policies_of_their_own(managed: PivSession) -> None:
    """Slot 9c wants the PIN for each signature, 9e never, the others once; none wants a touch, and none has a key."""
    for slot, policy in {0x9A: 2, 0x9C: 3, 0x9D: 2, 0x9E: 1, 0x82: 2}.items():
        with refused(NO_KEY):
            managed.get_slot_metadata(SLOT(slot))
        with refused(WRONG_DATA):
            sign(managed, SLOT(slot))
        managed.generate_key(SLOT(slot), KEY_TYPE.ECCP256)
        metadata = managed.get_slot_metadata(SLOT(slot))
        assert (metadata.pin_policy, metadata.touch_policy, metadata.generated) == (policy, 1, True)


@pytest.mark.parametrize("kind", NEWER)
def test_old_firmware_has_no_new_algorithms(kind: KEY_TYPE) -> None:
    """What came with 5.7 is refused before, by the card itself; so is moving a key, and metadata before 5.3."""
    piv = PivSession(Wire(VirtualYubiKey(1, (5, 2, 7), authority("old"))))
    piv.authenticate(DEFAULT_MANAGEMENT_KEY)
    with refused(WRONG_DATA):
        piv.protocol.send_apdu(0, 0x47, 0, 0x9A, bytes([0xAC, 3, 0x80, 1, kind]))
    for unknown in (0xF6, 0xF7):
        with refused(0x6D00):
            piv.protocol.send_apdu(0, unknown, 0x9C, 0x9A)


def test_keys_move_and_go(managed: PivSession, key: VirtualYubiKey) -> None:
    """From 5.7 on a key can be moved to an empty slot, where it is the same, and deleted."""
    if key.firmware < NEW:
        pytest.skip("not in this firmware")
    managed.generate_key(SLOT.AUTHENTICATION, KEY_TYPE.X25519)
    before = managed.get_slot_metadata(SLOT.AUTHENTICATION)
    managed.move_key(SLOT.AUTHENTICATION, SLOT.RETIRED20)
    assert managed.get_slot_metadata(SLOT.RETIRED20) == before
    ours = x25519.X25519PrivateKey.generate()
    managed.verify_pin(PIN)
    assert managed.calculate_secret(SLOT.RETIRED20, ours.public_key()) == ours.exchange(before.public_key)
    managed.delete_key(SLOT.RETIRED20)
    with refused(NO_KEY):
        managed.get_slot_metadata(SLOT.RETIRED20)


def test_slot_9c_wants_the_pin_right_before_each_signature(managed: PivSession) -> None:
    """One signature for one PIN; and whatever command comes between, the PIN was for nothing."""
    public = managed.generate_key(SLOT.SIGNATURE, KEY_TYPE.ECCP256)
    managed.verify_pin(PIN)
    verify(public, sign(managed, SLOT.SIGNATURE))
    with refused(SECURITY):
        sign(managed, SLOT.SIGNATURE)
    managed.verify_pin(PIN)
    managed.get_slot_metadata(SLOT.SIGNATURE)
    with refused(SECURITY):
        sign(managed, SLOT.SIGNATURE)


def test_a_wrong_management_key_opens_nothing(managed: PivSession) -> None:
    """A wrong key is refused, and ends what the right one had begun."""
    with refused(SECURITY):
        managed.authenticate(bytes(23) + b"\1")
    with refused(SECURITY):
        managed.generate_key(SLOT.AUTHENTICATION, KEY_TYPE.ECCP256)


def test_losing_power_forgets_the_session(managed: PivSession, key: VirtualYubiKey) -> None:
    """After a reset of the card neither PIN nor management key is proved."""
    managed.generate_key(SLOT.AUTHENTICATION, KEY_TYPE.ECCP256)
    managed.verify_pin(PIN)
    key.power_off()
    key.power_on()
    again = PivSession(Wire(key))
    with refused(SECURITY):
        sign(again)
    with refused(SECURITY):
        again.delete_certificate(SLOT.AUTHENTICATION)


@contextmanager
def signing(piv: PivSession) -> Iterator[list[object]]:
    """While somebody signs in a thread of their own; afterwards the list has the signature, or what went wrong."""
    results: list[object] = []

    def work() -> None:
        try:
            results.append(sign(piv))
        except (ApduError, Pulled) as error:
            results.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    yield results
    thread.join(10)


def touchy(piv: PivSession, policy: TOUCH_POLICY = TOUCH_POLICY.ALWAYS) -> object:
    """The public half of a new key that wants a touch and no PIN."""
    return piv.generate_key(SLOT.AUTHENTICATION, KEY_TYPE.ECCP256, PIN_POLICY.NEVER, policy)


def test_a_key_waits_for_a_finger(managed: PivSession, key: VirtualYubiKey) -> None:
    """Nothing is signed before the touch, and a touch before the key waits is not noticed."""
    public = touchy(managed)
    key.touch.manual = True
    key.touch.press()
    with signing(managed) as results:
        assert key.touch.waiting.wait(10)
        assert results == []
        key.touch.press()
    verify(public, results[0])
    assert not key.touch.waiting.is_set()


@pytest.mark.parametrize("setting", ["manual", "refuse", "delay"])
def test_a_missed_touch_is_a_refusal(managed: PivSession, key: VirtualYubiKey, setting: str) -> None:
    """When nobody touches in time the key has waited that long, and says what it says to a missing PIN."""
    touchy(managed)
    setattr(key.touch, setting, 60.0)
    key.touch.timeout = 0.05
    since = time.monotonic()
    with refused(SECURITY):
        sign(managed)
    assert 0.05 <= time.monotonic() - since < 5


def test_a_touch_is_kept_for_a_while(managed: PivSession, key: VirtualYubiKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the cached policy one touch serves several signatures, until it is too old."""
    touchy(managed, TOUCH_POLICY.CACHED)
    sign(managed)
    key.touch.refuse, key.touch.timeout = True, 0.0
    sign(managed)
    monkeypatch.setattr("fakes.virtual_yubikey.security.CACHE_SECONDS", 0.0)
    with refused(SECURITY):
        sign(managed)


def test_a_key_that_is_pulled_answers_nothing(managed: PivSession, key: VirtualYubiKey) -> None:
    """A command under way ends when the key leaves the port, and no other begins until it is back."""
    touchy(managed)
    key.touch.manual = True
    with signing(managed) as results:
        assert key.touch.waiting.wait(10)
        key.pull()
    assert isinstance(results[0], Pulled)
    with pytest.raises(Pulled):
        managed.get_serial()
    key.power_on()
    assert PivSession(Wire(key)).get_slot_metadata(SLOT.AUTHENTICATION).touch_policy == TOUCH_POLICY.ALWAYS


def test_a_reset_needs_both_codes_blocked(managed: PivSession, key: VirtualYubiKey) -> None:
    """Then keys, objects and codes are the factory's; slot f9 stays as it was."""
    managed.generate_key(SLOT.AUTHENTICATION, KEY_TYPE.ECCP256)
    managed.put_object(OBJECT_ID.CHUID, b"chuid")
    managed.change_pin(PIN, "654321")
    before = managed.get_certificate(SLOT.ATTESTATION)
    with refused(CONDITIONS):
        managed.protocol.send_apdu(0, 0xFB, 0, 0)
    managed.reset()
    with refused(NO_OBJECT):
        managed.get_object(OBJECT_ID.CHUID)
    with refused(NO_KEY):
        managed.get_slot_metadata(SLOT.AUTHENTICATION)
    assert managed.get_pin_metadata().default_value
    assert (key.pin_attempts_left, key.puk_attempts_left) == (3, 3)
    assert managed.get_certificate(SLOT.ATTESTATION) == before


def test_long_commands_and_answers_come_in_pieces(managed: PivSession, key: VirtualYubiKey) -> None:
    """A host of short commands writes and reads what one of long commands reads."""
    data, long = bytes(range(256)) * 11, managed.protocol
    managed.protocol = SmartCardProtocol(Wire(key))
    managed.put_object(OBJECT_ID.CHUID, data)
    assert managed.get_object(OBJECT_ID.CHUID) == data
    assert [each[0] for each in key.log].count(0xC0) == 11
    managed.protocol = long
    assert managed.get_object(OBJECT_ID.CHUID) == data


def test_some_objects_are_behind_the_pin(managed: PivSession) -> None:
    """Printed information is read by whoever verified the PIN, until they log out."""
    managed.put_object(OBJECT_ID.PRINTED, b"printed")
    with refused(SECURITY):
        managed.get_object(OBJECT_ID.PRINTED)
    managed.verify_pin(PIN)
    assert managed.get_object(OBJECT_ID.PRINTED) == b"printed"
    managed.protocol.send_apdu(0, 0x20, 0xFF, 0x80)
    with refused(SECURITY):
        managed.get_object(OBJECT_ID.PRINTED)


def test_a_test_can_answer_for_the_key_and_reads_what_passed(piv: PivSession, key: VirtualYubiKey) -> None:
    """The hook's answer is the key's; the log has instructions and status words, and no PIN."""
    key.hook = lambda apdu: b"\x6f\x00" if apdu[1] == 0xFD else None
    with refused(0x6F00):
        piv.protocol.send_apdu(0, 0xFD, 0, 0)
    piv.verify_pin(PIN)
    assert key.log[-2:] == [(0xFD, 0, 0, 0x6F00), (0x20, 0, 0x80, 0x9000)]
