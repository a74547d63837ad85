"""New codes for a device: PIN and PUK in place of the maker's, and a management key that nobody knows."""

from ceremony.core.code_rules import CODE_RULES, code_case
from ceremony.core.plan import Keyholder
from ceremony.engine.questions import ChooseCode, GoBack
from ceremony.engine.record import Record
from ceremony.engine.room import Work
from ceremony.errors import RefusedError
from hsm import Codes, Device, DeviceInfo, Pin


def choose_codes(record: Record, holder: Keyholder, info: DeviceInfo) -> Codes:
    """New codes for the device, chosen by its owner: a PIN, and a PUK where the device has one.

    Raises: GoBack; StoppedError; StorageError.
    """
    pin = choose_code(record, holder, info, "PIN", None)
    return Codes(pin, choose_code(record, holder, info, "PUK", pin) if info.puk is not None else None)


def prepare(record: Record, holder: Keyholder, device: Device, current: Pin | None, codes: Codes) -> None:
    """The device has these codes; `current` is its PIN, None while that is the maker's.

    Raises: StorageError; DeviceError, after which this can be done again.
    """
    info = device.info
    record.work(Work("Setting the new codes", holder.name, info))
    try:
        device.prepare(current, codes)
    finally:
        record.work(None)
    which = "a PIN, a PUK and a management key of its own" if codes.puk else "a PIN of its own"
    said = f"{holder.name} gave {info.model} {info.serial} {which}."
    record.note("prepared", said, person=holder.name, serial=info.serial)


def choose_code(record: Record, holder: Keyholder, info: DeviceInfo, code: str, other: Pin | None) -> Pin:
    """A new code, "PIN" or "PUK", that keeps every rule; `other` is the code it must differ from.

    Raises: GoBack; StoppedError; StorageError.
    """
    trouble: RefusedError | None = None
    while True:
        chosen = record.ask(_choose(record, holder, info, code, trouble))
        if chosen is None:
            raise GoBack
        try:
            CODE_RULES.check(code_case(code, chosen.secret, other.secret if other else ""))
        except RefusedError as error:
            record.trouble(error, holder.name)
            trouble = error
        else:
            return chosen


def _choose(record: Record, holder: Keyholder, info: DeviceInfo, code: str, trouble: RefusedError | None) -> ChooseCode:
    serves = {
        "PIN": "You type the PIN each time you sign.",
        "PUK": "The PUK gives the device a new PIN when the PIN is blocked. It is needed rarely: keep it with care.",
    }[code]
    return ChooseCode(
        step=record.step,
        person=holder.name,
        title=f"{holder.name}: a new {code}",
        action=f"{holder.name}, choose a {code} for {info.model} {info.serial} and type it twice. Nobody else looks.",
        expect="6 to 8 letters or digits, both times the same; nothing of it is shown.",
        explain=f"{serves} The codes this device has now are the maker's, or are blocked: everybody can read them in a "
        "manual. The new one goes to the device and nowhere else. The device counts wrong tries, and blocks "
        "itself after five.",
        trouble=trouble,
        device=info,
        code=code,
    )
