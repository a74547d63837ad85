"""The YubiKey driver over PC/SC: which devices there are, which one is meant, and who has it."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.bench import PINS
from fakes.virtual_yubikey import VirtualYubiKey
from fakes.yubikey_bench import PUKS, YubikeyBench, by_hand, yubikey_bench, yubikey_table

from hsm import Codes, DeviceInfo, Pin, PinState, Scheme
from hsm.discovery import find_devices
from hsm.errors import (
    DeviceAbsentError,
    DeviceBusyError,
    DeviceFaultError,
    DeviceSwappedError,
    PinBlockedError,
    PukBlockedError,
    UnsupportedError,
    WrongPinError,
    WrongPukError,
)
from hsm.yubikey_link import Link, readers

ANN = Pin(PINS["ann"])
VERIFY, SELECT = 0x20, 0xA4
SECONDS = 20
ROUNDS = 400


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[YubikeyBench]:
    """Ann's and bob's YubiKeys."""
    yield from yubikey_bench(tmp_path / "lab")


def commands(card: VirtualYubiKey) -> list[int]:
    """The instructions the YubiKey was given since this was last asked."""
    given = [instruction for instruction, *_ in card.log]
    card.log.clear()
    return given


# which there are


def test_a_new_yubikey_tells_everything_but_a_name(tmp_path: Path) -> None:
    """Serial, firmware, form, reader, tries and the maker's codes are told before any PIN."""
    with yubikey_table(tmp_path, {"ann": VirtualYubiKey(4711, (5, 7, 4), form_factor=4)}) as bench:
        (device,) = bench.devices()
    untouched = PinState(attempts_left=3, is_default=True)
    assert device.info == DeviceInfo(
        driver="yubikey",
        maker="Yubico",
        model="YubiKey 5C Nano",
        serial="4711",
        label="",
        firmware="5.7.4",
        pin=untouched,
        schemes=(Scheme.P256, Scheme.P384, Scheme.ED25519),
        touch_seconds=15,
        found_in="Yubico YubiKey OTP+FIDO+CCID 00 00",
        form_factor="USB-C Nano",
        puk=untouched,
        is_management_key_default=True,
        knows_makers_pin=True,
    )
    assert device.info.has_makers_codes


def test_what_a_firmware_hides_is_none(tmp_path: Path) -> None:
    """Before 5.3 nobody is told of default codes, before 5.7 there is no Ed25519."""
    with yubikey_table(tmp_path, {"ann": VirtualYubiKey(4711, (5, 2, 7))}) as bench:
        info = bench.device("ann").info
        with bench.device("ann").unlock(Pin("123456")) as unlocked:
            assert unlocked.info.pin == PinState()
            assert bench.device("ann").refresh().pin == PinState()
    assert info.pin == PinState(attempts_left=3)
    assert (info.puk, info.is_management_key_default, info.schemes) == (PinState(), None, (Scheme.P256, Scheme.P384))


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "USB-A keychain"), (2, "USB-A Nano"), (3, "USB-C keychain"), (5, "USB-C and Lightning keychain"), (15, "")],
)
def test_what_it_looks_like_is_told_in_words(tmp_path: Path, number: int, words: str) -> None:
    """Each form has words; a form nobody knows has none."""
    with yubikey_table(tmp_path, {"ann": VirtualYubiKey(4711, form_factor=number)}) as bench:
        assert bench.device("ann").info.form_factor == words


def test_a_puk_that_cannot_be_asked_for_is_a_fault(bench: YubikeyBench) -> None:
    """Only "there is none" means that there is none."""
    bench.cards["ann"].hook = lambda apdu: b"\x6f\x00" if apdu[1] == 0xF7 and apdu[3] == 0x81 else None
    (fault,) = find_devices(bench.sources).faults
    assert fault.code == "COMMAND_ABORTED"


def test_a_yubikey_without_a_puk_is_listed_and_not_prepared(bench: YubikeyBench) -> None:
    """Those with a fingerprint reader have none; their codes are set with the maker's own program."""
    card = bench.cards["ann"]
    card.hook = lambda apdu: b"\x6a\x88" if apdu[1] == 0xF7 and apdu[3] == 0x81 else None
    device = bench.device("ann")
    assert device.info.puk is None
    assert not device.info.has_makers_codes
    for act in (
        lambda: device.prepare(ANN, Codes(Pin("141421"))),
        lambda: device.unblock(Pin("00000000"), Pin("141421")),
    ):
        with pytest.raises(UnsupportedError):
            act()
    device.unlock(ANN).close()


