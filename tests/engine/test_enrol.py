"""A keyholder is enrolled with a key on a device, proved to be there."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from fakes.odd_devices import OddDevice
from fakes.rooms import Desk

from ceremony.core.keys import key_of
from ceremony.core.plan import Keyholder
from ceremony.core.possession import check_proof, enrolment_message
from ceremony.engine import questions as q
from ceremony.engine.enrol import enrol
from ceremony.engine.hands import Hands
from ceremony.engine.opening import open_record
from ceremony.engine.record import Record
from ceremony.engine.sitting import sit
from ceremony.errors import StoppedError, TamperedError
from hsm import Device, DeviceKey, Pin, Scheme
from hsm.errors import DeviceAbsentError, KeyExistsError, TouchMissingError, UnsupportedError
from hsm.software_device import SoftwareDevice


def at(table: Desk, plugged: Callable[[], Sequence[Device]] | None = None) -> tuple[Record, Hands, Keyholder]:
    """A record, hands that know what is plugged in, and ann."""
    room = table.room if plugged is None else replace(table.room, devices=lambda: tuple(plugged()))
    record = open_record(room, table.agenda())
    return record, Hands(room, record), record.bundle.plan.keyholders[0]


def actions(record: Record) -> list[str]:
    """What is on record, in order."""
    return [each.action for each in record.bundle.transcript.entries]


def keys_of_ann(table: Desk) -> tuple[DeviceKey, ...]:
    """What stands on ann's device."""
    return table.room.devices()[0].keys()


def test_an_enrolment_says_who_holds_which_key_on_which_device(table: Desk) -> None:
    """With a proof of possession that anybody can check."""
    record, held, ann = at(table)

    enrol(record, held, ann, came_back=False)

    found = record.bundle.roster.of("ann")
    assert found is not None
    assert (found.serial, found.driver, found.roles) == ("practice-1", "software", ann.roles)
    assert found.key_label == record.bundle.plan.repository
    message = enrolment_message(record.bundle.plan.id, found.nonce, found.keyid, "ann", ann.roles)
    check_proof(key_of(found.key), message, found.proof, "ann")
    entry = record.bundle.transcript.entries[-1]
    assert (entry.action, entry.outputs, entry.serial) == ("enrolled", {"key": found.keyid}, "practice-1")


def test_the_label_of_the_key_is_the_plan_s(table: Desk) -> None:
    """Where the plan names one."""
    table.edit_plan('name = "ann"', 'name = "ann"\nkey = "root-2026"')
    record, held, ann = at(table)

    enrol(record, held, ann, came_back=False)

    assert [each.label for each in keys_of_ann(table)] == ["root-2026"]


def test_a_key_that_is_there_is_used(table: Desk) -> None:
    """Nothing is made where the right key stands already."""
    pin = table.practice.pins["practice-1"]
    with table.room.devices()[0].unlock(pin) as unlocked:
        unlocked.generate("another", Scheme.ED25519)
        made = unlocked.generate("rehearsal.example", Scheme.P256)
    record, held, ann = at(table)

    enrol(record, held, ann, came_back=False)

    assert "found key" in actions(record)
    assert "made key" not in actions(record)
    assert made in keys_of_ann(table)
    assert len(keys_of_ann(table)) == 2


def test_a_key_of_another_scheme_is_never_taken_nor_replaced(table: Desk) -> None:
    """KeyExists, and the device is locked while people think."""
    with table.room.devices()[0].unlock(table.practice.pins["practice-1"]) as unlocked:
        unlocked.generate("rehearsal.example", Scheme.ED25519)
    odd = OddDevice(table.room.devices()[0])
    record, held, ann = at(table, lambda: [odd])

    with pytest.raises(KeyExistsError):
        enrol(record, held, ann, came_back=False)

    assert odd.unlocked[0].is_closed
    assert len(odd.keys()) == 1


def test_two_keys_under_one_label_are_nobody_s(table: Desk) -> None:
    """Which of them would sign is not for a program to guess."""
    with table.room.devices()[0].unlock(table.practice.pins["practice-1"]) as unlocked:
        key = unlocked.generate("rehearsal.example", Scheme.P256)

    class Twins(OddDevice):
        """A device that shows its key twice."""

        def unlock(self, pin: Pin) -> object:  # type: ignore[override]
            unlocked = super().unlock(pin)
            unlocked.keys = lambda: (key, key)  # type: ignore[method-assign]
            return unlocked

    record, held, ann = at(table, lambda: [Twins(table.room.devices()[0])])

    with pytest.raises(KeyExistsError):
        enrol(record, held, ann, came_back=False)


