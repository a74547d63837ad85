"""Keys on PKCS#11 tokens: what is told of them, how they are made, and signatures that fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)
from fakes.bench import PINS
from fakes.faulty_pkcs11 import FaultyModule
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.types import Session

from hsm import DeviceKey, DeviceSigner, Pin, Scheme
from hsm.errors import (
    DeviceAbsentError,
    DeviceError,
    DeviceFaultError,
    KeyAbsentError,
    PinBlockedError,
    TouchMissingError,
    UnsupportedError,
    WrongPinError,
)
from hsm.pkcs11_device import Pkcs11Device, UnlockedPkcs11Device
from hsm.pkcs11_process import ModuleRefusedError
from hsm.signer import public_key_of

ANN = Pin(PINS["ann"])
LOCAL, EXTRACTABLE, NEVER_EXTRACTABLE, ALWAYS_SENSITIVE = 0x163, 0x162, 0x164, 0x165
SIGN, ALWAYS_AUTHENTICATE, LABEL, ID, EC_PARAMS = 0x108, 0x202, 0x3, 0x102, 0x180
SENSITIVE, WRAP, DERIVE = 0x103, 0x106, 0x10C
P256 = bytes.fromhex("06082a8648ce3d030107")


@contextmanager
def session_of(device: Pkcs11Device) -> Iterator[Session]:
    """A session of another program, logged in as ann: python-pkcs11, in this process instead of the module's own."""
    library = pkcs11.lib(str(device.module))
    library.reinitialize()  # it is SoftHSM of an earlier test that this process has loaded
    try:
        token = library.get_token(token_serial=device.info.serial.encode())
        with token.open(rw=True, user_pin=PINS["ann"]) as session:
            yield session
    finally:
        library.finalize()


def test_keys_that_are_not_ours_are_passed_over(anns: Pkcs11Device) -> None:
    """Short RSA and other curves do not show; a public key without its private half shows only while locked."""
    with session_of(anns) as session:
        session.generate_keypair(KeyType.RSA, 2048, store=True, label="rsa", id=b"\x01")
        other = {Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters("secp256k1")}
        curve = session.create_domain_parameters(KeyType.EC, other, local=True)
        curve.generate_keypair(mechanism=pkcs11.Mechanism.EC_KEY_PAIR_GEN, store=True, label="k1", id=b"\x02")
    with anns.unlock(ANN) as unlocked:
        key = unlocked.generate("root", Scheme.P256)
        assert unlocked.keys() == (key,)
    with session_of(anns) as session:
        private_half(session, key).destroy()
    with anns.unlock(ANN) as unlocked:
        assert unlocked.keys() == ()
    assert anns.keys() == (replace(key, is_extractable=None, pin_policy=""),)


def private_half(session: Session, key: DeviceKey) -> pkcs11.Object:
    """The private half of a key."""
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: bytes.fromhex(key.key_id)}
    (found,) = session.get_objects(wanted)
    return found


@pytest.mark.parametrize("attribute", [NEVER_EXTRACTABLE, ALWAYS_SENSITIVE])
def test_a_key_that_could_once_leave_counts_as_extractable(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey, attribute: int
) -> None:
    """It is not enough that a key cannot leave now."""
    assert unlocked.keys() == (key,)
    faulty.spoil(f"attribute {attribute:x} 0")
    (seen,) = unlocked.keys()
    assert seen.is_extractable is True


def test_an_imported_key_says_so(anns: Pkcs11Device) -> None:
    """A key that was written onto the token was not made there, and has a copy elsewhere."""
    private = ec.generate_private_key(ec.SECP256R1())
    names = {Attribute.TOKEN: True, Attribute.ID: b"\x07", Attribute.LABEL: "imported"}
    plain = private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with session_of(anns) as session:
        session.create_object(pkcs11.util.ec.decode_ec_private_key(plain) | names | {Attribute.SIGN: True})
        session.create_object(pkcs11.util.ec.decode_ec_public_key(public) | names)
    with anns.unlock(ANN) as unlocked:
        (key,) = unlocked.keys()
        public_key_of(key).verify_signature(DeviceSigner(unlocked, key).sign(b"bytes"), b"bytes")
    assert (key.is_generated_inside, key.is_extractable) == (False, True)
    assert key.public_der == public