def test_other_readers_are_let_alone(bench: YubikeyBench) -> None:
    """A card in a reader that is no YubiKey is not asked anything, though it is one."""
    stranger = VirtualYubiKey(999)
    bench.lab.plug(stranger, "08e6:3437")
    assert len(bench.lab.readers()) == 3
    assert [device.info.serial for device in bench.devices()] == ["101", "102"]
    assert stranger.log == []


def test_a_yubikey_that_another_program_has_is_a_fault_and_hides_no_other(bench: YubikeyBench) -> None:
    """It is told by the name of its reader; once it is let go it is listed again."""
    device = bench.device("ann")
    with Link(device.info.found_in):
        found = find_devices(bench.sources)
        with pytest.raises(DeviceBusyError):
            device.unlock(ANN)
    assert [each.info.serial for each in found.devices] == ["102"]
    (fault,) = found.faults
    assert (type(fault), fault.serial) == (DeviceBusyError, device.info.found_in)
    assert len(bench.devices()) == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"\x90\x00", "ValueError"),
        (b"\x6f\x00", "COMMAND_ABORTED"),
        (b"\x6f\x17", "SW 6F17"),
        (b"\xff" * 40 + b"\x90\x00", "UnicodeDecodeError"),
        (b"\x6a\x88", "REFERENCE_DATA_NOT_FOUND"),
        (b"no version here\x90\x00", "ValueError"),
        (b"\x00" * 200 + b"\x61\x00", "BadResponseError"),
    ],
)
def test_a_yubikey_that_answers_nonsense_is_a_fault_and_hides_no_other(
    bench: YubikeyBench, answer: bytes, code: str
) -> None:
    """Whatever it answers, be it without end, the other one is listed."""
    bench.cards["ann"].hook = lambda _: answer
    found = find_devices(bench.sources)
    assert [each.info.serial for each in found.devices] == ["102"]
    assert [(each.serial, each.code) for each in found.faults] == [("Yubico YubiKey OTP+FIDO+CCID 00 00", code)]


@pytest.mark.parametrize("instruction", [0x1D, 0xFD, 0xF7])
@pytest.mark.parametrize(
    "answer", [b"", b"\x00", b"\x01\x02", b"\xff\x7f\x01", b"\x1f" * 7, b"\x05\x04" + b"\xff" * 4, b"\x30\x80" * 1500]
)
def test_no_answer_to_any_question_stops_the_listing(bench: YubikeyBench, instruction: int, answer: bytes) -> None:
    """Device information, version and metadata are not trusted."""
    bench.cards["ann"].hook = lambda apdu: answer + b"\x90\x00" if apdu[1] == instruction else None
    found = find_devices(bench.sources)
    assert len(found.devices) + len(found.faults) == 2
    assert found.devices[-1].info.serial == "102"


def test_a_yubikey_without_piv_is_a_fault(bench: YubikeyBench) -> None:
    """Where the application is switched off, that is told."""
    bench.cards["ann"].hook = lambda apdu: b"\x6a\x82" if apdu[1] == SELECT and apdu[5:9] == b"\xa0\0\0\x03" else None
    (fault,) = find_devices(bench.sources).faults
    assert fault.code == "ApplicationNotAvailableError"


def test_without_the_service_that_is_the_fault_and_afterwards_all_is_well(bench: YubikeyBench) -> None:
    """A daemon that is gone is told by its name; devices that were found before open again when it is back."""
    device = bench.device("ann")
    bench.lab.stop_daemon()
    found = find_devices(bench.sources)
    assert [(each.serial, each.code) for each in found.faults] == [("PC/SC", "SCARD_E_NO_SERVICE")]
    with pytest.raises(DeviceFaultError):
        device.unlock(ANN)
    bench.lab.restart_daemon()
    device.unlock(ANN).close()
    assert len(bench.devices()) == 2


def test_none_is_asked_after_another(tmp_path: Path) -> None:
    """Three are asked at one time: none answers here before all three were asked."""
    cards = {name: VirtualYubiKey(serial) for serial, name in enumerate(("ann", "bob", "cyd"), 1)}
    everybody = threading.Barrier(3, timeout=SECONDS)

    def meet(apdu: bytes) -> None:
        if apdu[1] == SELECT:
            everybody.wait()

    with yubikey_table(tmp_path, cards) as bench:
        for card in cards.values():
            card.hook = meet
        assert [device.info.serial for device in bench.devices()] == ["1", "2", "3"]


