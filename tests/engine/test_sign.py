"""A keyholder signs what was reviewed: by typed words, with the enrolled key, verified at once."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fakes.odd_devices import OddDevice
from fakes.rooms import Desk, ScriptedOperator, desk

from ceremony.core.draft import draft
from ceremony.core.plan import Keyholder
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.review import Reviewed, review
from ceremony.core.signers import Signer, signers_of
from ceremony.core.tally import quorums_of, tally
from ceremony.engine import questions as q
from ceremony.engine.bundle import open_bundle
from ceremony.engine.hands import Hands
from ceremony.engine.opening import open_record
from ceremony.engine.practice import Practice
from ceremony.engine.record import Record
from ceremony.engine.sign import sign
from ceremony.engine.sitting import sit
from ceremony.errors import RefusedError, StoppedError
from hsm import Device, DeviceKey, Scheme
from hsm.errors import DeviceAbsentError, KeyAbsentError, TouchMissingError
from hsm.software_device import SoftwareDevice

Signing = Callable[[DeviceKey, bytes], bytes]


@pytest.fixture(name="reviewed_desk", scope="module")
def _reviewed_desk(_quick_disk: None, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk at which everybody is enrolled and nobody has signed. Read only."""
    found = desk(tmp_path_factory.mktemp("reviewed"))
    found.operator.answers = {q.TypeWords: _stop}
    with pytest.raises(StoppedError):
        sit(found.room, found.agenda())
    return found


@pytest.fixture(name="table")
def _table(reviewed_desk: Desk, tmp_path: Path) -> Desk:
    """A copy of it."""
    folder = tmp_path / "desk"
    shutil.copytree(reviewed_desk.folder, folder)
    practice = Practice(folder / "practice/plan.toml", folder / "practice/devices", reviewed_desk.practice.pins)
    return Desk(folder, practice, ScriptedOperator(practice.pins, folder / "release"))


@dataclass
class Signature:
    """All that it takes for ann to sign."""

    record: Record
    hands: Hands
    ann: Keyholder
    reviewed: Reviewed

    def make(self) -> None:
        """Ann signs."""
        bundle = self.record.bundle
        sign(self.record, self.hands, signers_of(bundle.plan, bundle.roster, None)[0], self.reviewed)

    @property
    def signed(self) -> list[str]:
        """The roles with a signature of hers that verifies."""
        files = self.record.bundle.files
        enrolment = self.record.bundle.roster.of("ann")
        return [each.role for each in tally(files, quorums_of(files)) if enrolment and enrolment.keyid in each.signed]


def at(table: Desk, plugged: Callable[[], Sequence[Device]] | None = None) -> Signature:
    """Ann, about to sign with what is plugged in."""
    room = table.room if plugged is None else replace(table.room, devices=lambda: tuple(plugged()))
    record = open_record(room, table.agenda())
    bundle = record.bundle
    return Signature(
        record, Hands(room, record), bundle.plan.keyholders[0], review(draft(bundle.plan, bundle.roster), Policy())
    )


def _stop(question: q.Question[object]) -> object:
    raise StoppedError(question.person, question.step)


def test_every_role_is_signed_and_the_device_locked(table: Desk) -> None:
    """One PIN, one pair of words, one signature for each role, each on record with the device's serial."""
    odd = OddDevice(table.room.devices()[0])
    ann = at(table, lambda: [odd])

    ann.make()

    assert ann.signed == list(OFFLINE_ROLES)
    assert [type(each) for each in table.operator.asked] == [q.TypeWords, q.PlugIn, q.AskPin]
    signed = [each for each in ann.record.bundle.transcript.entries if each.action == "signed"]
    assert [(each.person, each.serial) for each in signed] == [("ann", "practice-1")] * 3
    assert odd.unlocked[0].is_closed


def test_each_signature_is_on_the_disk_before_the_next_is_asked_for(table: Desk) -> None:
    """A device that fails at the third role has given two."""
    found: list[int] = []

    def watch(really: Signing, key: DeviceKey, message: bytes) -> bytes:
        found.append(sum(len(each.signatures) for each in open_bundle(table.bundle).files))
        return really(key, message)

    at(table, lambda: [OddDevice(table.room.devices()[0], watch)]).make()

    assert found == [0, 1, 2]


def test_what_is_signed_are_the_bytes_that_were_reviewed(table: Desk) -> None:
    """Exactly those, in the order of the roles."""
    messages: list[bytes] = []

    def watch(really: Signing, key: DeviceKey, message: bytes) -> bytes:
        messages.append(message)
        return really(key, message)

    ann = at(table, lambda: [OddDevice(table.room.devices()[0], watch)])
    ann.make()

    assert messages == [each.payload for each in ann.reviewed.draft.files]


def test_progress_is_shown_while_the_device_signs(table: Desk) -> None:
    """Which role, how many are done, and for how long a touch is awaited."""
    at(table).make()

    works = [scene.work for scene in table.operator.scenes if scene.work is not None]
    shown = dict.fromkeys((each.what, each.done, each.total) for each in works)
    assert list(shown) == [("Signing root", 0, 3), ("Signing targets", 1, 3), ("Signing bins", 2, 3)]
    assert table.operator.scenes[-1].work is None


def test_whoever_has_signed_is_not_asked_again(table: Desk) -> None:
    """Nor is somebody without an enrolment."""
    ann = at(table)
    ann.make()
    table.operator.asked.clear()

    ann.make()
    sign(ann.record, ann.hands, Signer(Keyholder("nobody", OFFLINE_ROLES), None), ann.reviewed)

    assert table.operator.asked == []


