"""A sitting with YubiKeys: prepared, enrolled with attestation, unblocked, swapped; each trouble has its way on."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from fakes.virtual_yubikey import VirtualYubiKey, YubicoLikeAuthority
from fakes.yubikey_bench import Wire
from fakes.yubikey_room import PIN, PUK, YubikeyRoom, yubikey_room
from ykman.piv import get_pivman_protected_data
from yubikit.piv import KEY_TYPE, PIN_POLICY, SLOT, TOUCH_POLICY, PivSession

from ceremony.core.plan import Keyholder, Plan, parse_plan
from ceremony.core.policy import Policy
from ceremony.engine import questions as q
from ceremony.engine.attest import check_rules
from ceremony.engine.bundle import open_bundle
from ceremony.engine.enrol import enrol
from ceremony.engine.hands import Hands, hands
from ceremony.engine.opening import open_record
from ceremony.engine.record import Record
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from ceremony.errors import RefusedError
from hsm import Codes, Device, Pin, Scheme
from hsm.errors import (
    AttestationRefusedError,
    DeviceError,
    DeviceSwappedError,
    KeyAbsentError,
    PinBlockedError,
    PukBlockedError,
    TouchMissingError,
    UnsupportedError,
    WrongPinError,
    WrongPukError,
)


@pytest.fixture(name="keys")
def _keys(tmp_path: Path) -> Iterator[YubikeyRoom]:
    with yubikey_room(tmp_path) as room:
        yield room


def begun(keys: YubikeyRoom) -> tuple[Record, Hands, Keyholder]:
    """A record, hands that know what is plugged in, and ann."""
    record = open_record(keys.room, keys.table.agenda())
    return record, Hands(keys.room, record), record.bundle.plan.keyholders[0]


def enrolled(keys: YubikeyRoom) -> Record:
    """The record after ann was enrolled."""
    record = open_record(keys.room, keys.table.agenda())
    with hands(keys.room, record) as held:
        enrol(record, held, record.bundle.plan.keyholders[0], came_back=False, authorities=keys.table.authorities)
    return record


def actions(record: Record) -> list[str]:
    """What is on record, in order."""
    return [each.action for each in record.bundle.transcript.entries]


def one_of(values: list[object], then: Callable[[object], object]) -> Callable[[object], object]:
    """An answerer that gives these, one after another, and then what `then` gives."""
    left = list(values)
    return lambda question: left.pop(0) if left else then(question)


def test_a_whole_ceremony_on_new_keys(keys: YubikeyRoom) -> None:
    """Prepared, made, attested, signed; strangers can check all of it, and the codes are nowhere on record."""
    sit(keys.room, keys.table.agenda())

    release = open_bundle(keys.table.release)
    assert verify(keys.table.release, Policy()).is_good
    for each in release.roster.enrolments:
        assert each.attestation is not None
        assert (each.attestation.slot, each.attestation.pin_policy, each.attestation.touch_policy) == (
            "9c",
            "always",
            "always",
        )
        assert each.serial == each.attestation.serial == keys.serial_of(each.keyholder)
    written = b"".join(path.read_bytes() for path in keys.table.release.rglob("*") if path.is_file())
    assert PIN.secret.encode() not in written
    assert PUK.secret.encode() not in written


def test_a_new_key_gets_codes_of_its_owner_before_anything_else(keys: YubikeyRoom) -> None:
    """PIN, PUK and management key are the maker's no longer; the PIN is then typed once more."""
    record = enrolled(keys)

    kinds = [type(each) for each in keys.table.operator.asked]
    assert kinds == [q.PlugIn, q.ChooseCode, q.ChooseCode, q.AskPin]
    assert actions(record) == ["began", "prepared", "unlocked", "made key", "enrolled"]
    assert not device_of(keys, "ann").info.has_makers_codes
    assert (keys.keys["ann"].pin_attempts_left, keys.keys["ann"].puk_attempts_left) == (5, 5)


