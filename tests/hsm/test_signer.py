"""A device key as a securesystemslib Signer."""

from pathlib import Path

import pytest
from fakes.bench import PINS
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import SSlibKey
from tuf.api.metadata import Metadata, Root

from hsm import DeviceSigner, Pin, Scheme
from hsm.errors import DeviceAbsentError
from hsm.signer import public_key_of
from hsm.software_device import SoftwareDevice, UnlockedSoftwareDevice


@pytest.fixture
def unlocked(tmp_path: Path) -> UnlockedSoftwareDevice:
    """Ann's software device, unlocked."""
    return SoftwareDevice.create(tmp_path, "100", "ann", Pin(PINS["ann"])).unlock(Pin(PINS["ann"]))


@pytest.mark.parametrize(
    ("scheme", "keytype"),
    [
        (Scheme.P256, "ecdsa"),
        (Scheme.P384, "ecdsa"),
        (Scheme.P521, "ecdsa"),
        (Scheme.ED25519, "ed25519"),
        (Scheme.RSA_PSS, "rsa"),
    ],
)
def test_a_device_key_is_a_tuf_key(unlocked: UnlockedSoftwareDevice, scheme: Scheme, keytype: str) -> None:
    """Its key type and scheme are those of TUF, and reading it back gives the same keyid."""
    public = public_key_of(unlocked.generate("root", scheme))
    assert (public.keytype, public.scheme) == (keytype, scheme.value)
    assert SSlibKey.from_dict(public.keyid, public.to_dict()) == public


@pytest.mark.parametrize("scheme", Scheme)
def test_a_signature_of_each_scheme_is_verified_by_tuf(unlocked: UnlockedSoftwareDevice, scheme: Scheme) -> None:
    """What a signer makes its own public key verifies, and not for other bytes."""
    signer = DeviceSigner(unlocked, unlocked.generate("root", scheme))
    signature = signer.sign(b"bytes")
    signer.public_key.verify_signature(signature, b"bytes")
    with pytest.raises(UnverifiedSignatureError):
        signer.public_key.verify_signature(signature, b"other bytes")


def test_python_tuf_signs_metadata_with_a_device(unlocked: UnlockedSoftwareDevice) -> None:
    """Root metadata signed through python-tuf verifies with the device's key."""
    signer = DeviceSigner(unlocked, unlocked.generate("root", Scheme.P256))
    root = Metadata(Root())
    root.signed.add_key(signer.public_key, "root")
    root.sign(signer)
    root.signed.verify_delegate("root", root.signed_bytes, root.signatures)


def test_a_signature_names_the_key_it_was_made_with(unlocked: UnlockedSoftwareDevice) -> None:
    """The signature's keyid is the public key's."""
    signer = DeviceSigner(unlocked, unlocked.generate("root", Scheme.ED25519))
    assert signer.sign(b"bytes").keyid == signer.public_key.keyid


def test_a_signer_leaves_its_device_open_and_stops_with_it(unlocked: UnlockedSoftwareDevice) -> None:
    """Signing does not close the device; once its owner closes it, signing says it is absent."""
    signer = DeviceSigner(unlocked, unlocked.generate("root", Scheme.ED25519))
    signer.sign(b"bytes")
    unlocked.close()
    with pytest.raises(DeviceAbsentError):
        signer.sign(b"bytes")


def test_no_uri_makes_a_device_signer(unlocked: UnlockedSoftwareDevice) -> None:
    """A device is unlocked by people, never by a URI."""
    public = public_key_of(unlocked.generate("root", Scheme.ED25519))
    with pytest.raises(NotImplementedError):
        DeviceSigner.from_priv_key_uri("hsm:100", public)


def test_a_signer_signs_under_the_keyid_that_metadata_knows(unlocked: UnlockedSoftwareDevice) -> None:
    """The same key, with more written into it."""
    key = unlocked.generate("root", Scheme.ED25519)
    plain = public_key_of(key)
    listed = SSlibKey("ab" * 32, plain.keytype, plain.scheme, plain.keyval, {"x-owner": "ann"})
    signature = DeviceSigner(unlocked, key, listed).sign(b"bytes")
    assert signature.keyid == "ab" * 32
    listed.verify_signature(signature, b"bytes")
