"""KEY-VOUCHED: a module that makes a card look like a token does not speak for its keys."""

from dataclasses import replace

import pytest
from fakes.cases import attestation_case, refusal
from fakes.people import attested

from ceremony.core.attestation_rules import AttestationCase, key_vouched


def on_card(driver: str, maker: str, model: str, *, is_rehearsal: bool = False) -> AttestationCase:
    """Ann's key on what calls itself so."""
    return attestation_case(
        lambda ann: replace(ann, driver=driver, maker=maker, model=model, firmware="0.0"), is_rehearsal=is_rehearsal
    )


@pytest.mark.parametrize(
    ("maker", "model"),
    [
        ("piv_II", "PKCS#15 emulated"),
        ("PIV_II ", "another model"),
        ("Acme", "PKCS#15 emulated"),
        ("", "pkcs#15 emulated"),
    ],
)
def test_a_card_that_is_shown_as_a_token_is_refused(maker: str, model: str) -> None:
    """By OpenSC's word every one of its keys was made there and never left, imported ones too."""
    assert "ann" in refusal(key_vouched, on_card("pkcs11", maker, model)).found


@pytest.mark.parametrize(
    ("maker", "model"), [("Acme", "Model 5"), ("OpenSC Project", "PKCS#15"), ("Yubico (www.yubico.com)", "YubiKey YK5")]
)
def test_a_token_of_its_own_passes(maker: str, model: str) -> None:
    """Its own module speaks for it."""
    key_vouched.check(on_card("pkcs11", maker, model))


def test_any_card_passes_in_a_rehearsal() -> None:
    """Nothing depends on its keys."""
    key_vouched.check(on_card("pkcs11", "piv_II", "PKCS#15 emulated", is_rehearsal=True))


def test_an_attested_key_passes() -> None:
    """The maker speaks for it, whatever the module says."""
    case = attestation_case(
        lambda ann: replace(attested(ann), driver="pkcs11", maker="piv_II", model="PKCS#15 emulated"),
        is_rehearsal=False,
    )
    key_vouched.check(case)