@pytest.mark.parametrize("code", ["123456", "11111111", "12345", "häuser"])
def test_a_weak_code_is_refused_on_the_page(keys: YubikeyRoom, code: str) -> None:
    """CODE-STRONG, and nothing of what was typed is on record."""
    keys.table.operator.patient = True
    keys.table.operator.answers[q.ChooseCode] = one_of([Pin(code)], keys.table.operator.willing)

    record = enrolled(keys)

    first, second, *_ = keys.asked(q.ChooseCode)
    assert (first.trouble, first.code, second.code) == (None, "PIN", "PIN")
    assert isinstance(second.trouble, RefusedError)
    assert code not in record.bundle.transcript.encode().decode()


def test_a_puk_that_is_the_pin_is_refused(keys: YubikeyRoom) -> None:
    """Two codes, or the second is worth nothing."""
    keys.table.operator.patient = True
    keys.table.operator.answers[q.ChooseCode] = one_of([PIN, PIN], keys.table.operator.willing)

    enrolled(keys)

    assert [each.code for each in keys.asked(q.ChooseCode)] == ["PIN", "PUK", "PUK"]


def test_no_code_goes_back(keys: YubikeyRoom) -> None:
    """Whoever will not choose is not pressed, and the key is as it was."""
    keys.table.operator.answers[q.ChooseCode] = lambda _question: None
    record, held, ann = begun(keys)

    with pytest.raises(q.GoBack):
        enrol(record, held, ann, came_back=False, authorities=keys.table.authorities)

    assert device_of(keys, "ann").info.has_makers_codes


def test_a_key_whose_pin_is_its_owner_s_but_not_the_rest_is_prepared_too(keys: YubikeyRoom) -> None:
    """The PIN it has is asked for first."""
    keys.keys["ann"].hook = refuse_new_puk
    with pytest.raises(DeviceError):
        device_of(keys, "ann").prepare(None, Codes(PIN, PUK))
    keys.keys["ann"].hook = None

    enrolled(keys)

    kinds = [type(each) for each in keys.table.operator.asked]
    assert kinds == [q.PlugIn, q.AskPin, q.ChooseCode, q.ChooseCode, q.AskPin]


def test_at_one_try_left_the_program_stops_and_asks(keys: YubikeyRoom) -> None:
    """No: nothing is sent to the key, and another device can be looked at."""
    enrolled(keys)
    spend(keys, "ann", 4)
    asked: list[q.Confirm] = []
    record, held, ann = begun(keys)
    keys.table.operator.answers[q.Confirm] = asked.append
    keys.table.operator.answers[q.PlugIn] = one_of([keys.serial_of("ann"), q.Missing.NOT_TODAY], lambda _q: None)

    assert held.open(ann, may_skip=True) is None

    assert "One try left" in asked[0].title
    assert keys.keys["ann"].pin_attempts_left == 1
    assert "skipped" in actions(record)


def test_a_blocked_pin_is_opened_with_the_puk(keys: YubikeyRoom) -> None:
    """A wrong PUK costs a try of its own and is asked again; then a new PIN, and the same key signs on."""
    enrolled(keys)
    spend(keys, "ann", 5)
    keys.table.operator.patient = True
    keys.table.operator.answers[q.AskPuk] = one_of([Pin("00000000")], keys.table.operator.willing)
    record, held, ann = begun(keys)

    assert held.open(ann, may_skip=False) is not None
    held.lock_all()

    first, second = keys.asked(q.AskPuk)
    assert isinstance(first.trouble, PinBlockedError)
    assert isinstance(second.trouble, WrongPukError)
    assert second.trouble.attempts_left == 4
    assert actions(record)[-3:] == ["WrongPuk", "unblocked", "unlocked"]
    assert keys.keys["ann"].puk_attempts_left == 5