def test_what_the_token_does_not_tell_is_unknown(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """Attributes that cannot be read are None, never a guess."""
    assert key.is_extractable is False
    faulty.spoil(f"hidden {LOCAL:x}", f"hidden {NEVER_EXTRACTABLE:x}")
    (seen,) = unlocked.keys()
    assert (seen.is_generated_inside, seen.is_extractable) == (None, None)


def test_a_key_without_a_readable_id_is_passed_over(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """A key that cannot be named again is not listed; one without a label is."""
    faulty.spoil(f"hidden {ID:x}")
    assert unlocked.keys() == ()
    faulty.spoil(f"hidden {LABEL:x}")
    assert unlocked.keys() == (replace(key, label=""),)


@pytest.mark.parametrize("spoiled", [f"attribute {EXTRACTABLE:x} 1", f"attribute {LOCAL:x} 0", f"hidden {EC_PARAMS:x}"])
def test_a_new_key_that_is_not_kept_inside_is_destroyed(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, spoiled: str
) -> None:
    """A token that makes an extractable, foreign or unreadable key is at fault, and the key is gone."""
    faulty.spoil(spoiled)
    with pytest.raises(DeviceFaultError) as fault:
        unlocked.generate("root", Scheme.P256)
    assert fault.value.code == "KeyNotKeptInside"
    faulty.spoil()
    assert unlocked.keys() == ()


def test_a_new_key_that_cannot_be_read_is_not_made_twice(faulty: FaultyModule, unlocked: UnlockedPkcs11Device) -> None:
    """What a token answers to the question for a key is not taken for a refusal to make it."""
    faulty.spoil("C_GetAttributeValue 13")
    with pytest.raises(DeviceFaultError) as fault:
        unlocked.generate("root", Scheme.P256)
    assert fault.value.code == "CKR_ATTRIBUTE_VALUE_INVALID"
    faulty.spoil()
    (made,) = unlocked.keys()
    assert made.label == "root"


def test_a_mechanism_that_is_refused_is_unsupported(faulty: FaultyModule, unlocked: UnlockedPkcs11Device) -> None:
    """A token that promised a scheme and cannot make it does not support it."""
    faulty.spoil("C_GenerateKeyPair 70")
    with pytest.raises(UnsupportedError) as unsupported:
        unlocked.generate("root", Scheme.ED25519)
    assert unsupported.value.scheme == "ed25519"


def test_a_scheme_the_token_does_not_have_is_unsupported(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """A token without mechanisms makes no key."""
    faulty.spoil("no_mechanisms 1")
    with device.unlock(ANN) as unlocked, pytest.raises(UnsupportedError):
        unlocked.generate("root", Scheme.P256)


@pytest.mark.parametrize(
    ("function", "code", "kind"),
    [
        (function, code, kind)
        for function in ("C_SignInit", "C_Sign")
        for code, kind in [
            (0x32, DeviceAbsentError),
            (0xE0, DeviceAbsentError),
            (0xB3, DeviceAbsentError),
            (0x82, DeviceAbsentError),
            (0x60, DeviceAbsentError),
            (0x30, DeviceFaultError),
            (0x05, DeviceFaultError),
            (0x101, DeviceFaultError),
            (0x80000001, DeviceFaultError),
            (0x50, TouchMissingError),
            (0xA0, WrongPinError),
            (0xA4, PinBlockedError),
        ]
    ],
)
def test_a_signature_that_fails_is_told_by_its_reason(  # noqa: PLR0913, PLR0917 - fixtures, and the columns of the table
    faulty: FaultyModule,
    device: Pkcs11Device,
    unlocked: UnlockedPkcs11Device,
    key: DeviceKey,
    function: str,
    code: int,
    kind: type[DeviceError],
) -> None:
    """Absent, untouched, PIN and fault are told apart; the vendor's error is kept, and the next signature passes."""
    faulty.spoil(f"{function} {code:x}")
    with pytest.raises(kind) as failed:
        unlocked.sign(key, b"bytes")
    assert failed.value.serial == unlocked.info.serial
    assert isinstance(failed.value.__cause__, ModuleRefusedError)
    faulty.spoil()
    if kind in {WrongPinError, PinBlockedError}:
        unlocked = device.unlock(ANN)
    with unlocked:
        assert unlocked.sign(key, b"bytes")


def test_any_failure_of_a_device_that_is_gone_is_an_absence(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """A general error counts as unplugging when the token cannot be found just afterwards."""
    faulty.spoil("C_Sign 5", "gone_after_failure 1")
    with pytest.raises(DeviceAbsentError):
        unlocked.sign(key, b"bytes")


def test_a_key_that_wants_its_pin_each_time_gets_it(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """Two signatures in a row pass on a key that must be unlocked for each."""
    faulty.spoil(f"attribute {ALWAYS_AUTHENTICATE:x} 1")
    for message in (b"first", b"second"):
        assert unlocked.sign(key, message)


@pytest.mark.parametrize(("code", "kind"), [(0xA0, WrongPinError), (0xA4, PinBlockedError)])
def test_a_pin_refused_at_a_signature_is_told(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey, code: int, kind: type[DeviceError]
) -> None:
    """A PIN that is refused for one signature is a wrong or a blocked PIN."""
    faulty.spoil(f"attribute {ALWAYS_AUTHENTICATE:x} 1", f"C_Login_context {code:x}")
    with pytest.raises(kind):
        unlocked.sign(key, b"bytes")


def test_a_signature_of_the_wrong_length_is_a_fault(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """Half a signature is not passed on."""
    faulty.spoil("signature 3f")
    with pytest.raises(DeviceFaultError) as fault:
        unlocked.sign(key, b"bytes")
    assert fault.value.code == "CKR_SIGNATURE_LEN_RANGE"


def test_a_key_that_may_not_sign_is_a_fault(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """A private key kept for another use is there, but does not sign."""
    faulty.spoil(f"attribute {SIGN:x} 0")
    with pytest.raises(DeviceFaultError) as fault:
        unlocked.sign(key, b"bytes")
    assert fault.value.code == "KeyNotForSigning"


def test_two_keys_under_one_id_sign_nothing(anns: Pkcs11Device) -> None:
    """Where an id names two private keys, neither is taken."""
    with anns.unlock(ANN) as unlocked:
        first, second = (unlocked.generate(label, Scheme.P256) for label in ("root", "targets"))
    with session_of(anns) as session:
        private_half(session, second)[Attribute.ID] = bytes.fromhex(first.key_id)
    with anns.unlock(ANN) as unlocked:
        with pytest.raises(DeviceFaultError) as fault:
            unlocked.sign(first, b"bytes")
        assert fault.value.code == "TwinKeys"
        with pytest.raises(KeyAbsentError):
            unlocked.sign(second, b"bytes")


def test_labels_that_steer_a_terminal_or_fill_it_are_made_harmless(anns: Pkcs11Device) -> None:
    """What a key is called is shown without control letters, and no longer than a line or two."""
    with session_of(anns) as session:
        for number, label in enumerate(("\x1b[2Jroot", "x" * 5000), start=1):
            curve = session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: P256}, local=True)
            curve.generate_keypair(
                mechanism=pkcs11.Mechanism.EC_KEY_PAIR_GEN, store=True, label=label, id=bytes([number])
            )
    seen = anns.keys()
    long, steering = sorted((key.label for key in seen), key=len, reverse=True)
    assert steering == "\N{REPLACEMENT CHARACTER}[2Jroot"
    assert len(long) == 201


# what is asked of the token


@pytest.mark.parametrize("refused", [DERIVE, WRAP])
def test_a_token_that_takes_no_wishes_still_makes_a_key_that_stays(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, refused: int
) -> None:
    """Where attributes that nobody needs are refused, the key is asked for without them, and kept inside anyway."""
    faulty.spoil(f"refused {refused:x}")
    made = unlocked.generate("root", Scheme.P256)
    assert (made.is_generated_inside, made.is_extractable) == (True, False)
    assert unlocked.sign(made, b"bytes")


@pytest.mark.parametrize("refused", [EXTRACTABLE, SENSITIVE])
def test_a_token_that_takes_no_demands_makes_no_key(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, refused: int
) -> None:
    """That the key stays inside is never left out of what is asked."""
    faulty.spoil(f"refused {refused:x}")
    with pytest.raises(DeviceFaultError) as fault:
        unlocked.generate("root", Scheme.P256)
    assert fault.value.code == "CKR_ATTRIBUTE_TYPE_INVALID"
    faulty.spoil()
    assert unlocked.keys() == ()


def test_a_curve_is_asked_for_by_its_other_names_too(faulty: FaultyModule, unlocked: UnlockedPkcs11Device) -> None:
    """A token that knows Ed25519 by name alone makes the same key."""
    faulty.spoil("named_curve 1")
    made = unlocked.generate("root", Scheme.ED25519)
    public_key_of(made).verify_signature(DeviceSigner(unlocked, made).sign(b"bytes"), b"bytes")
    with pytest.raises(DeviceFaultError) as fault:
        unlocked.generate("other", Scheme.P256)
    assert fault.value.code == "CKR_CURVE_NOT_SUPPORTED"


@pytest.mark.parametrize(("longest", "bits"), [(0x1000, 4096), (0xC00, 3072), (0xFFF, 3072)])
def test_rsa_keys_are_as_long_as_the_token_can_make_them(
    faulty: FaultyModule, device: Pkcs11Device, longest: int, bits: int
) -> None:
    """4096 bits where it can, else 3072; the signature has the salt that TUF's other signers give."""
    faulty.spoil(f"longest 0 {longest:x}")
    with device.unlock(ANN) as unlocked:
        made = unlocked.generate("root", Scheme.RSA_PSS)
        signature = unlocked.sign(made, b"bytes")
    public = load_der_public_key(made.public_der)
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == bits
    public.verify(signature, b"bytes", padding.PSS(padding.MGF1(SHA256()), 32), SHA256())


@pytest.mark.parametrize(
    ("spoiled", "scheme"),
    [
        ("longest 0 800", Scheme.RSA_PSS),
        ("without 0", Scheme.RSA_PSS),
        ("longest 1040 180", Scheme.P521),
        ("without 1040", Scheme.P256),
        ("without 1055", Scheme.ED25519),
    ],
)
def test_a_key_that_the_token_cannot_make_is_unsupported(
    faulty: FaultyModule, device: Pkcs11Device, spoiled: str, scheme: Scheme
) -> None:
    """No mechanism, or one for shorter keys: no key is made, and none of another length."""
    faulty.spoil(spoiled)
    with device.unlock(ANN) as unlocked, pytest.raises(UnsupportedError) as unsupported:
        unlocked.generate("root", scheme)
    assert unsupported.value.scheme == scheme


def test_a_key_is_not_signed_with_by_a_token_without_its_mechanism(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """The scheme is unsupported, and not tried in another way."""
    with device.unlock(ANN) as unlocked:
        made = unlocked.generate("root", Scheme.P256)
    faulty.spoil("without 1041")
    with device.unlock(ANN) as unlocked, pytest.raises(UnsupportedError):
        unlocked.sign(made, b"bytes")


# keys that want their PIN, or a touch


def test_a_key_that_turns_out_to_want_its_pin_gets_it(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """Some modules do not say that a key wants its PIN each time; it is given as soon as they ask."""
    faulty.spoil("wants_pin 1")
    for message in (b"first", b"second"):
        assert unlocked.sign(key, message)


def test_a_pin_refused_at_a_signature_locks_the_token(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """It is not tried again for the next one: that would use up its tries."""
    faulty.spoil(f"attribute {ALWAYS_AUTHENTICATE:x} 1", "C_Login_context a0")
    with pytest.raises(WrongPinError):
        unlocked.sign(key, b"bytes")
    faulty.spoil()
    with pytest.raises(DeviceAbsentError):
        unlocked.sign(key, b"bytes")


def test_a_signature_that_is_not_allowed_leaves_the_token_open(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """What had begun is given up, and the next signature begins anew."""
    faulty.spoil(f"attribute {ALWAYS_AUTHENTICATE:x} 1", "C_Login_context 30")
    with pytest.raises(DeviceFaultError):
        unlocked.sign(key, b"bytes")
    faulty.spoil()
    assert unlocked.sign(key, b"bytes")


def test_a_login_that_the_token_forgot_is_made_again(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """With the PIN that it had accepted; after a refusal that PIN is not tried any more."""
    faulty.spoil("forgets 1")
    assert unlocked.sign(key, b"bytes")
    faulty.spoil("forgets 1", "C_Login a0")
    with pytest.raises(WrongPinError):
        unlocked.sign(key, b"bytes")
    faulty.spoil()
    with pytest.raises(DeviceAbsentError):
        unlocked.sign(key, b"bytes")


def test_a_pad_is_not_used_unannounced(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """A login that was typed on the token, once forgotten, has to be made by people who expect it."""
    faulty.spoil(f"pad {PINS['ann']}")
    with device.unlock(None) as unlocked:
        faulty.spoil(f"pad {PINS['ann']}", "forgets 1")
        with pytest.raises(DeviceFaultError) as fault:
            unlocked.keys()
    assert fault.value.code == "CKR_USER_NOT_LOGGED_IN"


def test_a_late_refusal_is_a_touch_that_nobody_gave(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """Modules that say no more than that somebody is not logged in are understood by how long they took."""
    faulty.spoil("C_Sign_late 708", "C_Sign 101")
    with pytest.raises(TouchMissingError) as missing:
        unlocked.sign(key, b"bytes")
    assert missing.value.seconds == 2


def test_a_token_pulled_out_while_it_waits_for_a_touch_is_absent(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """Nobody is told to touch what is not there."""
    faulty.spoil("C_Sign 50", "gone_after_failure 1")
    with pytest.raises(DeviceAbsentError):
        unlocked.sign(key, b"bytes")
