"""PIN, PUK and management key of a YubiKey, cut off wherever one can be; over a wire, without PC/SC."""

import itertools
from collections.abc import Callable

import pytest
from fakes.virtual_yubikey import Pulled, VirtualYubiKey
from fakes.yubikey_bench import Wire, by_hand
from ykman.piv import OBJECT_ID_PIVMAN_DATA, PivmanData, get_pivman_protected_data
from yubikit.core.smartcard import ApduError
from yubikit.piv import DEFAULT_MANAGEMENT_KEY, MANAGEMENT_KEY_TYPE, OBJECT_ID, PivSession

from hsm import Codes, DeviceInfo, Pin, PinState
from hsm.errors import (
    CodeRefusedError,
    DeviceFaultError,
    ManagementKeyUnknownError,
    PinBlockedError,
    PukBlockedError,
    TouchMissingError,
    UnsupportedError,
    WrongPinError,
    WrongPukError,
)
from hsm.yubikey_codes import prepare, unblock, verify
from hsm.yubikey_facts import identify
from hsm.yubikey_link import PcscError

PIN, PUK, OTHER = Pin("271828"), Pin("16180339"), Pin("141421")
CODES = Codes(PIN, PUK)
VERIFY, CHANGE, UNBLOCK, AUTHENTICATE, SET_TRIES = 0x20, 0x24, 0x2C, 0x87, 0xFA
FIRMWARE = [(5, 2, 7), (5, 4, 3), (5, 7, 4)]


@pytest.fixture
def card() -> VirtualYubiKey:
    """A YubiKey as it left the factory."""
    return VirtualYubiKey(101)


def acting(card: VirtualYubiKey, act: Callable[[PivSession], None]) -> None:
    """The act is done in a session of its own."""
    with Wire(card) as wire:
        act(PivSession(wire))


def prepared(card: VirtualYubiKey, current: Pin | None = None, codes: Codes = CODES) -> None:
    """The YubiKey has these codes."""
    acting(card, lambda session: prepare(session, "101", current, codes))


def told(card: VirtualYubiKey) -> DeviceInfo:
    """What the YubiKey tells of itself now."""
    with Wire(card) as wire:
        return identify(wire, "a reader")[1]


def pulled_before(card: VirtualYubiKey, number: int) -> None:
    """The YubiKey is pulled out right before it gets its command of this number, counted from one, and stays out."""
    left = [number]

    def hook(_: bytes) -> None:
        left[0] -= 1
        if left[0] <= 0:
            raise Pulled

    card.hook = hook


def management_key(card: VirtualYubiKey, pin: Pin) -> bytes | None:
    """The management key that lies under the PIN."""
    with Wire(card) as wire:
        session = PivSession(wire)
        session.verify_pin(pin.secret)
        return get_pivman_protected_data(session).key


@pytest.mark.parametrize("firmware", FIRMWARE)
def test_a_prepared_yubikey_has_codes_of_its_owner_and_a_key_that_nobody_knows(firmware: tuple[int, int, int]) -> None:
    """PIN and PUK work, five tries each; the management key is random, and of AES where there is AES."""
    card = VirtualYubiKey(101, firmware)
    current = Pin("123456") if firmware < (5, 3, 0) else None
    prepared(card, current)
    info = told(card)
    assert not info.has_makers_codes
    assert (card.pin_attempts_left, card.puk_attempts_left) == (5, 5)
    with by_hand(card, PIN.secret) as session:
        is_aes = session.management_key_type is MANAGEMENT_KEY_TYPE.AES192
        assert is_aes is (firmware >= (5, 4, 0))
        assert PivmanData(session.get_object(OBJECT_ID_PIVMAN_DATA)).has_stored_key
    another = VirtualYubiKey(102, firmware)
    prepared(another, current)
    assert len({management_key(card, PIN), management_key(another, PIN), DEFAULT_MANAGEMENT_KEY}) == 3
    acting(card, lambda session: unblock(session, "101", PUK, OTHER))
    acting(card, lambda session: verify(session, "101", OTHER))


