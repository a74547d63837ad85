"""KEY-ATTESTED: whoever enrols a YubiKey brings what its maker says of the key."""

from dataclasses import replace

import pytest
from fakes.cases import attestation_case, refusal
from fakes.people import attested

from ceremony.core.attestation_rules import key_attested


def test_an_attested_key_on_a_yubikey_passes() -> None:
    """The certificates are in the roster."""
    key_attested.check(attestation_case(attested))


@pytest.mark.parametrize("driver", ["pkcs11", "software"])
def test_a_key_on_any_other_device_passes_without(driver: str) -> None:
    """Few of them attest anything; the review says so."""
    key_attested.check(attestation_case(lambda ann: replace(ann, driver=driver)))


@pytest.mark.parametrize(
    ("maker", "model"),
    [("Yubico (www.yubico.com)", "YubiKey YK5"), ("Acme", "YubiKey 5 NFC"), ("Yubico", "")],
)
def test_a_yubikey_through_pkcs11_without_attestation_is_refused(maker: str, model: str) -> None:
    """What it is decides, not the way in which it is reached."""
    case = attestation_case(lambda ann: replace(ann, driver="pkcs11", maker=maker, model=model), is_rehearsal=False)
    assert "ann" in refusal(key_attested, case).found


def test_a_yubikey_through_pkcs11_with_its_attestation_passes() -> None:
    """Yubico's own module hands the certificates out."""
    key_attested.check(attestation_case(lambda ann: replace(attested(ann), driver="pkcs11")))


def test_a_yubihsm_without_attestation_passes() -> None:
    """It is another device; the review says that nobody vouches for it."""
    key_attested.check(attestation_case(lambda ann: replace(ann, driver="pkcs11", maker="Yubico", model="YubiHSM")))


@pytest.mark.parametrize("is_rehearsal", [True, False])
def test_a_key_on_a_yubikey_without_attestation_is_refused(*, is_rehearsal: bool) -> None:
    """An imported key has none, and a rehearsal finds that out."""
    case = attestation_case(lambda ann: replace(attested(ann), attestation=None), is_rehearsal=is_rehearsal)
    assert "ann" in refusal(key_attested, case).found
