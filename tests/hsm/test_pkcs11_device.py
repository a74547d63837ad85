"""The PKCS#11 driver: what only it promises, and what it makes of a module that fails."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.bench import PINS
from fakes.faulty_pkcs11 import FaultyModule
from fakes.softhsm import MODULE, softhsm

from hsm import Codes, Pin, Scheme
from hsm.errors import (
    CodeRefusedError,
    DeviceAbsentError,
    DeviceBusyError,
    DeviceError,
    DeviceFaultError,
    PinBlockedError,
    UnsupportedError,
    WrongPinError,
)
from hsm.pkcs11_device import Pkcs11Device, find_devices, list_devices
from hsm.pkcs11_process import ModuleRefusedError

ANN = Pin(PINS["ann"])
COUNT_LOW, FINAL_TRY, LOCKED, TO_BE_CHANGED, WRITE_PROTECTED = 0x10000, 0x20000, 0x40000, 0x80000, 0x2


def test_blank_tokens_and_empty_slots_are_no_devices(anns: Pkcs11Device) -> None:
    """SoftHSM always shows a token that is not initialised; it is not listed."""
    assert find_devices(MODULE) == (anns,)


@pytest.mark.parametrize(
    ("flags", "low", "final", "blocked", "left", "default"),
    [
        (0, False, False, False, None, None),
        (COUNT_LOW, True, False, False, None, None),
        (COUNT_LOW | FINAL_TRY, True, True, False, 1, None),
        (FINAL_TRY, True, True, False, 1, None),
        (LOCKED, True, False, True, 0, None),
        (COUNT_LOW | FINAL_TRY | LOCKED, True, False, True, 0, None),
        (TO_BE_CHANGED, False, False, False, None, True),
    ],
)
def test_the_pin_state_is_read_from_the_flags_of_the_moment(  # noqa: PLR0913, PLR0917 - the columns of the table
    faulty: FaultyModule,
    device: Pkcs11Device,
    flags: int,
    low: bool,  # noqa: FBT001 - a column of the table
    final: bool,  # noqa: FBT001 - a column of the table
    blocked: bool,  # noqa: FBT001 - a column of the table
    left: int | None,
    default: bool | None,  # noqa: FBT001 - a column of the table
) -> None:
    """Each flag the token shows now is told, and tries left only where they follow from it."""
    faulty.spoil(f"flags {flags:x}")
    pin = device.refresh().pin
    assert (pin.is_low, pin.is_final_try, pin.is_blocked) == (low, final, blocked)
    assert (pin.attempts_left, pin.is_default) == (left, default)


def test_one_bad_slot_is_told_and_hides_no_token(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """A slot that fails becomes a fault by the slot's name; a slot without a token is silence."""
    faulty.spoil("C_GetTokenInfo 30")
    found = find_devices(faulty.module)
    assert [type(each) for each in found] == [DeviceFaultError] * 3
    assert {each.code for each in found} == {"CKR_DEVICE_ERROR"}
    assert list_devices(faulty.module) == ()
    faulty.spoil("C_GetTokenInfo e0")
    assert find_devices(faulty.module) == ()
    faulty.spoil()
    assert device in find_devices(faulty.module)


def test_a_module_that_does_not_answer_is_a_fault_by_its_path(faulty: FaultyModule) -> None:
    """Where no slot can be listed, the module itself is at fault."""
    faulty.spoil("C_GetSlotList 5")
    with pytest.raises(DeviceFaultError) as fault:
        list_devices(faulty.module)
    assert (fault.value.serial, fault.value.code) == (str(faulty.module), "CKR_GENERAL_ERROR")