def test_the_number_of_tries_is_as_wanted(card: VirtualYubiKey) -> None:
    """PIN and PUK take as many wrong tries as was said."""
    prepared(card, None, Codes(PIN, PUK, 9))
    assert (told(card).pin.attempts_left, card.puk_attempts_left) == (9, 9)


@pytest.mark.parametrize("firmware", FIRMWARE)
def test_pulled_out_anywhere_it_can_be_prepared_again(firmware: tuple[int, int, int]) -> None:
    """Before each command in turn it is pulled out; what it says of itself then is enough to begin again."""
    is_old = firmware < (5, 3, 0)
    for number in itertools.count(1):
        card = VirtualYubiKey(101, firmware)
        pulled_before(card, number)
        try:
            prepared(card, Pin("123456") if is_old else None)
        except PcscError:
            card.hook = None
        else:
            break
        if is_old:
            prepared(card, PIN if takes(card, PIN) else Pin("123456"))
        else:
            again_if_it_says_so(card)
        with by_hand(card, PIN.secret):
            pass  # the PIN is right, and the management key that lies under it too
    assert number >= 20


def again_if_it_says_so(card: VirtualYubiKey) -> None:
    """What the engine does: as long as any code is the maker's, the YubiKey is prepared, by the PIN it has."""
    info = told(card)
    if info.has_makers_codes:
        prepared(card, None if info.pin.is_default else PIN)
    assert not told(card).has_makers_codes
    assert (card.pin_attempts_left, card.puk_attempts_left) == (5, 5)


def takes(card: VirtualYubiKey, pin: Pin) -> bool:
    """Whether this is the PIN; the try that it costs is given back by the maker's."""
    try:
        acting(card, lambda session: verify(session, "101", pin))
    except WrongPinError:
        acting(card, lambda session: session.verify_pin("123456"))
        return False
    return True


def test_prepared_again_it_keeps_its_management_key(card: VirtualYubiKey) -> None:
    """A key that nobody knows already is not changed: there would be a moment in which the YubiKey could lose it."""
    prepared(card)
    kept = management_key(card, PIN)
    prepared(card, PIN, Codes(OTHER, Pin("57721566"), 3))
    assert management_key(card, OTHER) == kept
    assert (card.pin_attempts_left, card.puk_attempts_left) == (3, 3)


# what is never guessed


def test_the_makers_pin_is_tried_only_where_the_yubikey_says_it_has_it(card: VirtualYubiKey) -> None:
    """Without a PIN to begin with nothing is sent to a YubiKey that has one of its own, or does not say."""
    prepared(card)
    card.log.clear()
    old = VirtualYubiKey(102, (5, 2, 7))
    for each in (card, old):
        with pytest.raises(WrongPinError) as refused:
            prepared(each)
        assert refused.value.attempts_left == each.pin_attempts_left
        assert not {SET_TRIES, CHANGE} & {instruction for instruction, *_ in each.log}
        # on the old one the tries were asked for, which is a VERIFY without a PIN
        assert all(status == 0x63C3 for instruction, *_, status in each.log if instruction == VERIFY)


def test_a_wrong_pin_to_begin_with_costs_one_try_and_changes_nothing(card: VirtualYubiKey) -> None:
    """Tried once, told with what is left; the codes are as they were."""
    prepared(card)
    with pytest.raises(WrongPinError) as wrong:
        prepared(card, Pin("000000"), Codes(OTHER, PUK))
    assert (wrong.value.attempts_left, card.pin_attempts_left) == (4, 4)
    acting(card, lambda session: verify(session, "101", PIN))