def test_a_device_that_holds_another_key_than_the_enrolled_one_does_not_sign(table: Desk) -> None:
    """KeyAbsent: the same serial and the same label are not the same key."""
    pin = table.practice.pins["practice-1"]
    table.device_of("ann").unlink()
    impostor = SoftwareDevice.create(table.practice.devices, "practice-1", "ann", pin)
    with impostor.unlock(pin) as unlocked:
        unlocked.generate("rehearsal.example", Scheme.P256)
    ann = at(table)

    with pytest.raises(KeyAbsentError) as refused:
        ann.make()

    assert (refused.value.serial, refused.value.label) == ("practice-1", "rehearsal.example")
    assert ann.signed == []


def test_a_signature_that_does_not_verify_is_discarded_and_the_device_asked_again(table: Desk) -> None:
    """SIGNATURE-VALID: nothing of it reaches the bundle; the others are made once."""
    table.operator.patient = True
    tries: list[bytes] = []

    def spoil(really: Signing, key: DeviceKey, message: bytes) -> bytes:
        tries.append(message)
        return really(key, message + b" " if len(tries) == 2 else message)

    odd = OddDevice(table.room.devices()[0], spoil)
    ann = at(table, lambda: [odd])

    ann.make()

    (trouble,) = [each.trouble for each in table.operator.asked if each.trouble is not None]
    assert isinstance(trouble, RefusedError)
    assert trouble.rule == "SIGNATURE-VALID"
    assert ann.signed == list(OFFLINE_ROLES)
    assert len(tries) == len(OFFLINE_ROLES) + 1
    assert odd.unlocked[0].is_closed


@pytest.mark.parametrize("error", [TouchMissingError("practice-1", 15), DeviceAbsentError("practice-1")])
def test_a_missing_touch_is_told_and_asked_for_again(table: Desk, error: Exception) -> None:
    """What was signed before stays signed; only what is missing is signed again."""
    table.operator.patient = True
    tries: list[bytes] = []

    def miss(really: Signing, key: DeviceKey, message: bytes) -> bytes:
        tries.append(message)
        if len(tries) == 2:
            raise error
        return really(key, message)

    ann = at(table, lambda: [OddDevice(table.room.devices()[0], miss)])

    ann.make()

    (trouble,) = [each.trouble for each in table.operator.asked if each.trouble is not None]
    assert trouble is error
    assert ann.signed == list(OFFLINE_ROLES)
    assert len(tries) == len(OFFLINE_ROLES) + 1
    assert type(error).__name__.removesuffix("Error") in [each.action for each in ann.record.bundle.transcript.entries]


def test_a_device_that_wants_a_touch_waits_for_it(table: Desk) -> None:
    """A software device with a button: nobody touches it the first time."""
    path = table.device_of("ann")
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"touch_seconds": 15}), encoding="utf-8")
    table.operator.patient = True
    touches = iter([False, True, True, True])

    def plugged() -> list[Device]:
        return [replace(each, touch=lambda _seconds: next(touches)) for each in table.room.devices()[:1]]  # type: ignore[type-var]

    ann = at(table, plugged)
    ann.make()

    assert [type(each.trouble) for each in table.operator.asked if each.trouble] == [TouchMissingError]
    assert {scene.work.seconds for scene in table.operator.scenes if scene.work} == {15}
    assert ann.signed == list(OFFLINE_ROLES)


def test_not_today_leaves_the_rest_for_another_sitting(table: Desk) -> None:
    """A device that fails half way, and a keyholder who has no other."""
    table.operator.patient = True
    tries: list[bytes] = []

    def fail(really: Signing, key: DeviceKey, message: bytes) -> bytes:
        tries.append(message)
        if len(tries) == 2:
            raise DeviceAbsentError("practice-1")
        return really(key, message)

    plugs = iter(["practice-1", q.Missing.NOT_TODAY])
    table.operator.answers = {q.PlugIn: lambda _question: next(plugs)}
    ann = at(table, lambda: [OddDevice(table.room.devices()[0], fail)])

    ann.make()

    assert ann.signed == ["root"]


def test_wrong_words_are_on_record_and_asked_again(table: Desk) -> None:
    """WORDS-TYPED: no device is asked for before the words are right."""
    table.operator.patient = True
    willing = table.operator.willing
    typed = iter(["adult ahead", "aardvark"])
    table.operator.answers = {q.TypeWords: lambda question: next(typed, willing(question))}
    ann = at(table)

    ann.make()

    kinds = [type(each) for each in table.operator.asked]
    assert kinds.index(q.PlugIn) > max(place for place, kind in enumerate(kinds) if kind is q.TypeWords)
    assert "WORDS-TYPED" in [each.action for each in ann.record.bundle.transcript.entries]
    assert ann.signed == list(OFFLINE_ROLES)


def test_no_words_are_no_agreement(table: Desk) -> None:
    """An empty answer is a deviation; nothing is signed until the words stand there."""
    willing = table.operator.willing
    answers = iter([""])
    table.operator.answers = {q.TypeWords: lambda question: next(answers, willing(question))}
    ann = at(table)

    ann.make()

    assert [type(each) for each in table.operator.asked][:3] == [q.TypeWords, q.Describe, q.TypeWords]