def test_a_token_without_our_mechanisms_has_no_scheme(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """Schemes are those the token has mechanisms for."""
    assert device.refresh().schemes == tuple(Scheme)
    faulty.spoil("no_mechanisms 1")
    assert device.refresh().schemes == ()


def test_two_tokens_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    """A token is found by serial and label together; never is the wrong one of two taken."""
    with softhsm(tmp_path / "softhsm", {"ann": "1234", "bob": "1234"}) as module:
        ann, bob = sorted(list_devices(module), key=lambda each: each.info.label)
        stranger = replace(ann, info=replace(ann.info, label=bob.info.label))
        with pytest.raises(DeviceAbsentError):
            stranger.unlock(Pin("1234"))


def test_twin_tokens_are_a_fault(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """Two tokens with one serial and label stop every act, for either could be meant."""
    faulty.spoil("twins 1")
    twin = list_devices(faulty.module)[0]
    assert twin.info.label == "twin"
    with pytest.raises(DeviceFaultError) as fault:
        twin.refresh()
    assert fault.value.code == "TwinTokens"
    with pytest.raises(DeviceAbsentError):
        device.refresh()


# PINs


@pytest.mark.parametrize(("flags", "left"), [(COUNT_LOW, None), (FINAL_TRY, 1), (LOCKED, 0)])
def test_a_wrong_pin_tells_what_the_flags_tell(
    faulty: FaultyModule, device: Pkcs11Device, flags: int, left: int | None
) -> None:
    """After a refused PIN the tries left are read from the flags as they are then."""
    faulty.spoil(f"flags {flags:x}")
    with pytest.raises(WrongPinError) as wrong:
        device.unlock(Pin("000000"))
    assert wrong.value.attempts_left == left
    assert isinstance(wrong.value.__cause__, ModuleRefusedError)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0xA0, WrongPinError),
        (0xA1, WrongPinError),
        (0xA2, WrongPinError),
        (0xA4, PinBlockedError),
        (0x100, DeviceBusyError),
        (0x104, DeviceBusyError),
        (0x32, DeviceAbsentError),
        (0xE0, DeviceAbsentError),
        (0xB3, DeviceAbsentError),
    ],
)
def test_a_refused_login_is_told_by_its_reason(
    faulty: FaultyModule, device: Pkcs11Device, code: int, kind: type[DeviceError]
) -> None:
    """Wrong, blocked, busy and absent are four errors, each by the device's serial."""
    faulty.spoil(f"C_Login {code:x}")
    with pytest.raises(kind) as refused:
        device.unlock(ANN)
    assert refused.value.serial == device.info.serial


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0x30, "CKR_DEVICE_ERROR"),
        (0x5, "CKR_GENERAL_ERROR"),
        (0xA3, "CKR_PIN_EXPIRED"),
        (0x102, "CKR_USER_PIN_NOT_INITIALIZED"),
        (0x8F, "CKR 0x8f"),
    ],
)
def test_any_other_refusal_is_a_fault_by_its_name(
    faulty: FaultyModule, device: Pkcs11Device, code: int, name: str
) -> None:
    """What has no error of its own keeps the vendor's name, or number."""
    faulty.spoil(f"C_Login {code:x}")
    with pytest.raises(DeviceFaultError) as fault:
        device.unlock(ANN)
    assert fault.value.code == name


