"""One device is unlocked: by its PIN, tried only as often as people say; by its PUK where the PIN is blocked."""

from ceremony.core.plan import Keyholder
from ceremony.engine.codes import choose_code, choose_codes, prepare
from ceremony.engine.questions import AskPin, AskPuk, Confirm, GoBack
from ceremony.engine.record import Record
from ceremony.engine.room import Work
from hsm import Codes, Device, DeviceInfo, Pin, PinState, Unlocked
from hsm.errors import (
    CodeRefusedError,
    DeviceError,
    PinBlockedError,
    PukBlockedError,
    WrongPinError,
    WrongPukError,
)


def unlock(record: Record, holder: Keyholder, device: Device, *, prepares: bool) -> Unlocked | None:
    """The device, unlocked; None where nobody wants to spend its last try, and another device is to be looked at.

    No PIN is sent twice, and none at all unless somebody typed it for this try.
    Raises: GoBack; StoppedError; StorageError; DeviceError, after which the device is locked.
    """
    info = _usable(record, holder, device)
    if prepares and _needs_codes(record, holder, info):
        if not _prepared(record, holder, device, info):
            return None
        info = device.refresh()
    trouble: WrongPinError | None = None
    while _dares(record, holder, info, info.pin, "PIN"):
        pin = _asked_pin(record, holder, info, trouble)
        try:
            return _tried(record, holder, device, info, pin)
        except WrongPinError as error:
            record.trouble(error, holder.name)
            trouble = error
            info = _usable(record, holder, device)
    return None


def _needs_codes(record: Record, holder: Keyholder, info: DeviceInfo) -> bool:
    """Whether the device is to be given codes of its owner's; people decide where it does not tell what it has."""
    if info.puk is None or info.codes_are_told:
        return info.has_makers_codes
    return record.ask(
        Confirm(
            step=record.step,
            person=holder.name,
            title="Codes that nobody knows of",
            action=f"{holder.name}, shall {info.model} {info.serial} get new codes now?",
            expect="Yes, unless you changed PIN, PUK and management key of this device yourself.",
            explain="Firmware as old as this does not tell whether a device still has the codes of its maker, which "
            "everybody can read in a manual. Yes asks for its PIN (a new device has 123456) and then for new codes. No "
            "leaves them as they are.",
            yes="Give it new codes",
        )
    )


def _prepared(record: Record, holder: Keyholder, device: Device, info: DeviceInfo) -> bool:
    """True once the device has new codes; False where nobody wants to spend its last try."""
    codes: Codes | None = None
    trouble: WrongPinError | None = None
    while True:
        current = None
        if not (info.pin.is_default and info.knows_makers_pin):
            if not _dares(record, holder, info, info.pin, "PIN"):
                return False
            current = _asked_pin(record, holder, info, trouble)
        codes = codes or choose_codes(record, holder, info)
        try:
            prepare(record, holder, device, current, codes)
        except WrongPinError as error:
            record.trouble(error, holder.name)
            trouble = error
            info = _usable(record, holder, device)
        else:
            return True


def _usable(record: Record, holder: Keyholder, device: Device) -> DeviceInfo:
    """What the device tells now, its PIN not blocked, or not any more."""
    info = device.refresh()
    if not info.pin.is_blocked:
        return info
    blocked = PinBlockedError(info.serial)
    if info.puk is None:
        raise blocked
    record.trouble(blocked, holder.name)
    return _unblocked(record, holder, device, info, blocked)


def _unblocked(record: Record, holder: Keyholder, device: Device, info: DeviceInfo, trouble: DeviceError) -> DeviceInfo:
    puk = info.puk
    while puk is not None and not puk.is_blocked:
        if not _dares(record, holder, info, puk, "PUK"):
            raise GoBack
        typed = record.ask(_ask_puk(record, holder, info, trouble))
        if typed is None:
            raise GoBack
        pin = choose_code(record, holder, info, "PIN", typed)
        try:
            device.unblock(typed, pin)
        except (WrongPukError, CodeRefusedError) as error:
            record.trouble(error, holder.name)
            trouble = error
            info = device.refresh()
            puk = info.puk
        else:
            said = f"{holder.name} gave {info.model} {info.serial} a new PIN with its PUK."
            record.note("unblocked", said, person=holder.name, serial=info.serial)
            return device.refresh()
    raise PukBlockedError(info.serial)