def test_a_blocked_puk_leaves_nothing_to_try(keys: YubikeyRoom) -> None:
    """PukBlocked, before anybody types anything."""
    enrolled(keys)
    spend(keys, "ann", 5)
    device = device_of(keys, "ann")
    for _try in range(5):
        with pytest.raises((WrongPukError, PukBlockedError)):
            device.unblock(Pin("00000000"), PIN)
    _record, held, ann = begun(keys)

    with pytest.raises(PukBlockedError):
        held.open(ann, may_skip=False)

    assert keys.asked(q.AskPuk) == []


def test_an_occupied_slot_is_given_up_only_by_name(keys: YubikeyRoom) -> None:
    """Wrong letters are refused; the slot that is empty is suggested; what was lost is on record."""
    occupy(keys, "ann")
    keys.table.operator.patient = True
    keys.table.operator.answers[q.ChooseSlot] = lambda _question: "9c"
    keys.table.operator.answers[q.TypeLoss] = one_of(["deadbeef", ""], keys.table.operator.willing)

    record = enrolled(keys)

    assert [each.wanted for each in keys.asked(q.ChooseSlot)] == ["9a", "9a"]
    assert [type(each.trouble) for each in keys.asked(q.TypeLoss)] == [type(None), RefusedError, type(None)]
    assert "gave up" in actions(record)
    attestation = record.bundle.roster.enrolments[0].attestation
    assert attestation is not None
    assert attestation.slot == "9c"


def test_an_empty_slot_does_as_well(keys: YubikeyRoom) -> None:
    """Nothing is lost."""
    held_before = occupy(keys, "ann")

    record = enrolled(keys)

    assert keys.asked(q.TypeLoss) == []
    attestation = record.bundle.roster.enrolments[0].attestation
    assert attestation is not None
    assert attestation.slot == "9a"
    device = device_of(keys, "ann")
    assert held_before in {each.holds for each in device.slots()}


def test_the_plan_may_name_the_slot(keys: YubikeyRoom) -> None:
    """Then it is that one or none."""
    keys.table.edit_plan('name = "ann"', 'name = "ann"\nslot = "82"')

    record = enrolled(keys)

    attestation = record.bundle.roster.enrolments[0].attestation
    assert attestation is not None
    assert attestation.slot == "82"


def test_a_planned_slot_that_is_occupied_goes_back_unless_it_is_given_up(keys: YubikeyRoom) -> None:
    """No other slot is offered."""
    occupy(keys, "ann")
    keys.table.edit_plan('name = "ann"', 'name = "ann"\nslot = "9c"')
    keys.table.operator.answers[q.TypeLoss] = lambda _question: ""
    record, held, ann = begun(keys)

    with pytest.raises(q.GoBack):
        enrol(record, held, ann, came_back=False, authorities=keys.table.authorities)
    held.lock_all()

    assert keys.asked(q.ChooseSlot) == []


def test_a_missed_touch_is_asked_for_again_without_a_second_pin(keys: YubikeyRoom) -> None:
    """The key stays unlocked while its owner gets ready."""
    keys.table.operator.patient = True
    touch = keys.keys["ann"].touch
    touch.timeout, touch.refuse = 0.1, True
    confirmed: list[q.Confirm] = []

    def ready(question: q.Confirm) -> bool:
        confirmed.append(question)
        touch.refuse = False
        return True

    keys.table.operator.answers[q.Confirm] = ready

    record = enrolled(keys)

    assert isinstance(confirmed[0].trouble, TouchMissingError)
    assert len(keys.asked(q.AskPin)) == 1
    assert "enrolled" in actions(record)