def test_a_proof_that_does_not_verify_is_no_enrolment(table: Desk) -> None:
    """A device that signs with another key is asked again, and nothing of the first try is kept."""
    table.operator.patient = True
    tries: list[int] = []

    def sign(really: Callable[[DeviceKey, bytes], bytes], key: DeviceKey, message: bytes) -> bytes:
        tries.append(len(tries))
        return really(key, message if len(tries) > 1 else b"another message")

    odd = OddDevice(table.room.devices()[0], sign)
    record, held, ann = at(table, lambda: [odd])

    enrol(record, held, ann, came_back=False)

    (trouble,) = [each.trouble for each in table.operator.asked if each.trouble is not None]
    assert isinstance(trouble, TamperedError)
    assert trouble.where == "ann"
    assert actions(record).count("enrolled") == 1
    assert odd.unlocked[0].is_closed


@pytest.mark.parametrize("error", [TouchMissingError("practice-1", 15), DeviceAbsentError("practice-1")])
def test_a_device_that_does_not_prove_its_key_is_asked_again(table: Desk, error: Exception) -> None:
    """The work is over, the trouble is on record, and the key that was made is found the second time."""
    table.operator.patient = True
    errors = iter([error])

    def sign(really: Callable[[DeviceKey, bytes], bytes], key: DeviceKey, message: bytes) -> bytes:
        if (found := next(errors, None)) is not None:
            raise found
        return really(key, message)

    odd = OddDevice(table.room.devices()[0], sign)
    record, held, ann = at(table, lambda: [odd])

    enrol(record, held, ann, came_back=False)

    name = type(error).__name__.removesuffix("Error")
    again = [] if isinstance(error, TouchMissingError) else ["unlocked"]
    assert actions(record) == ["began", "unlocked", "made key", name, *again, "found key", "enrolled"]
    assert table.operator.scenes[-1].work is None


def test_a_device_that_cannot_make_such_a_key_says_so(table: Desk) -> None:
    """Unsupported, before anything is enrolled."""
    table.device_of("ann").unlink()
    pin = table.practice.pins["practice-1"]
    SoftwareDevice.create(table.practice.devices, "practice-1", "ann", pin, schemes=(Scheme.ED25519,))
    record, held, ann = at(table)

    with pytest.raises(UnsupportedError):
        enrol(record, held, ann, came_back=False)

    assert record.bundle.roster.of("ann") is None
    assert table.operator.scenes[-1].work is None


def test_not_today_goes_back_to_the_roll_call(table: Desk) -> None:
    """A keyholder who is present but will not enrol is for the room to talk about."""
    table.operator.answers = {q.PlugIn: lambda _question: q.Missing.NOT_TODAY}
    record, held, ann = at(table)

    with pytest.raises(q.GoBack):
        enrol(record, held, ann, came_back=False)


def test_whoever_is_enrolled_is_not_asked_again(table: Desk) -> None:
    """Unless people came back to this step."""
    record, held, ann = at(table)
    enrol(record, held, ann, came_back=False)
    table.operator.asked.clear()

    enrol(record, held, ann, came_back=False)

    assert table.operator.asked == []


def test_whoever_came_back_may_keep_the_device(table: Desk) -> None:
    """Yes changes nothing."""
    record, held, ann = at(table)
    enrol(record, held, ann, came_back=False)
    before = record.bundle

    enrol(record, held, ann, came_back=True)

    assert isinstance(table.operator.asked[-1], q.KeepEnrolment)
    assert table.operator.asked[-1].enrolment == before.roster.of("ann")
    assert record.bundle is before


def test_whoever_came_back_may_take_another_device(table: Desk) -> None:
    """The first enrolment is withdrawn, on record, and its device locked, before the second begins."""
    odd = [OddDevice(each) for each in table.room.devices()]
    record, held, ann = at(table, lambda: odd)
    enrol(record, held, ann, came_back=False)
    table.operator.answers = {q.KeepEnrolment: lambda _question: False, q.PlugIn: lambda _question: "practice-2"}

    enrol(record, held, ann, came_back=True)

    found = record.bundle.roster.of("ann")
    assert found is not None
    assert found.serial == "practice-2"
    assert len(record.bundle.roster.enrolments) == 1
    assert odd[0].unlocked[0].is_closed
    assert "withdrew" in actions(record)


def test_once_somebody_has_signed_every_enrolment_stays(table: Desk) -> None:
    """A signature counts for the keys that were reviewed."""
    answers = {q.TypeWords: lambda each: _stop(each) if each.person == "bob" else table.operator.willing(each)}
    table.operator.answers = answers
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    record, held, ann = at(table)
    table.operator.asked.clear()

    enrol(record, held, ann, came_back=True)

    assert table.operator.asked == []


def _stop(question: q.TypeWords) -> object:
    raise StoppedError(question.person, question.step)
