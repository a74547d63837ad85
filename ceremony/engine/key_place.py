"""Where on a device the key is made: the usual slot if it is empty; nothing is lost that its owner did not name."""

from ceremony.core.code_rules import LOSS_RULES, LossCase
from ceremony.core.plan import Keyholder
from ceremony.engine.hands import Hands
from ceremony.engine.questions import ChooseSlot, GoBack, TypeLoss
from ceremony.engine.record import Record
from ceremony.errors import RefusedError
from hsm import DeviceInfo, Slot
from hsm.errors import UnsupportedError


def place_for_key(record: Record, hands: Hands, holder: Keyholder, info: DeviceInfo) -> tuple[str, str]:
    """The slot to make the key in and what is lost by it ("" for nothing); both "" on a device without slots.

    Raises: GoBack; StoppedError; StorageError; UnsupportedError where the plan names a slot that is not there.
    """
    slots = {each.name: each for each in hands.slots(holder)}
    if not slots:
        return "", ""
    wanted = holder.slot or next(iter(slots))
    if wanted not in slots:
        raise UnsupportedError(info.serial, f"slot {wanted}")
    if not slots[wanted].holds:
        return wanted, ""
    while True:
        name = holder.slot or record.ask(_choose(record, holder, info, tuple(slots.values()), wanted))
        if name is None:
            raise GoBack
        if not slots[name].holds or _gives_up(record, holder, info, slots[name]):
            return name, slots[name].holds
        if holder.slot:
            raise GoBack


def _gives_up(record: Record, holder: Keyholder, info: DeviceInfo, slot: Slot) -> bool:
    trouble: RefusedError | None = None
    while True:
        typed = record.ask(_type_loss(record, holder, info, slot, trouble))
        if not typed:
            return False
        try:
            LOSS_RULES.check(LossCase(slot.holds, typed))
        except RefusedError as error:
            record.trouble(error, holder.name)
            trouble = error
        else:
            said = f"{holder.name} gives up what slot {slot.name} holds: {slot.content} ({slot.holds})."
            record.note("gave up", said, person=holder.name, serial=info.serial)
            return True


def _choose(record: Record, holder: Keyholder, info: DeviceInfo, slots: tuple[Slot, ...], wanted: str) -> ChooseSlot:
    return ChooseSlot(
        step=record.step,
        person=holder.name,
        title=f"{holder.name}: where the key goes",
        action=f"{holder.name}, choose an empty slot of {info.model} {info.serial} for the new key.",
        expect="The slot is empty. Whatever a slot holds now is lost for ever when a new key is made in it.",
        explain=f"A device like this has numbered places for keys. The usual one, {wanted}, holds something. Any empty "
        "one does as well: a ceremony knows its key by itself and not by its place. Choosing one that is not "
        "empty leads to one more question.",
        device=info,
        slots=slots,
        wanted=next((each.name for each in slots if not each.holds), wanted),
    )


def _type_loss(
    record: Record, holder: Keyholder, info: DeviceInfo, slot: Slot, trouble: RefusedError | None
) -> TypeLoss:
    return TypeLoss(
        step=record.step,
        person=holder.name,
        title=f"{holder.name}: slot {slot.name} is not empty",
        action=f"To lose it for ever, type the first eight letters of what slot {slot.name} holds: {slot.holds}",
        expect=f"What is lost: {slot.content}. No copy of such a key exists anywhere.",
        explain="The new key takes the place of what lies there. If anything still needs the old key (a login, mail, "
        "an earlier ceremony), stop here and use an empty slot, or another device.",
        trouble=trouble,
        device=info,
        slot=slot,
    )