def test_a_key_pulled_while_it_waits_for_a_touch_is_asked_for_again(keys: YubikeyRoom) -> None:
    """And what was signed before stays signed."""
    keys.table.operator.patient = True
    ann = keys.keys["ann"]

    def pull() -> None:
        ann.touch.waiting.wait(10)
        keys.lab.pull(ann)

    def plug(question: q.PlugIn) -> str:
        if question.trouble is not None:
            ann.touch.manual = False
            keys.lab.plug(ann)
        return keys.serial_of(question.person)

    keys.table.operator.answers[q.PlugIn] = plug
    ann.touch.manual = True
    puller = threading.Thread(target=pull)
    puller.start()

    record = enrolled(keys)
    puller.join()

    assert "DeviceAbsent" in actions(record)
    assert actions(record)[-1] == "enrolled"


def test_a_key_swapped_for_another_is_told_by_both_serials(keys: YubikeyRoom) -> None:
    """Between PIN and signature somebody puts another key into the same port: it is not told the PIN."""
    ann, stranger = keys.keys["ann"], VirtualYubiKey(39999999)
    for name in ("bob", "cyd"):
        keys.lab.pull(keys.keys[name])

    enrolled(keys)
    _record, held, holder = begun(keys)
    unlocked = held.open(holder, may_skip=False)
    assert unlocked is not None
    (key,) = unlocked.keys()
    keys.lab.pull(ann)
    keys.lab.plug(stranger)

    with pytest.raises(DeviceSwappedError) as swapped:
        unlocked.sign(key, b"{}")
    held.lock_all()

    assert (swapped.value.serial, swapped.value.found) == (str(ann.serial), "39999999")
    assert stranger.pin_attempts_left == 3


def test_a_certificate_that_is_missing_is_named(keys: YubikeyRoom) -> None:
    """AttestationRefused says what to put where."""
    keys.table.authorities = ()
    record, held, ann = begun(keys)

    with pytest.raises(AttestationRefusedError) as refused:
        enrol(record, held, ann, came_back=False, authorities=())
    held.lock_all()

    assert "certificate" in refused.value.what


def test_another_authority_s_certificates_vouch_for_nothing(keys: YubikeyRoom, tmp_path: Path) -> None:
    """The same names, other keys."""
    (tmp_path / "others").mkdir()
    YubicoLikeAuthority.make("new").save(tmp_path / "others")
    record, held, ann = begun(keys)

    with pytest.raises(AttestationRefusedError):
        enrol(record, held, ann, came_back=False, authorities=(tmp_path / "others",))
    held.lock_all()


def test_old_firmware_is_refused_before_any_code_unless_the_plan_says_why(tmp_path: Path) -> None:
    """FIRMWARE-FLOOR: and the reason is on record, in the plan and in the review."""
    with yubikey_room(tmp_path, ("ann", "bob"), firmware=(5, 4, 3)) as keys:
        record, held, ann = begun(keys)
        with pytest.raises(RefusedError) as refused:
            enrol(record, held, ann, came_back=False, authorities=keys.table.authorities)
        assert refused.value.rule == "FIRMWARE-FLOOR"
        assert keys.asked(q.ChooseCode) == []
        for name in ("ann", "bob"):
            keys.table.edit_plan(
                f'name = "{name}"', f'name = "{name}"\nfirmware_exception = "the new keys arrive in May"'
            )
        keys.table.operator.asked.clear()
        (tmp_path / "bundle").rename(tmp_path / "first bundle")

        sit(keys.room, keys.table.agenda())

        (page,) = keys.asked(q.ReviewPage)
        assert any("the new keys arrive in May" in each.sentence for each in page.reviewed.changes)


def test_ed25519_says_when_a_root_is_too_long_for_the_key(keys: YubikeyRoom) -> None:
    """Before anybody is asked for a touch."""
    keys.table.edit_plan('scheme = "ecdsa-sha2-nistp256"', 'scheme = "ed25519"')
    enrolled(keys)
    _record, held, ann = begun(keys)
    unlocked = held.open(ann, may_skip=False)
    assert unlocked is not None
    (key,) = unlocked.keys()
    keys.keys["ann"].touch.waiting.clear()

    with pytest.raises(UnsupportedError):
        unlocked.sign(key, b" " * 4000)
    held.lock_all()

    assert not keys.keys["ann"].touch.waiting.is_set()


