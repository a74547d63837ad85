"""What does not answer: it is a fault in its place, holds up nobody for long, and is not asked again and again."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.bench import PINS
from fakes.faulty_pkcs11 import FaultyModule
from fakes.softhsm import MODULE
from fakes.virtual_yubikey import VirtualYubiKey
from fakes.yubikey_bench import YubikeyBench, yubikey_bench

from hsm import Pin, pkcs11_driver, yubikey_port
from hsm.discovery import Found, Sources, find_devices
from hsm.errors import DeviceFaultError, DriverLostError
from hsm.pkcs11_driver import driver_of, end_processes
from hsm.pkcs11_messages import ListSlots, Start
from hsm.pkcs11_process import PATIENCE_SECONDS, ModuleProcess

ANN, BOB = Pin(PINS["ann"]), Pin(PINS["bob"])
SECONDS = 20.0
AT_ONCE = 1.0
INSTRUCTION_OF_KEYS = 0xF7


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[YubikeyBench]:
    """Ann's and bob's YubiKeys."""
    yield from yubikey_bench(tmp_path / "lab")


@pytest.fixture
def mute(bench: YubikeyBench) -> Iterator[Callable[[], None]]:
    """Ann's YubiKey answers nothing, until this is called."""
    release, card = threading.Event(), bench.cards["ann"]

    def hook(_apdu: bytes) -> None:
        release.wait(SECONDS)

    card.hook = hook
    yield release.set
    release.set()


def timed(sources: Sources) -> tuple[Found, float]:
    """A listing, and the seconds that it took."""
    begun = time.monotonic()
    return find_devices(sources), time.monotonic() - begun


