"""What went wrong with a device, in words."""

from collections.abc import Mapping
from types import MappingProxyType

from ceremony.explain.explanation import Explanation, status_of
from hsm.device import Scheme
from hsm.errors import (
    AttestationRefusedError,
    CodeRefusedError,
    DeviceAbsentError,
    DeviceBusyError,
    DeviceError,
    DeviceFaultError,
    DeviceSwappedError,
    DriverLostError,
    KeyAbsentError,
    KeyExistsError,
    ManagementKeyUnknownError,
    PinBlockedError,
    PukBlockedError,
    SerialSharedError,
    TouchMissingError,
    UnsupportedError,
    WrongPinError,
    WrongPukError,
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
                "Type no more PINs. Where the device has a PUK (a YubiKey has one), the next page asks for it and for "
                "a new PIN; the keys stay, and the PUK has tries of its own, so type it only if you are sure of it. A "
                "token that is reached through PKCS#11 is unblocked with its SO PIN, by the maker's own tool. If "
                "neither code is at hand, put this device away: the ceremony can go on as long as enough other "
                "keyholders sign."
            ),
        ),
        WrongPukError: (
            "That was not the PUK",
            "Device {serial} refused it. {tries}",
            (
                "Find the PUK where its owner keeps it, compare the serial of the device with what is written there, "
                "then type it slowly, once. Never guess: without any try left the device can only be emptied, and its "
                "keys are lost."
            ),
        ),
        PukBlockedError: (
            "The PIN and the PUK of this device are blocked",
            "Device {serial} takes neither code any more.",
            (
                "Put this device away: its keys sign nothing again. The ceremony can go on as long as enough other "
                "keyholders sign. The maker's own tool can empty the device and give it its first codes back; then it "
                "can be enrolled anew, as the device of a new key."
            ),
        ),
        CodeRefusedError: (
            "The device does not take this code",
            "Device {serial} refused the new {code}. The codes it had until now still hold.",
            (
                "Choose another {code}: 6 to 8 letters or digits, with at least two that differ, none that is easily "
                "guessed. Some devices have stricter rules of their own, which their maker's manual tells."
            ),
        ),
        ManagementKeyUnknownError: (
            "The device is managed by somebody else",
            "Device {serial} makes no key without its management key: not the maker's, nor one kept under the PIN.",
            (
                "Ask whoever prepared this device to put the management key under the PIN with the maker's own tool, "
                "or to give it back the one it had when new. Otherwise use a new device. Nothing on it was changed."
            ),
        ),
        DeviceSwappedError: (
            "Another device stands in its place",
            "Device {found} was found where device {serial} should be. It was told no PIN.",
            (
                "Pull out device {found}, plug in device {serial} (the serial is printed on it), and try again. If "
                "nobody swapped them, stop, and look at the reader and at who has been near it."
            ),
        ),
        AttestationRefusedError: (
            "What vouches for the key cannot be believed",
            "{speaker}: {what}.",
            (
                "Do not use this key. If the certificates of the maker are missing or damaged, put those that its "
                "maker publishes into the folder that the settings name, and enrol again. If they are in order, use "
                "another device for this keyholder, and keep this one apart: it may not be what it claims to be."
            ),
        ),
        DriverLostError: (
            "The maker's module is gone",
            "The module of device {serial} ran in a process of its own: {how}. The device is locked.",
            (
                "Nothing else was lost: pull the device out, plug it in again, then try again; the module is started "
                "anew. If it happens again, install another version of the module, or reach the device in another way."
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
        SerialSharedError: (
            "Two devices have the same serial",
            "Serial {serial} is on two devices here, so nobody can say which one is meant. Neither was told a PIN.",
            (
                "Unplug one of them, then try again. If both belong to the ceremony, name each in the plan by a "
                "PKCS#11 URI with its label, such as pkcs11:token=ann. A changed plan begins a new ceremony."
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
            "Device {serial} was asked for this, in vain: {scheme}.",
            "{other_way}",
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
"""The error -> title, detail and advice, with the error's fields, and words that depend on them, in braces."""

_UNKNOWN = ("The device failed", "Device {serial} failed.", "Pull the device out, plug it in again, then try again.")


_SERVICE = "PC/SC"
"""What stands as serial where it is not a device that failed, but the service through which smart cards are reached."""

_NO_SERVICE = (
    "No YubiKey can be seen",
    "The smart card service of this machine does not answer: {code}.",
    (
        "Install the Debian packages pcscd and libccid, start the service (`sudo systemctl start pcscd.socket`), then "
        "try again. Whoever uses no YubiKey here can write `yubikeys = false` into the settings."
    ),
)

_ON_SCHEMES = (
    "Use another device for this keyholder, or name a signature scheme in the plan that this device has: "
    "`ceremony devices` lists them. A changed plan begins a new ceremony."
)
_ON_ED25519 = (
    "Name ecdsa-sha2-nistp256 for this keyholder in the plan, or use another device: some do not know Ed25519, and a "
    "YubiKey signs at most about 3000 bytes with it, which a root with many keyholders exceeds. A changed plan begins "
    "a new ceremony."
)
_ON_SLOTS = (
    "Name a slot in the plan that this device has, or none for the usual one: `ceremony devices` lists them. A changed "
    "plan begins a new ceremony."
)
_ON_OPERATIONS = (
    "The device was left as it is. Do this with its maker's own tool and then try again, or use another device for "
    "this keyholder."
)


def explain_device(error: DeviceError) -> Explanation:
    """The explanation of one leaf of the device errors."""
    title, detail, advice = _NO_SERVICE if _is_of_service(error) else _WORDS.get(type(error), _UNKNOWN)
    named = f"Device {error.serial}" if error.serial else "The certificates of makers"
    words = {
        **vars(error),
        "serial": error.serial or "without a serial",
        "tries": _tries(error.attempts_left) if isinstance(error, WrongPinError | WrongPukError) else "",
        "speaker": named,
        "other_way": _other_way(error.scheme) if isinstance(error, UnsupportedError) else "",
    }
    return Explanation(title, detail.format_map(words), advice.format_map(words), status_of(error))


def _is_of_service(error: DeviceError) -> bool:
    return isinstance(error, DeviceFaultError) and error.serial == _SERVICE


def _other_way(wanted: str) -> str:
    if wanted.startswith(Scheme.ED25519):
        return _ON_ED25519
    if wanted.startswith("slot"):
        return _ON_SLOTS
    return _ON_SCHEMES if wanted in {*Scheme} else _ON_OPERATIONS


def _tries(attempts_left: int | None) -> str:
    if attempts_left is None:
        return "It does not say how many tries are left; count on very few."
    if attempts_left == 0:
        return "That was its last try: it is blocked now."
    return "ONE try is left." if attempts_left == 1 else f"{attempts_left} tries are left."
