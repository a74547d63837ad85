"""What went wrong with a device, in words."""

from collections.abc import Mapping
from types import MappingProxyType

from ceremony.explain.explanation import Explanation, status_of
from hsm.errors import (
    DeviceAbsentError,
    DeviceBusyError,
    DeviceError,
    DeviceFaultError,
    KeyAbsentError,
    KeyExistsError,
    PinBlockedError,
    TouchMissingError,
    UnsupportedError,
    WrongPinError,
)

_WORDS: Mapping[type[DeviceError], tuple[str, str, str]] = MappingProxyType(
    {
        WrongPinError: (
            "That was not the PIN",
            "Device {serial} refused it. {tries}",
            (
                "Wait, find out which device this is and which PIN belongs to it, then type it slowly, once. "
                "Never guess: after too many wrong tries the device blocks itself."
            ),
        ),
        PinBlockedError: (
            "The PIN of this device is blocked",
            "Device {serial} takes no PIN any more.",
            (
                "Put this device away. If its owner keeps the code that unblocks it (often called PUK or SO PIN), "
                "use the maker's own tool with it. If not, the ceremony can go on without this device as long as "
                "enough other keyholders sign."
            ),
        ),
        TouchMissingError: (
            "Nobody touched the device in time",
            "Device {serial} waited {seconds} seconds for a touch.",
            "Nothing was signed. Try again, and touch the device as soon as it blinks.",
        ),
        DeviceAbsentError: (
            "The device is not plugged in",
            "Device {serial} cannot be found, or was pulled out while it was in use.",
            (
                "Plug it in and wait for its light, then try again. What was signed before is saved. "
                "If it stays dark, try another USB port."
            ),
        ),
        DeviceBusyError: (
            "Another program is using the device",
            "Device {serial} is held by another program.",
            (
                "Close other programs that use keys or smart cards (browsers, mail, GnuPG), pull the device out, "
                "plug it in again, then try again."
            ),
        ),
        KeyAbsentError: (
            "The device does not hold this key",
            "Device {serial} holds no key called {label}.",
            (
                "Check that this is the device that was enrolled: its serial is printed on it. If the key was "
                "deleted, this device can no longer sign; go on with the other keyholders."
            ),
        ),
        KeyExistsError: (
            "The device holds a key of this name already",
            "Device {serial} holds a key called {label}. It was left as it is.",
            (
                "If that key was made for this ceremony, enrol it as it stands. If not, name another key label in "
                "the plan, or use another device. Nothing is ever written over."
            ),
        ),
        UnsupportedError: (
            "The device cannot do this",
            "Device {serial} does not know {scheme}.",
            (
                "Use another device for this keyholder, or name a signature scheme in the plan that this device "
                "has: `ceremony devices` lists them. A changed plan begins a new ceremony."
            ),
        ),
        DeviceFaultError: (
            "The device failed",
            "Device {serial} answered: {code}.",
            (
                "Pull the device out, plug it in again, then try again. If it fails once more, use another device "
                "for this keyholder, and keep this one for its maker, with the answer above."
            ),
        ),
    }
)
"""The error -> title, detail and advice, with the error's fields in braces."""

_UNKNOWN = ("The device failed", "Device {serial} failed.", "Pull the device out, plug it in again, then try again.")


def explain_device(error: DeviceError) -> Explanation:
    """The explanation of one leaf of the device errors."""
    title, detail, advice = _WORDS.get(type(error), _UNKNOWN)
    fields = {**vars(error), "serial": error.serial or "without a serial"}
    tries = _tries(error.attempts_left) if isinstance(error, WrongPinError) else ""
    return Explanation(title, detail.format_map({**fields, "tries": tries}), advice, status_of(error))


def _tries(attempts_left: int | None) -> str:
    if attempts_left is None:
        return "It does not say how many tries are left; count on very few."
    if attempts_left == 0:
        return "That was its last try: it is blocked now."
    return "ONE try is left." if attempts_left == 1 else f"{attempts_left} tries are left."
