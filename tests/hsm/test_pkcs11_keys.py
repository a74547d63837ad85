"""Keys on PKCS#11 tokens: what is told of them, how they are made, and signatures that fail."""

from dataclasses import replace

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
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
from hsm.signer import public_key_of

ANN = Pin(PINS["ann"])
LOCAL, EXTRACTABLE, NEVER_EXTRACTABLE, ALWAYS_SENSITIVE = 0x163, 0x162, 0x164, 0x165
SIGN, ALWAYS_AUTHENTICATE, LABEL, ID, EC_PARAMS = 0x108, 0x202, 0x3, 0x102, 0x180


def session_of(device: Pkcs11Device) -> Session:
    """A session of another program, logged in as ann."""
    library = pkcs11.lib(str(device.module))
    return library.get_token(token_serial=device.info.serial.encode()).open(rw=True, user_pin=PINS["ann"])


def test_keys_that_are_not_ours_are_passed_over(anns: Pkcs11Device) -> None:
    """RSA and other curves do not show; a public key without its private half shows only while locked."""
    with session_of(anns) as session:
        session.generate_keypair(KeyType.RSA, 1024, store=True, label="rsa", id=b"\x01")
        other = {Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters("secp521r1")}
        curve = session.create_domain_parameters(KeyType.EC, other, local=True)
        curve.generate_keypair(mechanism=pkcs11.Mechanism.EC_KEY_PAIR_GEN, store=True, label="p521", id=b"\x02")
    with anns.unlock(ANN) as unlocked:
        unlocked.generate("root", Scheme.P256)
        (key,) = unlocked.keys()
        (private,) = pkcs11_objects(anns, ObjectClass.PRIVATE_KEY, key)
        private.destroy()
        assert unlocked.keys() == ()
    assert anns.keys() == (replace(key, is_extractable=None),)


def pkcs11_objects(device: Pkcs11Device, kind: ObjectClass, key: DeviceKey) -> list[pkcs11.Object]:
    """The objects of one half of a key, through a session without a PIN (the token being unlocked already)."""
    token = pkcs11.lib(str(device.module)).get_token(token_serial=device.info.serial.encode())
    wanted = {Attribute.CLASS: kind, Attribute.ID: bytes.fromhex(key.key_id)}
    return list(token.open(rw=True).get_objects(wanted))


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
    assert fault.value.code == "KeyNotKeptInsideError"
    faulty.spoil()
    assert unlocked.keys() == ()


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
    assert isinstance(failed.value.__cause__, pkcs11.PKCS11Error)
    faulty.spoil()
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
    assert fault.value.code == "SignatureLenRange"


def test_a_key_that_may_not_sign_is_a_fault(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """A private key kept for another use is there, but does not sign."""
    faulty.spoil(f"attribute {SIGN:x} 0")
    with pytest.raises(DeviceFaultError) as fault:
        unlocked.sign(key, b"bytes")
    assert fault.value.code == "KeyFunctionNotPermittedError"


def test_two_keys_under_one_id_sign_nothing(anns: Pkcs11Device) -> None:
    """Where an id names two private keys, neither is taken."""
    with anns.unlock(ANN) as unlocked:
        first, second = (unlocked.generate(label, Scheme.P256) for label in ("root", "targets"))
        (private,) = pkcs11_objects(anns, ObjectClass.PRIVATE_KEY, second)
        private[Attribute.ID] = bytes.fromhex(first.key_id)
        with pytest.raises(DeviceFaultError) as fault:
            unlocked.sign(first, b"bytes")
        assert fault.value.code == "MultipleObjectsReturned"
        with pytest.raises(KeyAbsentError):
            unlocked.sign(second, b"bytes")
