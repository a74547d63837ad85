"""The devices of a sitting: asked for by serial, identified while locked, unlocked by one PIN, locked at the end."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ceremony.core.plan import Keyholder
from ceremony.core.roster import Roster
from ceremony.core.sitting_rules import DEVICE_RULES, DeviceCase
from ceremony.core.token_uri import names_device
from ceremony.engine.attest import refuse_unfit
from ceremony.engine.held_key import is_held
from ceremony.engine.questions import Missing, PlugIn
from ceremony.engine.record import Record
from ceremony.engine.room import Room
from ceremony.engine.unlock import unlock
from ceremony.errors import CeremonyError, RefusedError
from hsm import Device, DeviceInfo, Slot, Unlocked
from hsm.errors import DeviceAbsentError, DeviceError, KeyAbsentError, SerialSharedError


class Hands:
    """The unlocked devices, by keyholder; a context manager that locks them all at the end."""

    def __init__(self, room: Room, record: Record) -> None:
        self._room = room
        self._record = record
        self._open: dict[tuple[str, str, str], tuple[Device, Unlocked]] = {}

    def open(
        self,
        holder: Keyholder,
        *,
        may_skip: bool,
        prepares: bool = False,
        trouble: CeremonyError | DeviceError | None = None,
    ) -> Unlocked | None:
        """The keyholder's device, unlocked: the one still open, or else the one plugged in now; None for "not today".

        With `prepares`, a device that has its maker's codes is given codes of its owner's first.
        Raises: GoBack; StoppedError; StorageError.
        """
        while _name(holder) not in self._open:
            serial = self._asked_for(holder, may_skip=may_skip, trouble=trouble)
            if serial is None:
                return None
            trouble = self._attempt(holder, serial, prepares=prepares)
        return self._open[_name(holder)][1]

    def slots(self, holder: Keyholder) -> tuple[Slot, ...]:
        """The places for keys on the keyholder's open device.

        Raises: DeviceError.
        """
        return self._open[_name(holder)][0].slots()

    def lock(self, holder: Keyholder) -> None:
        """The keyholder's device is locked again, if it was open."""
        _device, unlocked = self._open.pop(_name(holder), (None, None))
        if unlocked is not None:
            unlocked.close()

    def lock_all(self) -> None:
        """Every device is locked, even if one of them fails at it."""
        with ExitStack() as locking:
            for _device, unlocked in self._open.values():
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

    def _attempt(self, holder: Keyholder, serial: str, *, prepares: bool) -> CeremonyError | DeviceError | None:
        try:
            device = self._identified(holder, serial)
            if prepares:
                is_rehearsal = self._record.bundle.plan.is_rehearsal
                refuse_unfit(holder, device.info, is_rehearsal=is_rehearsal)
            self._refuse_stranger(holder, device)
            unlocked = unlock(self._record, holder, device, prepares=prepares)
        except (RefusedError, DeviceError) as error:
            self._record.trouble(error, holder.name)
            return error
        if unlocked is None:
            return None
        self._open[_name(holder)] = (device, unlocked)
        info = unlocked.info
        said = f"{holder.name} unlocked {info.model} {info.serial}."
        self._record.note("unlocked", said, person=holder.name, serial=info.serial)
        return None

    def _identified(self, holder: Keyholder, serial: str) -> Device:
        found = [device for device in self._room.devices() if device.info.serial == serial]
        if not found:
            raise DeviceAbsentError(serial)
        alike = [device for device in found if self._is_meant(holder, device.info)] if len(found) > 1 else found
        if len(alike) != 1:
            raise SerialSharedError(serial)
        (device,) = alike
        DEVICE_RULES.check(_device_case(self._record, self._roster(holder), holder, device.info))
        return device

    def _refuse_stranger(self, holder: Keyholder, device: Device) -> None:
        """A device that can be looked into while it is locked holds the key that is known; else it gets no PIN.

        That is the key that was enrolled, or else the one that metadata has and the holder keeps or signs with a last
        time.
        """
        before = self._record.bundle.before
        enrolled = self._roster(holder).of(holder.name)
        trusted = before.key(holder.keyid) if before and holder.keyid else None
        fields = enrolled.key if enrolled else trusted
        if fields is None:
            return
        keys = device.keys()
        # A PKCS#11 token may hide even the public halves until it is unlocked, but then it hides all of them.
        is_hiding = device.info.driver == "pkcs11" and not keys
        if not is_hiding and not any(is_held(fields, each) for each in keys):
            raise KeyAbsentError(device.info.serial, enrolled.key_label if enrolled else holder.keyid[:16])

    def _is_meant(self, holder: Keyholder, info: DeviceInfo) -> bool:
        enrolled = self._roster(holder).of(holder.name)
        if enrolled is not None:
            return (enrolled.driver, enrolled.label) == (info.driver, info.label)
        return bool(holder.device) and names_device(
            holder.device, serial=info.serial, label=info.label, maker=info.maker, model=info.model
        )

    def _roster(self, holder: Keyholder) -> Roster:
        """Whose device is whose: by this ceremony, or, for a key that signs a last time, by the one before."""
        bundle = self._record.bundle
        if holder in bundle.plan.keyholders or bundle.before is None:
            return bundle.roster
        return Roster(tuple(each for each in bundle.before.roster.enrolments if each.keyid == holder.keyid))

    def _plug_in(self, holder: Keyholder, *, may_skip: bool, trouble: CeremonyError | DeviceError | None) -> PlugIn:
        enrolled = self._roster(holder).of(holder.name)
        named = "" if holder.device.startswith("pkcs11:") else holder.device
        title = f"{holder.name}: plug in your device"
        if holder not in self._record.bundle.plan.keyholders:
            device = f"{enrolled.model} {enrolled.serial}" if enrolled else f"key {holder.keyid[:16]}"
            title = f"{holder.name}'s {device} signs a last time"
        return PlugIn(
            step=self._record.step,
            person=holder.name,
            title=title,
            action=f"{holder.name}, plug in your device and choose it in the list.",
            expect="The serial in the list is the one printed on your device or written on its bag.",
            explain="The program shows every device it can see, before asking for any PIN. It compares the serial, "
            "not the place in the list; a device that belongs to somebody else, or to nobody in the plan, is refused.",
            trouble=trouble,
            look=self.look,
            faults=self._room.faults,
            wanted=enrolled.serial if enrolled else named,
            may_skip=may_skip,
        )


def _name(holder: Keyholder) -> tuple[str, str, str]:
    # One person may have two devices in a ceremony: the one that is replaced, and the one in its place.
    return holder.name, holder.device, holder.keyid


def _device_case(record: Record, roster: Roster, holder: Keyholder, info: DeviceInfo) -> DeviceCase:
    return DeviceCase(
        holder,
        roster,
        info.driver,
        info.serial,
        record.bundle.plan.is_rehearsal,
        label=info.label,
        maker=info.maker,
        model=info.model,
    )


@contextmanager
def hands(room: Room, record: Record) -> Iterator[Hands]:
    """Hands that lock every device when they are done, whatever happened."""
    held = Hands(room, record)
    try:
        yield held
    finally:
        held.lock_all()