def test_four_are_listed_again_and_again(tmp_path: Path) -> None:
    """Threads that connect and let go all the time do no harm; libpcsclite, left to itself, crashes of that."""
    cards = {str(serial): VirtualYubiKey(serial) for serial in range(1, 5)}
    with yubikey_table(tmp_path, cards) as bench:
        assert {len(bench.devices()) for _ in range(ROUNDS)} == {4}


# which one is meant


def test_a_yubikey_in_another_port_is_still_itself(bench: YubikeyBench) -> None:
    """It is known by its serial, and told where it is now."""
    device = bench.device("bob")
    bench.lab.pull(bench.cards["bob"])
    bench.lab.pull(bench.cards["ann"])
    bench.lab.plug(bench.cards["bob"])
    assert device.info.found_in.endswith("01 00")
    assert device.refresh().found_in.endswith("00 00")
    device.unlock(Pin(PINS["bob"])).close()


def test_a_yubikey_that_was_swapped_is_told_no_pin(bench: YubikeyBench) -> None:
    """Another one in its reader is named, and gets none of the codes."""
    device = bench.device("ann")
    bench.swap()
    commands(bench.cards["bob"])
    for act in (
        lambda: device.unlock(ANN),
        lambda: device.prepare(ANN, Codes(Pin("141421"), Pin("14142135"))),
        lambda: device.unblock(Pin(PUKS["ann"]), Pin("141421")),
    ):
        with pytest.raises(DeviceSwappedError) as swapped:
            act()
        assert (swapped.value.serial, swapped.value.found) == ("101", "102")
    for read in (device.refresh, device.keys, device.slots):
        with pytest.raises(DeviceAbsentError):
            read()
    assert not {VERIFY, 0x24, 0x2C, 0x87} & set(commands(bench.cards["bob"]))
    assert bench.cards["bob"].pin_attempts_left == 3


def test_a_yubikey_swapped_after_its_pin_is_not_signed_with(bench: YubikeyBench) -> None:
    """Between PIN and signature the one that stands there now is named; its PIN and its keys are let alone."""
    with bench.unlocked("bob") as unlocked:
        unlocked.generate("root", Scheme.P256)
    with bench.unlocked("ann") as unlocked:
        key = unlocked.generate("root", Scheme.P256)
        bench.swap()
        commands(bench.cards["bob"])
        for _ in range(2):
            with pytest.raises(DeviceSwappedError) as swapped:
                unlocked.sign(key, b"bytes")
            assert (swapped.value.serial, swapped.value.found) == ("101", "102")
        bench.unplug(bench.device("bob"))
        with pytest.raises(DeviceAbsentError):
            unlocked.sign(key, b"bytes")
    assert not {VERIFY, 0x87} & set(commands(bench.cards["bob"]))


def test_put_back_it_wants_its_pin_again(bench: YubikeyBench) -> None:
    """What was unlocked before it was pulled out stays lost; the device opens anew by its PIN."""
    device = bench.device("ann")
    with device.unlock(ANN) as unlocked:
        key = unlocked.generate("root", Scheme.P256)
        bench.lab.pull(bench.cards["ann"])
        bench.lab.plug(bench.cards["ann"])
        commands(bench.cards["ann"])
        with pytest.raises(DeviceAbsentError):
            unlocked.sign(key, b"bytes")
        assert VERIFY not in commands(bench.cards["ann"])
        with device.unlock(ANN) as again:
            assert again.sign(key, b"bytes")
            with pytest.raises(DeviceAbsentError):
                unlocked.sign(key, b"bytes")
            assert again.sign(key, b"bytes")


def test_a_listing_after_a_swap_shows_what_is_there_now(bench: YubikeyBench) -> None:
    """What was kept of one that was unlocked is not taken for the one that came in its place, or came back."""
    with bench.unlocked("ann") as unlocked:
        bench.swap()
        assert [device.info.serial for device in bench.devices()] == ["102"]
        bench.lab.pull(bench.cards["bob"])
        bench.lab.plug(bench.cards["ann"])
        assert [device.info.serial for device in bench.devices()] == ["101"]
        with pytest.raises(DeviceAbsentError):
            unlocked.keys()