def listed_until(sources: Sources, is_right: Callable[[Found], bool]) -> Found:
    """Listed again and again until it is right."""
    deadline = time.monotonic() + SECONDS
    while not is_right(found := find_devices(sources)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


# a YubiKey


def test_a_yubikey_that_does_not_answer_is_a_fault_and_the_others_are_listed(
    bench: YubikeyBench, mute: Callable[[], None]
) -> None:
    """Bob's is listed within seconds, then at once; ann's is asked once, and listed again when it answers."""
    found, seconds = timed(bench.sources)
    assert [each.info.serial for each in found.devices] == ["102"]
    assert [(each.serial, each.code) for each in found.faults] == [("Yubico YubiKey OTP+FIDO+CCID 00 00", "no answer")]
    assert seconds < yubikey_port.LOOK_SECONDS + AT_ONCE
    threads = threading.active_count()
    for _ in range(3):
        again, seconds = timed(bench.sources)
        assert (len(again.devices), len(again.faults)) == (1, 1)
        assert seconds < AT_ONCE
    assert threading.active_count() <= threads
    mute()
    assert listed_until(bench.sources, lambda found: len(found.devices) == 2).faults == ()


@pytest.mark.usefixtures("mute")
def test_another_yubikey_is_used_while_one_does_not_answer(bench: YubikeyBench) -> None:
    """Bob's opens though somebody waits for ann's; also in another port, where it has to be looked for."""
    card, hook = bench.cards["ann"], bench.cards["ann"].hook
    card.hook = None
    bobs = bench.device("bob")
    bench.lab.pull(bench.cards["bob"])
    bench.lab.plug(VirtualYubiKey(103))
    bench.lab.plug(bench.cards["bob"])
    card.hook = hook
    begun = time.monotonic()
    with bobs.unlock(BOB) as unlocked:
        assert unlocked.keys() == ()
    assert time.monotonic() - begun < yubikey_port.LOOK_SECONDS + AT_ONCE
    (again,) = (each for each in find_devices(bench.sources).devices if each.info.serial == "102")
    with again.unlock(BOB) as unlocked:
        assert unlocked.info.found_in != bobs.info.found_in


def test_an_act_on_a_yubikey_that_does_not_answer_ends(
    bench: YubikeyBench, monkeypatch: pytest.MonkeyPatch, mute: Callable[[], None]
) -> None:
    """While a listing waits for it, whoever wants to open it is told so, and no PIN is on its way to it."""
    monkeypatch.setattr(yubikey_port, "TURN_SECONDS", 0.3)
    card, hook = bench.cards["ann"], bench.cards["ann"].hook
    card.hook = None
    device = bench.device("ann")
    card.hook = hook
    find_devices(bench.sources)
    tries = len(card.log)
    with pytest.raises(DeviceFaultError) as fault:
        device.unlock(ANN)
    assert (fault.value.serial, fault.value.code) == ("101", "no answer")
    assert len(card.log) == tries
    mute()
    listed_until(bench.sources, lambda found: len(found.devices) == 2)
    device.unlock(ANN).close()


def test_an_open_yubikey_that_stops_answering_can_be_closed(
    bench: YubikeyBench, monkeypatch: pytest.MonkeyPatch, mute: Callable[[], None]
) -> None:
    """Once it answers again it is found closed, and locked."""
    monkeypatch.setattr(yubikey_port, "TURN_SECONDS", 0.3)
    card, hook = bench.cards["ann"], bench.cards["ann"].hook
    card.hook = None
    unlocked = bench.unlocked("ann")
    card.hook = hook
    assert len(find_devices(bench.sources).devices) == 1
    with pytest.raises(DeviceFaultError):
        unlocked.keys()
    unlocked.close()
    mute()
    listed_until(bench.sources, lambda found: len(found.devices) == 2)
    bench.unlocked("ann").close()


def test_who_is_at_work_with_a_yubikey_does_not_hold_up_a_listing(bench: YubikeyBench) -> None:
    """It is listed at once as it was when the work began, though nobody unlocked it."""
    device, card = bench.device("ann"), bench.cards["ann"]
    reached, release = threading.Event(), threading.Event()

    def hook(apdu: bytes) -> None:
        if apdu[1] == INSTRUCTION_OF_KEYS and apdu[3] not in {0x80, 0x81, 0x9B}:
            reached.set()
            release.wait(SECONDS)

    card.hook = hook
    reading = threading.Thread(target=device.keys)
    reading.start()
    assert reached.wait(SECONDS)
    found, seconds = timed(bench.sources)
    release.set()
    reading.join(SECONDS)
    assert [each.info.serial for each in found.devices] == ["101", "102"]
    assert seconds < AT_ONCE


PROGRAM = """
from hsm.discovery import Sources, find_devices
print(len(find_devices(Sources(yubikeys=True)).faults), flush=True)
"""


@pytest.mark.usefixtures("mute", "bench")
def test_a_yubikey_that_does_not_answer_does_not_keep_a_program_from_ending() -> None:
    """The program lists, and ends with the question still open."""
    program = [sys.executable, "-W", "error", "-c", PROGRAM]
    run = subprocess.run(program, capture_output=True, text=True, check=True, timeout=SECONDS / 2)
    assert (run.stdout, run.stderr) == ("1\n", "")


def test_two_listings_at_one_time_ask_each_yubikey_once(bench: YubikeyBench) -> None:
    """The second is told what the first is told."""
    card, begun, release = bench.cards["ann"], threading.Event(), threading.Event()

    def hook(_apdu: bytes) -> None:
        begun.set()
        release.wait(SECONDS)

    card.hook = hook
    card.log.clear()
    found: list[Found] = []
    listings = [threading.Thread(target=lambda: found.append(find_devices(bench.sources))) for _ in range(2)]
    listings[0].start()
    assert begun.wait(SECONDS)
    listings[1].start()
    time.sleep(0.2)  # it has asked by then; too early, and the test proves less, but does not fail
    card.hook = None
    release.set()
    for listing in listings:
        listing.join(SECONDS)
    once = len(card.log)
    assert [len(each.devices) for each in found] == [2, 2]
    card.log.clear()
    find_devices(bench.sources)
    assert once == len(card.log)


# a module


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a module."""
    monkeypatch.setattr(pkcs11_driver, "LISTING_SECONDS", 0.5)
    monkeypatch.setattr(pkcs11_driver, "FIRST_LISTING_SECONDS", 1.5)


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The modules for which a process was started."""
    started: list[Path] = []
    start = ModuleProcess.start

    def noticed(process: ModuleProcess) -> None:
        started.append(process.module)
        start(process)

    monkeypatch.setattr(ModuleProcess, "start", noticed)
    return started


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("function", ["C_Initialize", "C_GetSlotList"])
def test_a_module_that_does_not_answer_is_a_fault_and_the_others_are_listed(
    faulty: FaultyModule, function: str
) -> None:
    """The tokens of another module are listed within its time, then at once, and it is told by its path."""
    end_processes()
    assert len(find_devices(Sources((MODULE,))).devices) == 2
    faulty.spoil(f"{function}_hangs 1")
    both = Sources((MODULE, faulty.module))
    found, seconds = timed(both)
    assert len(found.devices) == 2
    assert [(each.serial, each.code) for each in found.faults] == [(str(faulty.module), "no answer for 1.5 seconds")]
    assert seconds < 1.5 + AT_ONCE
    _, seconds = timed(both)
    assert seconds < AT_ONCE


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("function", "act"), [("C_Initialize", Start), ("C_GetSlotList", ListSlots)])
def test_a_module_that_hung_is_not_started_at_each_listing(
    faulty: FaultyModule, starts: list[Path], function: str, act: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as lost, at once, until its time has passed; then it is given one more try."""
    end_processes()
    monkeypatch.setitem(PATIENCE_SECONDS, act, 0.5)
    faulty.spoil(f"{function}_hangs 1")
    sources = Sources((faulty.module,))
    listed_until(sources, lambda found: isinstance(found.faults[0], DriverLostError))
    faulty.spoil()
    for _ in range(3):
        (fault,) = find_devices(sources).faults
        assert (fault.serial, fault.how) == (str(faulty.module), "no answer for 0.5 seconds")
    assert len(starts) == 1
    monkeypatch.setattr(pkcs11_driver, "BACK_OFF_SECONDS", 0.0)
    monkeypatch.setitem(PATIENCE_SECONDS, act, SECONDS)  # on a busy machine a good module takes its time too
    assert listed_until(sources, lambda found: not found.faults).devices
    assert len(starts) == 2


@pytest.mark.usefixtures("quick")
def test_a_module_that_hung_is_started_again_once_the_processes_were_ended(
    faulty: FaultyModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is held against it then."""
    end_processes()
    monkeypatch.setitem(PATIENCE_SECONDS, Start, 0.5)
    faulty.spoil("C_Initialize_hangs 1")
    sources = Sources((faulty.module,))
    listed_until(sources, lambda found: isinstance(found.faults[0], DriverLostError))
    faulty.spoil()
    end_processes()
    assert len(find_devices(sources).devices) == 2


@pytest.mark.usefixtures("quick")
def test_a_module_that_hangs_at_its_start_is_ended_with_all_others(
    faulty: FaultyModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits until its time is over."""
    monkeypatch.setattr("hsm.pkcs11_process._FAREWELL_SECONDS", 0.3)
    end_processes()
    faulty.spoil("C_Initialize_hangs 1")
    find_devices(Sources((faulty.module,)))
    begun = time.monotonic()
    end_processes()
    assert time.monotonic() - begun < PATIENCE_SECONDS[Start] / 4
    faulty.spoil()
    listed_until(Sources((faulty.module,)), lambda found: len(found.devices) == 2)


def test_a_module_at_work_shows_what_it_showed_before(faulty: FaultyModule) -> None:
    """A signature that waits for its touch holds no listing up."""
    sources = Sources((faulty.module,))
    device = next(each for each in find_devices(sources).devices if each.info.label == "ann")
    with device.unlock(ANN) as unlocked:
        key = unlocked.generate("root", device.info.schemes[0])
        faulty.spoil("C_Sign_late 7d0")
        signing = threading.Thread(target=unlocked.sign, args=(key, b"bytes"))
        signing.start()
        deadline = time.monotonic() + SECONDS
        while not faulty.is_reached():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        found, seconds = timed(sources)
        assert signing.is_alive()
        signing.join(SECONDS)
        faulty.spoil()
        assert unlocked.sign(key, b"bytes")
    assert (len(found.devices), found.faults) == (2, ())
    assert seconds < AT_ONCE


# a folder


def test_a_folder_that_does_not_answer_is_a_fault(
    tmp_path: Path, faulty: FaultyModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is gone without a word hides no token."""
    release = threading.Event()
    monkeypatch.setattr("hsm.discovery._FOLDER_SECONDS", 0.5)
    monkeypatch.setattr("hsm.software_device.find_devices", lambda _: release.wait(SECONDS) and ())
    found = find_devices(Sources((faulty.module,), tmp_path))
    release.set()
    assert [(each.serial, each.code) for each in found.faults] == [(str(tmp_path), "no answer for 0.5 seconds")]
    assert len(found.devices) == 2


def test_the_driver_of_a_module_is_one_under_all_its_names(tmp_path: Path) -> None:
    """So no module is asked by two processes."""
    (tmp_path / "link.so").symlink_to(MODULE)
    assert driver_of(tmp_path / "link.so") is driver_of(MODULE)
