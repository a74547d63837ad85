"""What a device is, by the names that modules give it; and serials, however many zeros stand before them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.device_kinds import is_emulated, is_software, plain_serial


@pytest.mark.parametrize(
    ("maker", "model"),
    [
        ("SoftHSM project", "SoftHSM v2"),
        ("SoftHSM project", "another"),
        ("another", "softhsm v2"),
        ("Mozilla Foundation", "NSS 3"),
        ("Kryoptic Project", "FIPS-140-3 v1"),
        ("IBM", "Soft"),
        (" IBM Corp. ", " soft "),
    ],
)
def test_tokens_that_are_files_are_software(maker: str, model: str) -> None:
    """Whoever reaches them."""
    assert is_software("pkcs11", maker, model)


@pytest.mark.parametrize(
    ("maker", "model"),
    [("Acme", "Model 5"), ("IBM", "EP11"), ("IBM", "CCA"), ("Yubico", "YubiHSM"), ("Infineon", "SLB9670"), ("", "")],
)
def test_other_tokens_are_not(maker: str, model: str) -> None:
    """Nor is the emulator of a TPM, which says what a TPM says."""
    assert not is_software("pkcs11", maker, model)
    assert not is_emulated("pkcs11", maker, model)


def test_the_software_driver_is_software() -> None:
    """Whatever its devices are called."""
    assert is_software("software", "Acme", "Model 5")


def test_only_a_module_emulates_a_token() -> None:
    """The YubiKey driver speaks to the card itself."""
    assert is_emulated("pkcs11", "piv_II", "PKCS#15 emulated")
    assert not is_emulated("yubikey", "piv_II", "PKCS#15 emulated")


@pytest.mark.parametrize(
    ("serial", "plain"),
    [
        ("", ""),
        ("0", "0"),
        ("0000", "0"),
        ("0123", "123"),
        ("123", "123"),
        ("0a12", "0a12"),
        ("\u0660\u0661", "\u0660\u0661"),
    ],
)
def test_a_number_has_one_form(serial: str, plain: str) -> None:
    """What is no number stays as it is: 0a12 and a12 are two serials."""
    assert plain_serial(serial) == plain


@given(st.from_regex(r"[0-9]{1,16}", fullmatch=True), st.integers(0, 9))
def test_zeros_before_a_number_say_nothing(serial: str, zeros: int) -> None:
    """And nothing else is lost."""
    assert plain_serial("0" * zeros + serial) == plain_serial(serial) == str(int(serial))
