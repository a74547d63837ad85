"""Which certificates on a token attest a key in its maker's name."""

import datetime as dt

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import CertificateBuilder, Name, NameAttribute, ObjectIdentifier, UnrecognizedExtension
from cryptography.x509.oid import NameOID

from hsm.pkcs11_attestation import attestation_of

KEY, OTHER, DEVICE, ROOT = (ec.generate_private_key(ec.SECP256R1()) for _ in range(4))
YUBIKEY, YUBIHSM, ELSEWHERE = "1.3.6.1.4.1.41482.3.7", "1.3.6.1.4.1.41482.4.2", "1.3.6.1.4.1.99999.1"


def der_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def certificate(key: ec.EllipticCurvePrivateKey, subject: str, issuer: str, *extensions: str) -> bytes:
    """A certificate in DER, with these extensions."""
    names = [Name([NameAttribute(NameOID.COMMON_NAME, each)]) for each in (issuer, subject)]
    days = [dt.datetime(year, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None) for year in (2025, 2045)]
    builder = CertificateBuilder(*names, key.public_key(), 1, *days)
    for each in extensions:
        builder = builder.add_extension(UnrecognizedExtension(ObjectIdentifier(each), b"\x02\x01\x01"), critical=False)
    return builder.sign(ROOT, SHA256()).public_bytes(Encoding.DER)


OWN = certificate(KEY, "attestation of 9c", "device", YUBIKEY)
ABOVE = certificate(DEVICE, "device", "root")


@pytest.mark.parametrize("arc", [YUBIKEY, YUBIHSM])
def test_the_keys_own_comes_first_and_then_what_leads_up_from_it(arc: str) -> None:
    """In whatever order they lie on the token, of a YubiKey and of a YubiHSM."""
    own = certificate(KEY, "attestation", "device", arc)
    others = [certificate(OTHER, "attestation", "device", arc), certificate(OTHER, "other", "other")]
    assert attestation_of(der_of(KEY), [ABOVE, *others, own]) == (own, ABOVE)


def test_a_certificate_that_speaks_of_another_key_is_not_this_keys() -> None:
    """Only the public key says whose attestation it is."""
    assert attestation_of(der_of(OTHER), [OWN, ABOVE]) == ()


@pytest.mark.parametrize("extensions", [(), (ELSEWHERE,), ("1.3.6.1.4.1.41482.30.1",)])
def test_what_an_owner_wrote_beside_a_key_attests_nothing(extensions: tuple[str, ...]) -> None:
    """A certificate without the maker's extensions is passed over, whoever issued it."""
    assert attestation_of(der_of(KEY), [certificate(KEY, "ann", "device", *extensions), ABOVE]) == ()


def test_what_is_no_certificate_is_passed_over() -> None:
    """Rubbish on the token hides nothing."""
    assert attestation_of(der_of(KEY), [b"", b"rubbish", OWN[:-1], bytes(4000), OWN]) == (OWN,)


def test_an_attestation_alone_is_told() -> None:
    """Where the device's own certificate is no object of the token, the key's stands alone."""
    assert attestation_of(der_of(KEY), [OWN]) == (OWN,)


def test_certificates_that_point_at_each_other_come_to_an_end() -> None:
    """A chain is no longer than any maker's."""
    first, second = certificate(DEVICE, "device", "other"), certificate(OTHER, "other", "device")
    chain = attestation_of(der_of(KEY), [OWN, first, second])
    assert chain[:3] == (OWN, first, second)
    assert len(chain) == 5