def test_a_reader_that_went_away_meanwhile_is_no_fault(bench: YubikeyBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulled out between the list of readers and the question, it is simply not there."""
    names = ("Yubico YubiKey CCID 07 00", *readers())
    monkeypatch.setattr("hsm.yubikey_device.readers", lambda: names)
    found = find_devices(bench.sources)
    assert (len(found.devices), found.faults) == (2, ())


def test_a_yubikey_that_hides_its_serial_is_a_fault(bench: YubikeyBench) -> None:
    """Nobody could say which one it is."""
    nameless = bytes.fromhex("10 0102023f 040101 0503050704 0302023f")
    bench.cards["ann"].hook = lambda apdu: nameless + b"\x90\x00" if apdu[1] == 0x1D else None
    (fault,) = find_devices(bench.sources).faults
    assert fault.code == "NotSupportedError"


# who has it


def test_it_is_unlocked_once_at_a_time(bench: YubikeyBench) -> None:
    """While it is unlocked nobody else has a try at its codes, and nothing is burnt."""
    device = bench.device("ann")
    with device.unlock(ANN) as unlocked:
        for act in (
            lambda: device.unlock(Pin("000000")),
            lambda: device.prepare(ANN, Codes(Pin("141421"), Pin("14142135"))),
            lambda: device.unblock(Pin("00000000"), Pin("141421")),
        ):
            with pytest.raises(DeviceBusyError):
                act()
        assert unlocked.generate("root", Scheme.P256)
    assert (device.refresh().pin.attempts_left, device.refresh().puk) == (
        3,
        PinState(attempts_left=3, is_default=False),
    )


def test_no_other_program_gets_at_it_while_it_is_unlocked(bench: YubikeyBench) -> None:
    """It is held alone; afterwards it is locked."""
    with bench.unlocked("ann") as unlocked, pytest.raises(Exception, match="SHARING_VIOLATION"):
        Link(unlocked.info.found_in)
    card = bench.cards["ann"]
    with Link(unlocked.info.found_in) as link:
        link.send_and_receive(bytes.fromhex("00a4040005a000000308"))
        assert link.send_and_receive(bytes.fromhex("00200080"))[1] == 0x63C3
    assert card.pin_attempts_left == 3


def test_a_listing_does_not_wait_for_a_touch(bench: YubikeyBench) -> None:
    """While one waits for a touch all are listed at once, and the signature comes with the touch."""
    card = bench.cards["ann"]
    signatures: list[bytes] = []
    with bench.unlocked("ann") as unlocked:
        key = unlocked.generate("root", Scheme.P256)
        card.touch.manual = True
        signing = threading.Thread(target=lambda: signatures.append(unlocked.sign(key, b"bytes")))
        signing.start()
        assert card.touch.waiting.wait(SECONDS)
        infos = [device.info for device in bench.devices()]
        assert card.touch.waiting.is_set()
        card.touch.press()
        signing.join(SECONDS)
    assert [info.serial for info in infos] == ["101", "102"]
    assert signatures


def test_who_looks_and_who_signs_do_not_disturb_each_other(bench: YubikeyBench) -> None:
    """Lists are taken all the time while another thread opens, signs and closes."""
    listed: set[tuple[str, ...]] = set()
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            found = find_devices(bench.sources)
            listed.add(tuple(each.info.serial for each in found.devices) + tuple(each.code for each in found.faults))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        with bench.unlocked("ann") as unlocked:
            key = unlocked.generate("root", Scheme.P256)
        for _ in range(30):
            with bench.unlocked("ann") as unlocked:
                assert unlocked.sign(key, b"bytes")
    finally:
        is_over.set()
        looking.join(SECONDS)
    assert listed == {("101", "102")}


# PIN and PUK


def test_a_pin_is_counted_down_blocked_and_given_back_by_the_puk(bench: YubikeyBench) -> None:
    """Each wrong PIN costs one try; blocked, not even the right one opens it; the PUK gives it another PIN."""
    device = bench.device("ann")
    for left in (2, 1, 0):
        with pytest.raises(WrongPinError) as wrong:
            device.unlock(Pin("000000"))
        assert wrong.value.attempts_left == left
        state = device.refresh().pin
        assert (state.attempts_left, state.is_low, state.is_final_try, state.is_blocked) == (
            left,
            True,
            left == 1,
            left == 0,
        )
    with pytest.raises(PinBlockedError):
        device.unlock(ANN)
    with pytest.raises(WrongPukError) as wrong_puk:
        device.unblock(Pin("00000000"), Pin("141421"))
    assert wrong_puk.value.attempts_left == 2
    device.unblock(Pin(PUKS["ann"]), Pin("141421"))
    assert device.refresh().pin == PinState(attempts_left=3, is_default=False)
    device.unlock(Pin("141421")).close()


def test_a_puk_has_a_counter_of_its_own_and_blocks_too(bench: YubikeyBench) -> None:
    """Wrong PUKs are counted apart from PINs; blocked, the right one is of no use."""
    device = bench.device("ann")
    for left in (2, 1, 0):
        with pytest.raises(WrongPukError) as wrong:
            device.unblock(Pin("00000000"), Pin("141421"))
        assert wrong.value.attempts_left == left
    with pytest.raises(PukBlockedError):
        device.unblock(Pin(PUKS["ann"]), Pin("141421"))
    info = device.refresh()
    assert (info.pin.attempts_left, info.puk) == (3, PinState(0, is_low=True, is_blocked=True, is_default=False))


@pytest.mark.parametrize("impossible", ["", "271828182", "äöüäö", "\ud800123456"])
def test_a_pin_that_cannot_be_is_wrong_without_costing_a_try(bench: YubikeyBench, impossible: str) -> None:
    """Nothing is sent for a PIN or a PUK that has not one to eight bytes, and all tries are left."""
    device, card = bench.device("ann"), bench.cards["ann"]
    commands(card)
    with pytest.raises(WrongPinError) as wrong:
        device.unlock(Pin(impossible))
    with pytest.raises(WrongPukError) as wrong_puk:
        device.unblock(Pin(impossible), Pin("141421"))
    assert (wrong.value.attempts_left, wrong_puk.value.attempts_left) == (3, 3)
    assert not {VERIFY, 0x24, 0x2C} & set(commands(card))
    assert wrong.value.__cause__ is None


def test_it_has_no_pad_of_its_own(bench: YubikeyBench) -> None:
    """Unlocking needs a PIN from here."""
    with pytest.raises(UnsupportedError):
        bench.device("ann").unlock(None)


@pytest.mark.parametrize("instruction", [0xFA, 0x24, 0xDB, 0xFF])
def test_pulled_out_while_it_is_prepared_it_says_so_and_is_prepared_again(tmp_path: Path, instruction: int) -> None:
    """Whatever was done last, it tells that some code is still the maker's, unless all is done."""
    codes = Codes(ANN, Pin(PUKS["ann"]))
    card = VirtualYubiKey(1)
    with yubikey_table(tmp_path, {"ann": card}) as bench:
        device = bench.device("ann")
        bench.pull_during("ann", instruction)
        with pytest.raises(DeviceAbsentError):
            device.prepare(None, codes)
        bench.lab.plug(card)
        info = device.refresh()
        assert info.has_makers_codes or instruction == 0xFF
        if info.has_makers_codes:
            device.prepare(None if info.pin.is_default else ANN, codes)
        assert not device.refresh().has_makers_codes
        with device.unlock(ANN) as unlocked:
            assert unlocked.generate("root", Scheme.P256)


def test_a_service_that_dies_while_it_is_unlocked_is_told(bench: YubikeyBench) -> None:
    """The act under way says what is missing; the device is lost until it is unlocked again."""
    device = bench.device("ann")
    with device.unlock(ANN) as unlocked:
        key = unlocked.generate("root", Scheme.P256)
        bench.lab.stop_daemon()
        with pytest.raises(DeviceFaultError) as fault:
            unlocked.sign(key, b"bytes")
        assert fault.value.code == "SCARD_E_NO_SERVICE"
        bench.lab.restart_daemon()
        with pytest.raises(DeviceAbsentError):
            unlocked.sign(key, b"bytes")
    with device.unlock(ANN) as unlocked:
        assert unlocked.sign(key, b"bytes")


def test_codes_are_nowhere_in_the_log(bench: YubikeyBench, caplog: pytest.LogCaptureFixture) -> None:
    """With every logger at its most talkative no code is written down, neither in digits nor in hex."""
    caplog.set_level(1)
    for name in list(logging.root.manager.loggerDict):
        caplog.set_level(1, name)
    device = bench.device("ann")
    device.prepare(ANN, Codes(Pin("141421"), Pin("14142135"), 3))
    with device.unlock(Pin("141421")) as unlocked:
        unlocked.sign(unlocked.generate("root", Scheme.P256), b"bytes")
    device.unblock(Pin("14142135"), Pin("223606"))
    with pytest.raises(WrongPinError):
        device.unlock(Pin("173205"))
    assert caplog.records
    said = caplog.text.lower()
    for secret in (ANN.secret, "141421", "14142135", "223606", "173205", "123456", "12345678"):
        assert secret not in said
        assert secret.encode().hex() not in said


def test_readers_of_this_machine_are_those_of_the_lab(bench: YubikeyBench) -> None:
    """What the tests plug in is all there is."""
    assert readers() == tuple(device.info.found_in for device in bench.devices())
    with by_hand(bench.cards["ann"], ANN.secret) as session:
        assert session.get_serial() == 101