def _tried(record: Record, holder: Keyholder, device: Device, info: DeviceInfo, pin: Pin | None) -> Unlocked:
    if pin is not None:
        return device.unlock(pin)
    record.work(Work("The PIN is typed on the device", holder.name, info))
    try:
        return device.unlock(None)
    finally:
        record.work(None)


def _dares(record: Record, holder: Keyholder, info: DeviceInfo, state: PinState, code: str) -> bool:
    """Whether to try at all: at the last try somebody has to say so."""
    if state.attempts_left != 1 and not state.is_final_try:
        return True
    after = "nothing opens it then, and its keys are lost"
    if code == "PIN":
        after = "only the PUK opens it then" if info.puk else "only its maker's tool opens it then, if anything does"
    return record.ask(
        Confirm(
            step=record.step,
            person=holder.name,
            title=f"One try left for the {code}",
            action=f"{holder.name}, is this {info.model} {info.serial}, and are you sure of its {code}?",
            expect=f"Yes spends the last try: if it is wrong, the device blocks itself, and {after}.",
            explain="Every wrong try is counted by the device itself, also those that were made elsewhere. No looks "
            "for another device, and leaves this one as it is: find out first which code belongs to it.",
            yes=f"I am sure of the {code}",
        )
    )


def _asked_pin(record: Record, holder: Keyholder, info: DeviceInfo, trouble: WrongPinError | None) -> Pin | None:
    """What was typed; None where it is typed on the device's own pad."""
    if info.has_pin_pad:
        if record.ask(_use_pad(record, holder, info, trouble)):
            return None
        raise GoBack
    pin = record.ask(_ask_pin(record, holder, info, trouble))
    if pin is None:
        raise GoBack
    return pin


def _use_pad(record: Record, holder: Keyholder, info: DeviceInfo, trouble: WrongPinError | None) -> Confirm:
    return Confirm(
        step=record.step,
        person=holder.name,
        title=f"{holder.name}: PIN on the device",
        action=f"{holder.name}, say Yes, then type the PIN on the keys of {info.model} {info.serial} itself.",
        expect="The device asks for its PIN on its own display, and accepts it.",
        explain="This device has a pad of its own: its PIN never passes through this machine. It waits about a minute. "
        "A wrong PIN costs one of the tries that the device allows.",
        trouble=trouble,
        yes="Ask for the PIN on the device",
    )


def _ask_pin(record: Record, holder: Keyholder, info: DeviceInfo, trouble: WrongPinError | None) -> AskPin:
    return AskPin(
        step=record.step,
        person=holder.name,
        title=f"{holder.name}: PIN",
        action=f"{holder.name}, type the PIN of {info.model} {info.serial}. Nobody else looks.",
        expect="The device accepts the PIN; the digits are not shown.",
        explain="The PIN goes to the device and nowhere else: it is not kept, written down or recorded. It stays "
        "valid until your signatures are made or the device is unplugged. A wrong PIN costs one of the tries that "
        "the device allows; without tries left the device locks itself.",
        trouble=trouble,
        device=info,
    )


def _ask_puk(record: Record, holder: Keyholder, info: DeviceInfo, trouble: DeviceError) -> AskPuk:
    return AskPuk(
        step=record.step,
        person=holder.name,
        title=f"{holder.name}: PUK",
        action=f"{holder.name}, type the PUK of {info.model} {info.serial}. Nobody else looks.",
        expect="The next page asks for a new PIN; then the device is usable again.",
        explain="The PIN is blocked after too many wrong tries. The PUK, which you chose together with it, gives the "
        "device a new PIN; its keys stay. The PUK has tries of its own: without any left, the device can only be "
        "emptied, and its keys are lost.",
        trouble=trouble,
        device=info,
    )
