"""Tokens that change places while one of them is open."""

import pytest
from fakes.faulty_pkcs11 import FaultyModule

from hsm import DeviceKey
from hsm.errors import DeviceAbsentError
from hsm.pkcs11_device import UnlockedPkcs11Device

LOGIN_WOULD_CRASH = "C_Login_crashes 1"


def test_a_token_that_changed_places_gets_no_pin(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """The module forgot the login, and in the slot of ann's token lies bob's: nobody logs in there with ann's PIN."""
    faulty.spoil("swapped 1", "forgets 1", LOGIN_WOULD_CRASH)
    for act in (unlocked.keys, lambda: unlocked.sign(key, b"bytes")):
        with pytest.raises(DeviceAbsentError):
            act()
    faulty.spoil()
    assert unlocked.keys() == (key,)
