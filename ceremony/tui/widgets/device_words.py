"""What a device tells of itself, in the words of people who own one."""

from collections.abc import Iterable

from ceremony.tui.widgets.ink import CAUTION, clean, cut
from hsm import DeviceInfo, PinState

_NAME_LIMIT = 48
_FIELD_LIMIT = 32


def device_name(device: DeviceInfo) -> str:
    """What its maker sells it as."""
    return product_name(device.maker, device.model) or "a device without a name"


def product_name(maker: str, model: str) -> str:
    """Maker and model, the maker only where the model does not say it."""
    is_said = maker.casefold() in model.casefold() or "yubikey" in model.casefold()
    return cut(model if is_said else f"{maker} {model}".strip(), _NAME_LIMIT)


def device_title(device: DeviceInfo) -> str:
    """Name and serial: what is printed on it, or written on its bag."""
    serial = cut(device.serial, _FIELD_LIMIT)
    return f"{device_name(device)}, serial {serial}" if serial else f"{device_name(device)}, without a serial"


def owner_words(device: DeviceInfo, holder: str = "") -> str:
    """Whose it is, what its owner wrote into it, and its firmware."""
    label = cut(device.label, _FIELD_LIMIT)
    parts = [
        f"{clean(holder)}'s" if holder else "",
        f"labelled {label}" if label and label != holder else "",
        f"firmware {cut(device.firmware, _FIELD_LIMIT)}" if device.firmware else "",
    ]
    return " · ".join(filter(None, parts))


def code_words(code: str, state: PinState) -> str:
    """How many tries a PIN or PUK has left, in a few words; the worst comes first."""
    if state.is_blocked:
        return f"{CAUTION} {code} blocked"
    if is_last_try(state):
        return f"{CAUTION} {code}: last try"
    if state.attempts_left is not None:
        return f"{code}: {state.attempts_left} tries left"
    return f"{CAUTION} {code}: few tries left" if state.is_low else f"{code} ready"


def is_last_try(state: PinState) -> bool:
    """True when one more wrong try blocks the code."""
    return state.is_final_try or state.attempts_left == 1


def tries_words(device: DeviceInfo) -> tuple[str, ...]:
    """What it says of the tries of its PIN, and of its PUK where there is one."""
    puk = (code_words("PUK", device.puk),) if device.puk is not None else ()
    return (code_words("PIN", device.pin), *puk)


def makers_codes_words(device: DeviceInfo) -> str:
    """Which codes are still the maker's, where everybody can read them; "" where none is."""
    named = ", ".join(_makers_codes(device))
    return f"{CAUTION} Still the maker's: {named}" if named else ""


def touch_words(device: DeviceInfo) -> str:
    """What is touched on it, such as "the gold disc of YubiKey 5C 12345678"."""
    return f"{_touched(device)} {device_name(device)} {cut(device.serial, _FIELD_LIMIT)}".strip()


def is_yubikey(device: DeviceInfo) -> bool:
    """True for a YubiKey, also one that is reached through a PKCS#11 module."""
    return device.driver == "yubikey" or "yubikey" in device.model.casefold()


def _makers_codes(device: DeviceInfo) -> Iterable[str]:
    if device.pin.is_default:
        yield "PIN"
    if device.puk is not None and device.puk.is_default:
        yield "PUK"
    if device.is_management_key_default:
        yield "management key"


def _touched(device: DeviceInfo) -> str:
    form = device.form_factor.casefold()
    if not is_yubikey(device):
        return "the light or button of"
    if "fingerprint" in form:
        return "the round sensor of"
    if "nano" in form:
        return "the gold edge of"
    if "lightning" in form:
        return "the gold on both sides of"
    return "the gold disc of"