def test_a_blocked_pin_is_told_without_a_try(card: VirtualYubiKey) -> None:
    """Nothing is sent any more, and nothing prepared."""
    for _ in range(3):
        with pytest.raises(WrongPinError):
            acting(card, lambda session: verify(session, "101", OTHER))
    card.log.clear()
    with pytest.raises(PinBlockedError):
        acting(card, lambda session: verify(session, "101", Pin("123456")))
    with pytest.raises(PinBlockedError):
        prepared(card)
    assert VERIFY not in [instruction for instruction, *_ in card.log]


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        (Codes(Pin("12345"), PUK), "PIN"),
        (Codes(Pin("123456789"), PUK), "PIN"),
        (Codes(Pin("ääääö"), PUK), "PIN"),
        (Codes(Pin("\ud800123456"), PUK), "PIN"),
        (Codes(Pin("123456"), PUK), "PIN"),
        (Codes(PIN, Pin("12345")), "PUK"),
        (Codes(PIN, Pin("12345678")), "PUK"),
        (Codes(PIN, None), "PUK"),
    ],
)
def test_a_code_that_cannot_be_or_is_the_makers_is_refused_before_anything_changes(
    card: VirtualYubiKey, codes: Codes, code: str
) -> None:
    """Six to eight bytes, and not what stands in the manual."""
    with pytest.raises(CodeRefusedError) as refused:
        prepared(card, None, codes)
    assert refused.value.code == code
    assert not {VERIFY, SET_TRIES, AUTHENTICATE} & {instruction for instruction, *_ in card.log}


@pytest.mark.parametrize(("reference", "code"), [(0x80, "PIN"), (0x81, "PUK")])
@pytest.mark.parametrize("word", [b"\x6a\x80", b"\x69\x85"])
def test_a_code_the_yubikey_finds_too_simple_can_be_chosen_again(
    card: VirtualYubiKey, word: bytes, reference: int, code: str
) -> None:
    """Some firmware refuses simple codes; the YubiKey says that it is not prepared, and takes another one."""
    card.hook = lambda apdu: word if apdu[1] == CHANGE and apdu[3] == reference else None
    with pytest.raises(CodeRefusedError) as refused:
        prepared(card)
    assert refused.value.code == code
    card.hook = None
    again_if_it_says_so(card)


# the management key


def test_a_management_key_that_nobody_wrote_down_here_is_told(card: VirtualYubiKey) -> None:
    """No PIN is spent on a YubiKey whose management key is kept elsewhere."""
    with by_hand(card) as session:
        session.set_management_key(MANAGEMENT_KEY_TYPE.AES256, bytes(range(32)))
    card.log.clear()
    with pytest.raises(ManagementKeyUnknownError):
        prepared(card)
    assert not {VERIFY, SET_TRIES} & {instruction for instruction, *_ in card.log}


@pytest.mark.parametrize(
    "kept", [b"", b"\x88\x00", b"\x88\x05\x89\x03abc", b"nonsense", b"\x88\x12\x89\x10" + bytes(16)]
)
def test_what_is_kept_and_is_not_the_key_is_no_key(card: VirtualYubiKey, kept: bytes) -> None:
    """Nothing, too little, a wrong one and nonsense under the PIN are all unknown keys."""
    marks = PivmanData()
    marks.mgm_key_protected = True
    with by_hand(card) as session:
        session.put_object(OBJECT_ID_PIVMAN_DATA, marks.get_bytes())
        session.put_object(OBJECT_ID.PRINTED, kept)
        session.set_management_key(MANAGEMENT_KEY_TYPE.AES128, bytes(range(16)))
    with pytest.raises(ManagementKeyUnknownError):
        prepared(card)
    assert card.pin_attempts_left == 3


def test_marks_that_cannot_be_read_mark_nothing(card: VirtualYubiKey) -> None:
    """A YubiKey whose own notes are nonsense is asked no PIN for a key that is not there."""
    with by_hand(card) as session:
        session.put_object(OBJECT_ID_PIVMAN_DATA, b"\x80\x03\x81\x01")
        session.set_management_key(MANAGEMENT_KEY_TYPE.AES192, bytes(range(24)))
    with pytest.raises(ManagementKeyUnknownError):
        prepared(card)