def test_the_last_try_is_asked_for_before_a_key_is_prepared_too(keys: YubikeyRoom) -> None:
    """A key that was prepared by halves, with one try left: No leaves that try unspent."""
    keys.keys["ann"].hook = refuse_new_puk
    with pytest.raises(DeviceError):
        device_of(keys, "ann").prepare(None, Codes(PIN, PUK))
    keys.keys["ann"].hook = None
    spend(keys, "ann", keys.keys["ann"].pin_attempts_left - 1)
    keys.table.operator.answers[q.Confirm] = lambda _question: False
    keys.table.operator.answers[q.PlugIn] = one_of([keys.serial_of("ann"), q.Missing.NOT_TODAY], lambda _question: None)
    _record, held, ann = begun(keys)

    assert held.open(ann, may_skip=True, prepares=True) is None

    assert "One try left" in keys.asked(q.Confirm)[0].title
    assert keys.keys["ann"].pin_attempts_left == 1


def test_a_wrong_pin_while_preparing_is_told_on_its_page_and_codes_are_chosen_once(keys: YubikeyRoom) -> None:
    """Nobody thinks of new codes twice because of a slip."""
    keys.keys["ann"].hook = refuse_new_puk
    with pytest.raises(DeviceError):
        device_of(keys, "ann").prepare(None, Codes(PIN, PUK))
    keys.keys["ann"].hook = None
    keys.table.operator.patient = True
    keys.table.operator.answers[q.AskPin] = one_of([Pin("00000000")], keys.table.operator.willing)

    enrolled(keys)

    kinds = [type(each) for each in keys.table.operator.asked]
    assert kinds == [q.PlugIn, q.AskPin, q.ChooseCode, q.ChooseCode, q.AskPin, q.AskPin]
    assert isinstance(keys.asked(q.AskPin)[1].trouble, WrongPinError)


def test_the_page_of_the_puk_shows_the_tries_that_are_left(keys: YubikeyRoom) -> None:
    """What the device says now, each time."""
    enrolled(keys)
    spend(keys, "ann", 5)
    keys.table.operator.patient = True
    keys.table.operator.answers[q.AskPuk] = one_of([Pin("00000000")] * 4, keys.table.operator.willing)
    _record, held, ann = begun(keys)

    assert held.open(ann, may_skip=False) is not None
    held.lock_all()

    assert [each.device.puk.attempts_left for each in keys.asked(q.AskPuk)] == [5, 4, 3, 2, 1]
    assert [each.title for each in keys.asked(q.Confirm)] == ["One try left for the PUK"]


@pytest.mark.parametrize("agrees", [True, False])
def test_firmware_that_does_not_tell_its_codes_is_asked_about(tmp_path: Path, agrees: object) -> None:
    """Below 5.3: new codes, unless its owner says that the old ones are not the maker's."""
    with yubikey_room(tmp_path, ("ann", "bob"), firmware=(5, 2, 4)) as keys:
        keys.table.edit_plan('name = "ann"', 'name = "ann"\nfirmware_exception = "we have no other key"')
        keys.table.operator.answers[q.Confirm] = lambda _question: agrees
        makers = Pin("123456")
        keys.table.operator.answers[q.AskPin] = (
            one_of([makers], keys.table.operator.willing) if agrees else (lambda _question: makers)
        )

        record = enrolled(keys)

        assert [each.title for each in keys.asked(q.Confirm)] == ["Codes that nobody knows of"]
        assert ("prepared" in actions(record)) is agrees
        assert actions(record)[-1] == "enrolled"


