"""Device errors are data: leaves with fields, a base that cannot be raised."""

import pytest

from hsm.errors import DeviceAbsentError, DeviceError, DeviceFaultError, PinBlockedError, WrongPinError


def test_the_base_cannot_be_made() -> None:
    """Only a leaf says what went wrong, so only leaves exist."""
    with pytest.raises(TypeError):
        DeviceError("100")


@pytest.mark.parametrize("leaf", DeviceError.__subclasses__())
def test_every_leaf_is_of_the_family_and_names_its_device(leaf: type[DeviceError]) -> None:
    """Each leaf can be caught as a DeviceError and starts with a serial."""
    assert next(iter(leaf.__dataclass_fields__)) == "serial"


def test_an_error_shows_its_fields() -> None:
    """A traceback shows the data an error carries."""
    assert str(WrongPinError("100", 2)) == "WrongPinError(serial='100', attempts_left=2)"
    assert "0x5" in str(DeviceFaultError("100", "0x5"))


def test_errors_are_themselves_only() -> None:
    """Two errors with the same fields are two events; each can be a key of a mapping."""
    first, second = DeviceAbsentError("100"), DeviceAbsentError("100")
    assert len({first, second, PinBlockedError("100")}) == 3
