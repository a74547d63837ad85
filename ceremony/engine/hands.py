"""The devices of a sitting: asked for by serial, identified while locked, unlocked by one PIN, locked at the end."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ceremony.core.plan import Keyholder
from ceremony.core.sitting_rules import DEVICE_RULES, DeviceCase
from ceremony.engine.questions import AskPin, GoBack, Missing, PlugIn
from ceremony.engine.record import Record
from ceremony.engine.room import Room
from ceremony.errors import CeremonyError, RefusedError
from hsm import Device, DeviceInfo, Pin, Unlocked
from hsm.errors import DeviceAbsentError, DeviceError, DeviceFaultError, PinBlockedError, WrongPinError


class Hands:
    """The unlocked devices, by keyholder; a context manager that locks them all at the end."""

    def __init__(self, room: Room, record: Record) -> None:
        self._room = room
        self._record = record
        self._open: dict[str, Unlocked] = {}

    def open(
        self, holder: Keyholder, *, may_skip: bool, trouble: CeremonyError | DeviceError | None = None
    ) -> Unlocked | None:
        """The keyholder's device, unlocked: the one still open, or else the one plugged in now; None for "not today".

        Raises: GoBack; StoppedError; StorageError.
        """
        while holder.name not in self._open:
            serial = self._asked_for(holder, may_skip=may_skip, trouble=trouble)
            if serial is None:
                return None
            trouble = self._attempt(holder, serial)
        return self._open[holder.name]

    def lock(self, holder: Keyholder) -> None:
        """The keyholder's device is locked again, if it was open."""
        unlocked = self._open.pop(holder.name, None)
        if unlocked is not None:
            unlocked.close()

    def lock_all(self) -> None:
        """Every device is locked, even if one of them fails at it."""
        with ExitStack() as locking:
            for unlocked in self._open.values():
                locking.callback(unlocked.close)
            self._open.clear()

    def look(self) -> tuple[DeviceInfo, ...]:
        """What is plugged in now."""
        infos = tuple(device.info for device in self._room.devices())
        self._record.see(infos)
        return infos

    def _asked_for(
        self, holder: Keyholder, *, may_skip: bool, trouble: CeremonyError | DeviceError | None
    ) -> str | None:
        answer = self._record.ask(self._plug_in(holder, may_skip=may_skip, trouble=trouble))
        while answer is Missing.LOOK_AGAIN:
            answer = self._record.ask(self._plug_in(holder, may_skip=may_skip, trouble=None))
        if answer is Missing.NOT_TODAY:
            self._record.note("skipped", f"{holder.name} does not sign today.", person=holder.name)
            return None
        return str(answer)

    def _attempt(self, holder: Keyholder, serial: str) -> CeremonyError | DeviceError | None:
        try:
            device = self._identified(holder, serial)
            info = _ready(device)
        except (RefusedError, DeviceError) as error:
            self._record.trouble(error, holder.name)
            return error
        return self._unlock(holder, device, info)

    def _unlock(self, holder: Keyholder, device: Device, info: DeviceInfo) -> DeviceError | None:
        trouble: WrongPinError | None = None
        while holder.name not in self._open:
            pin = self._record.ask(self._ask_pin(holder, info, trouble))
            if pin is None:
                raise GoBack
            try:
                trouble = self._tried(holder, device, pin)
                info = _ready(device)
            except DeviceError as error:
                self.lock(holder)
                self._record.trouble(error, holder.name)
                return error
        said = f"{holder.name} unlocked {info.model} {info.serial}."
        self._record.note("unlocked", said, person=holder.name, serial=info.serial)
        return None

    def _tried(self, holder: Keyholder, device: Device, pin: Pin) -> WrongPinError | None:
        try:
            self._open[holder.name] = device.unlock(pin)
        except WrongPinError as error:
            self._record.trouble(error, holder.name)
            return error
        return None

    def _identified(self, holder: Keyholder, serial: str) -> Device:
        found = [device for device in self._room.devices() if device.info.serial == serial]
        if not found:
            raise DeviceAbsentError(serial)
        if len(found) > 1:
            raise DeviceFaultError(serial, "two devices with one serial")
        bundle = self._record.bundle
        is_rehearsal = bundle.plan.is_rehearsal
        DEVICE_RULES.check(DeviceCase(holder, bundle.roster, found[0].info.driver, serial, is_rehearsal))
        return found[0]

    def _plug_in(self, holder: Keyholder, *, may_skip: bool, trouble: CeremonyError | DeviceError | None) -> PlugIn:
        enrolled = self._record.bundle.roster.of(holder.name)
        return PlugIn(
            step=self._record.step,
            person=holder.name,
            title=f"{holder.name}: plug in your device",
            action=f"{holder.name}, plug in your device and choose it in the list.",
            expect="The serial in the list is the one printed on your device or written on its bag.",
            explain="The program shows every device it can see, before asking for any PIN. It compares the serial, "
            "not the place in the list; a device that belongs to somebody else, or to nobody in the plan, is refused.",
            trouble=trouble,
            look=self.look,
            wanted=enrolled.serial if enrolled else holder.device,
            may_skip=may_skip,
        )

    def _ask_pin(self, holder: Keyholder, info: DeviceInfo, trouble: WrongPinError | None) -> AskPin:
        return AskPin(
            step=self._record.step,
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


def _ready(device: Device) -> DeviceInfo:
    info = device.refresh()
    if info.pin.is_blocked:
        raise PinBlockedError(info.serial)
    return info


@contextmanager
def hands(room: Room, record: Record) -> Iterator[Hands]:
    """Hands that lock every device when they are done, whatever happened."""
    held = Hands(room, record)
    try:
        yield held
    finally:
        held.lock_all()
