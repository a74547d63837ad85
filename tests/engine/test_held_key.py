"""A key on a device beside the same key in metadata, which may have more fields and another keyid."""

from pathlib import Path

import pytest
from fakes.bench import PINS

from ceremony.core.keys import fields_of
from ceremony.engine.held_key import held_key, is_held
from hsm import Pin, Scheme
from hsm.errors import KeyAbsentError
from hsm.signer import public_key_of
from hsm.software_device import SoftwareDevice, UnlockedSoftwareDevice


@pytest.fixture(name="unlocked")
def _unlocked(tmp_path: Path) -> UnlockedSoftwareDevice:
    return SoftwareDevice.create(tmp_path, "100", "ann", Pin(PINS["ann"])).unlock(Pin(PINS["ann"]))


@pytest.mark.parametrize("scheme", Scheme)
def test_a_key_is_found_by_its_public_half(unlocked: UnlockedSoftwareDevice, scheme: Scheme) -> None:
    """Whatever others wrote into it."""
    key = unlocked.generate("root", scheme)
    fields = {**fields_of(public_key_of(key)), "x-tuf-on-ci-keyowner": "@ann"}
    assert is_held(fields, key)
    assert held_key(fields, (unlocked.generate("other", Scheme.P256), key), "100", "root") == key


def test_another_key_is_not_found(unlocked: UnlockedSoftwareDevice) -> None:
    """Told with what was looked for."""
    fields = fields_of(public_key_of(unlocked.generate("root", Scheme.P256)))
    other = unlocked.generate("other", Scheme.P256)
    with pytest.raises(KeyAbsentError) as absent:
        held_key(fields, (other,), "100", "1a2b")
    assert (absent.value.serial, absent.value.label) == ("100", "1a2b")


def test_what_is_no_key_is_on_no_device(unlocked: UnlockedSoftwareDevice) -> None:
    """Nor is a key of another scheme than the device signs with."""
    key = unlocked.generate("root", Scheme.RSA_PSS)
    fields = fields_of(public_key_of(key))
    assert not is_held({**fields, "scheme": "rsa-pkcs1v15-sha256"}, key)
    assert not is_held({"keytype": "rsa", "scheme": "rsassa-pss-sha256"}, key)
