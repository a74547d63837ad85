"""What modules answer, by its name: python-pkcs11's exceptions and our own calls say the same."""

from pathlib import Path

import pkcs11
import pytest
from fakes.bench import PINS
from fakes.faulty_pkcs11 import faulty_softhsm
from pkcs11.exceptions import PKCS11Error

from hsm.pkcs11_refusals import name_of, refusal_of


def test_python_pkcs11_raises_the_same(shim: Path, tmp_path: Path) -> None:
    """For every number up to a vendor's own, the exception is that of the library, and so is its name."""
    with faulty_softhsm(shim, tmp_path / "bench", PINS) as faulty:
        library = pkcs11.lib(str(shim))
        try:
            for code in [*range(1, 0x210), 0x80000001]:
                faulty.spoil(f"C_GetSlotList {code:x}")
                with pytest.raises(PKCS11Error) as raised:
                    library.get_slots()
                ours = refusal_of(code)
                assert type(ours) in {type(raised.value), PKCS11Error}
                assert name_of(ours) in {name_of(raised.value), f"CKR 0x{code:x}"}
        finally:
            library.finalize()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0x03, "CKR_SLOT_ID_INVALID"),
        (0x50, "CKR_FUNCTION_CANCELED"),
        (0xA4, "CKR_PIN_LOCKED"),
        (0xB7, "CKR_SESSION_READ_ONLY_EXISTS"),
        (0xE1, "CKR_TOKEN_NOT_RECOGNIZED"),
        (0x101, "CKR_USER_NOT_LOGGED_IN"),
        (0x104, "CKR_USER_ANOTHER_ALREADY_LOGGED_IN"),
        (0x140, "CKR_CURVE_NOT_SUPPORTED"),
        (0x80000001, "CKR 0x80000001"),
    ],
)
def test_names_are_those_of_the_standard(code: int, name: str) -> None:
    """Also where the library spells otherwise, or has no exception; a number that has no name stays one."""
    assert name_of(refusal_of(code)) == name


def test_initials_are_one_word() -> None:
    """SO and RNG are not spelled out."""
    assert name_of(pkcs11.exceptions.SessionReadWriteSOExists()) == "CKR_SESSION_READ_WRITE_SO_EXISTS"
    assert name_of(pkcs11.exceptions.RandomNoRNG()) == "CKR_RANDOM_NO_RNG"


def test_what_has_no_number_goes_by_its_kind() -> None:
    """Some answers the library tells in words alone; the words are not passed on."""
    assert name_of(PKCS11Error("Initialisation error (not initialized). Should never see this.")) == "PKCS11Error"