def test_a_login_that_fails_afterwards_is_taken_back(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """Where the token fails just after accepting the PIN, it is logged out again."""
    faulty.spoil("C_GetMechanismList 30")
    with pytest.raises(DeviceFaultError):
        device.unlock(ANN)
    faulty.spoil()
    device.unlock(ANN).close()


def test_a_device_is_unlocked_once_at_a_time(anns: Pkcs11Device) -> None:
    """A second unlocking is busy, whatever the PIN, and the first stays open."""
    with anns.unlock(ANN) as unlocked:
        for pin in (ANN, Pin("000000")):
            with pytest.raises(DeviceBusyError):
                anns.unlock(pin)
        assert unlocked.generate("root", Scheme.P256)


def test_a_write_protected_token_still_opens(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """A token that cannot be written is opened for reading, and makes no keys."""
    faulty.spoil(f"flags {WRITE_PROTECTED:x}")
    with device.unlock(ANN) as unlocked:
        assert unlocked.keys() == ()
        with pytest.raises(DeviceFaultError) as fault:
            unlocked.generate("root", Scheme.P256)
    assert fault.value.code == "CKR_SESSION_READ_ONLY"


@pytest.mark.parametrize("spoiled", ["C_Logout 101", "C_Logout 32", "C_CloseSession b3"])
def test_closing_never_fails(faulty: FaultyModule, device: Pkcs11Device, spoiled: str) -> None:
    """Whatever the module answers to logging out or closing, the device is closed."""
    unlocked = device.unlock(ANN)
    faulty.spoil(spoiled)
    unlocked.close()
    with pytest.raises(DeviceAbsentError):
        unlocked.keys()


def test_a_failed_logout_does_not_leave_the_device_open(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """The session is closed although logging out failed, and with the last session the login ends."""
    unlocked = device.unlock(ANN)
    faulty.spoil("C_Logout 101")
    unlocked.close()
    faulty.spoil()
    device.unlock(ANN).close()


def test_threads_take_turns_at_a_module(anns: Pkcs11Device) -> None:
    """A thread that lists while another signs disturbs nothing."""
    errors: list[BaseException] = []

    def look() -> None:
        try:
            for _ in range(50):
                list_devices(MODULE)
                anns.keys()
        except BaseException as error:  # noqa: BLE001 - whatever it was, the test shows it
            errors.append(error)

    with anns.unlock(ANN) as unlocked:
        key = unlocked.generate("root", Scheme.P256)
        looking = threading.Thread(target=look)
        looking.start()
        for _ in range(50):
            assert unlocked.sign(key, b"bytes")
        looking.join()
    assert errors == []


# YubiKeys that another driver asks


def test_slots_of_yubikeys_are_left_alone_where_they_are_to_be(faulty: FaultyModule) -> None:
    """Their slots are not looked into: not even a fault of one is told."""
    faulty.spoil("reader 1", "C_GetTokenInfo 30")
    assert len(find_devices(faulty.module)) == 3
    assert find_devices(faulty.module, skip_yubikeys=True) == ()


def test_other_slots_are_looked_into_all_the_same(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """Leaving YubiKeys out hides no other token."""
    assert device in find_devices(faulty.module, skip_yubikeys=True)
    faulty.spoil("broken_reader 1")
    assert device in find_devices(faulty.module, skip_yubikeys=True)


def test_a_broken_reader_without_a_token_hides_nothing(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """Though the module tells nothing of it, the tokens in other readers are found, and can be used."""
    before = find_devices(faulty.module)
    faulty.spoil("broken_reader 1")
    assert find_devices(faulty.module) == before
    with device.unlock(ANN) as unlocked:
        assert unlocked.generate("root", Scheme.P256)


def test_a_module_that_can_tell_of_no_reader_is_a_fault_by_its_path(faulty: FaultyModule) -> None:
    """It is the module that is at fault then, not each of its slots."""
    faulty.spoil("C_GetSlotInfo 30")
    with pytest.raises(DeviceFaultError) as fault:
        find_devices(faulty.module)
    assert (fault.value.serial, fault.value.code) == (str(faulty.module), "CKR_DEVICE_ERROR")


# PIN pads


def test_a_token_with_a_pad_is_unlocked_on_its_pad(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """Without a PIN from us the token asks its owner itself, for each signature too where the key wants that."""
    faulty.spoil(f"pad {PINS['ann']}", "attribute 202 1")
    assert device.refresh().has_pin_pad
    with device.unlock(None) as unlocked:
        assert unlocked.info.has_pin_pad
        key = unlocked.generate("root", Scheme.P256)
        assert key.pin_policy == "always"
        assert unlocked.sign(key, b"bytes")


def test_a_wrong_pin_on_the_pad_is_a_wrong_pin(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """Wherever it was typed, a wrong PIN is told as one."""
    faulty.spoil("pad 1111")
    with pytest.raises(WrongPinError):
        device.unlock(None)


def test_a_pad_on_which_nobody_types_is_a_fault(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """The token gives up waiting, and says so; nothing was tried."""
    faulty.spoil("pad 1111", "C_Login 50")
    with pytest.raises(DeviceFaultError) as fault:
        device.unlock(None)
    assert fault.value.code == "CKR_FUNCTION_CANCELED"


# preparing


@pytest.mark.parametrize("code", [0xA1, 0xA2, 0x1B8])
def test_a_new_pin_that_the_token_does_not_like_is_refused(
    faulty: FaultyModule, device: Pkcs11Device, code: int
) -> None:
    """Invalid, of a wrong length, too weak: whatever the reason, it is the new PIN that is refused."""
    faulty.spoil(f"C_SetPIN {code:x}")
    with pytest.raises(CodeRefusedError) as refused:
        device.prepare(ANN, Codes(Pin("24680135")))
    assert refused.value.code == "PIN"


def test_a_current_pin_of_an_impossible_length_is_a_wrong_one(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """Where the token refuses a length, and the new PIN's is as it should be, the current one is meant."""
    faulty.spoil("C_SetPIN a2")
    with pytest.raises(WrongPinError):
        device.prepare(Pin("1"), Codes(Pin("24680135")))


@pytest.mark.parametrize(("code", "kind"), [(0xA4, PinBlockedError), (0x32, DeviceAbsentError), (5, DeviceFaultError)])
def test_preparing_that_fails_is_told_by_its_reason(
    faulty: FaultyModule, device: Pkcs11Device, code: int, kind: type[DeviceError]
) -> None:
    """Blocked, absent and faulty are told apart."""
    faulty.spoil(f"C_SetPIN {code:x}")
    with pytest.raises(kind):
        device.prepare(ANN, Codes(Pin("24680135")))


@pytest.mark.parametrize("current", [None, ANN])
def test_what_no_token_has_is_not_set(anns: Pkcs11Device, current: Pin | None) -> None:
    """A token has no PUK, and none of its maker's PINs is known; it is not asked at all."""
    puk = None if current is None else Pin("16180339")
    with pytest.raises(UnsupportedError):
        anns.prepare(current, Codes(Pin("24680135"), puk))
    anns.unlock(ANN).close()
