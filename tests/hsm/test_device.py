"""The values a device is described by."""

from dataclasses import replace

import pytest
from fakes.bench import PINS

from hsm import DeviceInfo, DeviceKey, Pin, PinState, Scheme


@pytest.mark.parametrize("shown", [str, repr, "{}".format, "{!r}".format, "%s".__mod__])
def test_a_pin_never_shows_its_digits(shown: type[str]) -> None:
    """No way to turn a PIN into text has digits in it."""
    assert not any(letter.isdigit() for letter in shown(Pin(PINS["ann"])))


def test_schemes_are_named_as_tuf_names_them() -> None:
    """A scheme is its TUF name."""
    assert {str(scheme) for scheme in Scheme} == {
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "ed25519",
        "rsassa-pss-sha256",
    }


def test_keys_are_values() -> None:
    """Two keys with the same fields are equal, and their public bytes do not fill the screen."""
    key = DeviceKey("root", "01", Scheme.P256, b"\x30\x59")
    assert key == replace(key)
    assert "30" not in repr(key)


@pytest.mark.parametrize(("is_default", "is_told"), [(True, True), (False, True), (None, False)])
def test_codes_are_told_where_the_device_says_whose_its_pin_is(is_default: bool | None, is_told: bool) -> None:  # noqa: FBT001
    """To say nothing is not to say that the PIN is its owner's."""
    info = DeviceInfo("yubikey", "Yubico", "YubiKey 5", "1", "", "5.2.7", PinState(is_default=is_default), ())
    assert info.codes_are_told is is_told
