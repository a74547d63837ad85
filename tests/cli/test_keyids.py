"""The keyid of a device's key, told in haste, is the one that it has in metadata."""

from pathlib import Path

import pytest
from fakes.rooms import make_device

from ceremony.cli.keyids import keyid_of
from hsm import Pin, Scheme
from hsm.signer import public_key_of
from hsm.software_device import list_devices


@pytest.mark.parametrize("scheme", list(Scheme))
def test_it_is_the_keyid_of_the_key_in_metadata(tmp_path: Path, scheme: Scheme) -> None:
    """Whichever kind of key it is."""
    make_device(tmp_path, "A1", "ann", Pin("271828"))
    (device,) = list_devices(tmp_path)
    with device.unlock(Pin("271828")) as unlocked:
        key = unlocked.generate("packages", scheme)
    assert keyid_of(key) == public_key_of(key).keyid