def test_other_data_where_the_key_goes_are_not_overwritten(card: VirtualYubiKey) -> None:
    """Printed information of somebody's identity card stays; nothing has changed."""
    with by_hand(card) as session:
        session.put_object(OBJECT_ID.PRINTED, b"\x01\x03ann\x02\x03bob")
    with pytest.raises(UnsupportedError):
        prepared(card)
    assert told(card).pin == PinState(attempts_left=3, is_default=True)
    assert SET_TRIES not in [instruction for instruction, *_ in card.log]


def test_a_key_that_was_not_written_down_is_not_set(card: VirtualYubiKey) -> None:
    """What is read back has to be what was written; until then the management key stays as it is."""
    card.hook = lambda apdu: b"\x90\x00" if apdu[1] == 0xDB else None
    with pytest.raises(DeviceFaultError) as fault:
        prepared(card)
    assert fault.value.code == "ManagementKeyNotKept"
    card.hook = None
    again_if_it_says_so(card)


def test_a_management_key_that_wants_a_touch_is_told_from_a_wrong_one(
    card: VirtualYubiKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused after a while nobody touched it; refused at once it is another key."""
    with by_hand(card) as session:
        session.set_management_key(session.management_key_type, DEFAULT_MANAGEMENT_KEY, require_touch=True)
    card.touch.refuse = True
    card.touch.timeout = 0.0
    with pytest.raises(ManagementKeyUnknownError):
        prepared(card)
    card.touch.timeout = 0.05
    monkeypatch.setattr("hsm.yubikey_management._AT_ONCE_SECONDS", 0.04)
    with pytest.raises(TouchMissingError):
        prepared(card)
    card.touch.refuse = False
    again_if_it_says_so(card)


def test_any_other_refusal_of_the_management_key_is_no_wrong_key(card: VirtualYubiKey) -> None:
    """The word is passed on as it came."""
    card.hook = lambda apdu: b"\x6f\x00" if apdu[1] == AUTHENTICATE else None
    with pytest.raises(ApduError):
        prepared(card)


@pytest.mark.parametrize(("instruction", "reference"), [(0xCB, 0xFF), (CHANGE, 0x80)])
def test_a_refusal_without_a_meaning_is_passed_on(card: VirtualYubiKey, instruction: int, reference: int) -> None:
    """What says neither that a code is too simple nor that an object is missing is no such thing."""
    card.hook = lambda apdu: b"\x6f\x00" if (apdu[1], apdu[3]) == (instruction, reference) else None
    with pytest.raises(ApduError):
        prepared(card)


# the PUK


def test_a_puk_of_older_firmware_is_told_blocked_when_it_is(card: VirtualYubiKey) -> None:
    """Firmware that does not tell the tries of the PUK tells them after a wrong one."""
    old = VirtualYubiKey(102, (5, 2, 7))
    for left in (2, 1):
        with pytest.raises(WrongPukError) as wrong:
            acting(old, lambda session: unblock(session, "102", PUK, PIN))
        assert wrong.value.attempts_left == left
    for _ in range(2):
        with pytest.raises(PukBlockedError):
            acting(old, lambda session: unblock(session, "102", PUK, PIN))
    assert card.puk_attempts_left == 3


@pytest.mark.parametrize("new", ["", "12345", "123456789", "123456"])
def test_a_new_pin_that_cannot_be_costs_no_try_of_the_puk(card: VirtualYubiKey, new: str) -> None:
    """It is refused before the PUK is sent."""
    with pytest.raises(CodeRefusedError):
        acting(card, lambda session: unblock(session, "101", Pin("00000000"), Pin(new)))
    assert card.puk_attempts_left == 3


def test_more_tries_than_can_be_told_are_not_told(card: VirtualYubiKey) -> None:
    """After a wrong PIN a YubiKey tells at most fifteen; that may be more, and is not said."""
    prepared(card, None, Codes(PIN, PUK, 40))
    with pytest.raises(WrongPinError) as wrong:
        acting(card, lambda session: verify(session, "101", OTHER))
    assert (wrong.value.attempts_left, card.pin_attempts_left) == (None, 39)
