"""Devices are known by their serial, identified before any PIN, and locked at the end whatever happens."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from fakes.odd_devices import OddDevice
from fakes.rooms import Desk

from ceremony.core.plan import Keyholder
from ceremony.engine import questions as q
from ceremony.engine.hands import Hands, hands
from ceremony.engine.opening import open_record
from ceremony.engine.record import Record
from ceremony.errors import RefusedError
from hsm import Device, Pin
from hsm.errors import (
    DeviceAbsentError,
    DeviceError,
    DeviceFaultError,
    PinBlockedError,
    SerialSharedError,
    WrongPinError,
)


def at(table: Desk, plugged: Callable[[], Sequence[Device]] | None = None) -> tuple[Record, Hands, Keyholder]:
    """A record, hands that know what is plugged in, and ann."""
    room = table.room if plugged is None else replace(table.room, devices=lambda: tuple(plugged()))
    record = open_record(room, table.agenda())
    return record, Hands(room, record), record.bundle.plan.keyholders[0]


def kinds(table: Desk) -> list[type]:
    """What was asked, in order."""
    return [type(each) for each in table.operator.asked]


def troubles(table: Desk) -> list[type]:
    """With what trouble questions were asked again, in order."""
    return [type(each.trouble) for each in table.operator.asked if each.trouble is not None]


def test_a_device_is_asked_for_once(table: Desk) -> None:
    """One PIN for all that its keyholder does in a stretch; opening it is on record with its serial."""
    record, held, ann = at(table)

    first = held.open(ann, may_skip=False)

    assert held.open(ann, may_skip=False) is first
    assert kinds(table) == [q.PlugIn, q.AskPin]
    assert record.bundle.transcript.entries[-1].action == "unlocked"
    assert record.bundle.transcript.entries[-1].serial == "practice-1"


def test_a_device_that_was_locked_is_asked_for_again(table: Desk) -> None:
    """Locking takes the PIN away; locking what is not open does nothing."""
    _record, held, ann = at(table)
    held.lock(ann)
    opened = held.open(ann, may_skip=False)
    held.lock(ann)

    assert opened is not None
    with pytest.raises(DeviceAbsentError):
        opened.keys()
    held.open(ann, may_skip=False)
    assert kinds(table) == [q.PlugIn, q.AskPin] * 2


def test_the_plan_s_serial_is_the_one_that_is_wanted(table: Desk) -> None:
    """DEVICE-PLANNED: another device is refused before its PIN."""
    table.edit_plan('name = "ann"', 'name = "ann"\ndevice = "practice-9"')
    _record, held, ann = at(table)

    with pytest.raises(RefusedError) as refused:
        held.open(ann, may_skip=False)

    assert refused.value.rule == "DEVICE-PLANNED"
    assert kinds(table) == [q.PlugIn, q.PlugIn]
    assert table.operator.asked[0].wanted == "practice-9"  # type: ignore[attr-defined]


def test_two_devices_with_one_serial_are_nobody_s(table: Desk) -> None:
    """Which of them the PIN would go to is not for a program to guess."""
    _record, held, ann = at(table, lambda: [*table.room.devices(), *table.room.devices()])

    with pytest.raises(SerialSharedError) as refused:
        held.open(ann, may_skip=False)

    assert refused.value.serial == "practice-1"
    assert q.AskPin not in kinds(table)


def test_a_device_that_is_not_there_is_told_so(table: Desk) -> None:
    """A serial from an earlier list is looked up again."""
    _record, held, ann = at(table)
    table.operator.answers = {q.PlugIn: lambda _question: "practice-9"}

    with pytest.raises(DeviceAbsentError) as refused:
        held.open(ann, may_skip=False)

    assert refused.value.serial == "practice-9"


def test_a_blocked_pin_is_found_before_anybody_types_one(table: Desk) -> None:
    """Nobody is asked for the PIN of a device that takes none."""
    for digits in ("000001", "000002", "000003"):
        with pytest.raises((WrongPinError, PinBlockedError)):
            table.room.devices()[0].unlock(Pin(digits))
    record, held, ann = at(table)

    with pytest.raises(PinBlockedError):
        held.open(ann, may_skip=False)

    assert q.AskPin not in kinds(table)
    assert "PinBlocked" in [each.action for each in record.bundle.transcript.entries]


def test_a_wrong_pin_is_asked_again_with_the_tries_left(table: Desk) -> None:
    """The page shows what the device says of its PIN now."""
    table.operator.patient = True
    pins = iter([Pin("000001"), table.practice.pins["practice-1"]])
    table.operator.answers = {q.AskPin: lambda _question: next(pins)}
    _record, held, ann = at(table)

    assert held.open(ann, may_skip=False) is not None

    first, second = (each for each in table.operator.asked if isinstance(each, q.AskPin))
    assert isinstance(second.trouble, WrongPinError)
    assert second.trouble.attempts_left == 2
    assert not first.device.pin.is_low
    assert second.device.pin.is_low


def test_a_device_that_vanishes_before_its_pin_is_asked_for_again(table: Desk) -> None:
    """Between plug-in and PIN somebody pulls it out; no PIN page follows until it is back."""
    away = table.folder / "in a pocket"
    table.operator.patient = True

    def pin(question: q.AskPin) -> object:
        if not away.exists() and len(kinds(table)) == 2:
            table.device_of("ann").rename(away)
        return table.operator.willing(question)

    def plug(question: q.PlugIn) -> object:
        if question.trouble is not None:
            away.rename(table.device_of("ann"))
        return table.operator.willing(question)

    table.operator.answers = {q.AskPin: pin, q.PlugIn: plug}
    _record, held, ann = at(table)

    assert held.open(ann, may_skip=False) is not None
    assert kinds(table) == [q.PlugIn, q.AskPin, q.PlugIn, q.AskPin]
    assert troubles(table) == [DeviceAbsentError]


def test_no_pin_goes_back(table: Desk) -> None:
    """Whoever gives no PIN is not pressed."""
    table.operator.answers = {q.AskPin: lambda _question: None}
    _record, held, ann = at(table)

    with pytest.raises(q.GoBack):
        held.open(ann, may_skip=False)


def test_not_today_is_on_record(table: Desk) -> None:
    """Looking again first is no answer yet."""
    answers = iter([q.Missing.LOOK_AGAIN, q.Missing.LOOK_AGAIN, q.Missing.NOT_TODAY])
    table.operator.answers = {q.PlugIn: lambda _question: next(answers)}
    record, held, ann = at(table)

    assert held.open(ann, may_skip=True) is None
    assert kinds(table) == [q.PlugIn] * 3
    assert record.bundle.transcript.entries[-1].action == "skipped"


def test_looking_again_leaves_the_trouble_behind(table: Desk) -> None:
    """It has been read by then."""
    answers = iter([q.Missing.LOOK_AGAIN, q.Missing.NOT_TODAY])
    table.operator.patient = True
    table.operator.answers = {q.PlugIn: lambda _question: next(answers)}
    _record, held, ann = at(table)

    held.open(ann, may_skip=True, trouble=DeviceAbsentError("practice-1"))

    assert troubles(table) == [DeviceAbsentError]
    assert kinds(table) == [q.PlugIn] * 2


def test_a_list_of_devices_shows_what_is_plugged_in_now(table: Desk) -> None:
    """And the next scene shows the same."""
    record, held, _ann = at(table)
    table.device_of("bob").rename(table.folder / "in a pocket")

    assert [info.serial for info in held.look()] == ["practice-1", "practice-3"]
    record.show()
    assert [info.serial for info in table.operator.scenes[-1].devices] == ["practice-1", "practice-3"]


@pytest.mark.parametrize("error", [None, q.GoBack(), DeviceAbsentError("practice-1"), KeyboardInterrupt()])
def test_every_device_is_locked_at_the_end_whatever_happened(table: Desk, error: BaseException | None) -> None:
    """Also when somebody presses Ctrl-C."""
    record, _held, ann = at(table)
    odd = OddDevice(table.room.devices()[0])
    room = replace(table.room, devices=lambda: (odd,))

    def hold() -> None:
        with hands(room, record) as held:
            held.open(ann, may_skip=False)
            assert not odd.unlocked[0].is_closed
            if error is not None:
                raise error

    if error is None:
        hold()
    else:
        with pytest.raises(type(error)):
            hold()
    assert odd.unlocked[0].is_closed


def test_a_device_that_will_not_be_locked_does_not_keep_the_others_open(table: Desk) -> None:
    """Every one of them is tried, and the trouble still comes out."""

    def fail() -> None:
        raise DeviceFaultError("practice", "CKR_GENERAL_ERROR")

    odd = [OddDevice(each, closing=fail) for each in table.room.devices()]
    record, held, _ann = at(table, lambda: odd)
    for holder in record.bundle.plan.keyholders:
        held.open(holder, may_skip=False)

    with pytest.raises(DeviceError):
        held.lock_all()

    assert [each.unlocked[0].is_closed for each in odd] == [True] * 3
    held.lock_all()