def test_a_look_alike_with_the_right_serial_is_told_no_pin(keys: YubikeyRoom) -> None:
    """The public key that was enrolled is looked for first."""
    enrolled(keys)
    keys.lab.pull(keys.keys["ann"])
    alike = VirtualYubiKey(keys.keys["ann"].serial)
    keys.lab.plug(alike)
    _record, held, ann = begun(keys)

    with pytest.raises(KeyAbsentError):
        held.open(ann, may_skip=False)

    assert len(keys.asked(q.AskPin)) == 1
    assert alike.pin_attempts_left == 3


def test_a_key_that_a_rule_refused_stays_and_another_is_made_in_another_slot(keys: YubikeyRoom) -> None:
    """ATTESTATION-POLICIES: a key under the right name that asks for no touch is not offered for ever."""
    device_of(keys, "ann").prepare(None, Codes(PIN, PUK))
    label = open_plan(keys).repository
    key_without_touch(keys.keys["ann"], label)
    keys.table.operator.patient = True

    record = enrolled(keys)

    assert [type(each.trouble) for each in keys.asked(q.PlugIn)] == [type(None), RefusedError]
    attestation = record.bundle.roster.enrolments[0].attestation
    assert attestation is not None
    assert (attestation.slot, attestation.touch_policy) == ("9a", "always")


def test_an_enrolment_that_breaks_a_rule_is_refused_at_once(keys: YubikeyRoom) -> None:
    """KEY-UNIQUE and the others: while another device can still be taken, not at the review."""
    enrolled(keys)
    record = open_record(keys.room, keys.table.agenda())
    (anns,) = record.bundle.roster.enrolments
    bob = record.bundle.plan.keyholders[1]

    with pytest.raises(RefusedError) as refused:
        check_rules(record.bundle, bob, replace(anns, keyholder="bob"))

    assert refused.value.rule in {"KEY-UNIQUE", "DEVICE-OWN", "ENROLMENT-PROOF"}


def open_plan(keys: YubikeyRoom) -> Plan:
    """The plan of this ceremony."""
    return parse_plan(keys.table.practice.plan.read_bytes(), "plan.toml")


def key_without_touch(key: VirtualYubiKey, label: str) -> None:
    """Slot 9c holds a key made inside, with a certificate of this label, that signs without a touch."""
    with Wire(key) as wire:
        session = PivSession(wire)
        session.verify_pin(PIN.secret)
        session.authenticate(get_pivman_protected_data(session).key)
        public = session.generate_key(SLOT.SIGNATURE, KEY_TYPE.ECCP256, PIN_POLICY.ALWAYS, TOUCH_POLICY.NEVER)
        named, then = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)]), datetime.fromtimestamp(0, UTC)
        builder = x509.CertificateBuilder(named, named, public, 1, then, then)
        session.put_certificate(SLOT.SIGNATURE, builder.sign(generate_private_key(SECP256R1()), SHA256()))


def refuse_new_puk(apdu: bytes) -> bytes | None:
    """The key fails when its PUK is changed (CHANGE REFERENCE DATA, reference 81), as if it were pulled out there."""
    return bytes.fromhex("6f00") if (apdu[1], apdu[3]) == (0x24, 0x81) else None


def device_of(keys: YubikeyRoom, name: str) -> Device:
    """The key of `name`, as the driver finds it."""
    return next(each for each in keys.room.devices() if each.info.serial == keys.serial_of(name))


def spend(keys: YubikeyRoom, name: str, tries: int) -> None:
    """So many wrong PINs were sent to the key of `name`."""
    for _try in range(tries):
        with pytest.raises((WrongPinError, PinBlockedError)):
            device_of(keys, name).unlock(Pin("00000000"))


def occupy(keys: YubikeyRoom, name: str) -> str:
    """Slot 9c of the key of `name` holds another key now; what it is called."""
    device = device_of(keys, name)
    device.prepare(None, Codes(PIN, PUK))
    with device.unlock(PIN) as unlocked:
        unlocked.generate("another purpose", Scheme.P256)
    return next(each.holds for each in device.slots() if each.name == "9c")
