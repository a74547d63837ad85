"""A module in a process of its own: whatever it does, it does to itself alone."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest
from fakes.bench import PINS
from fakes.faulty_pkcs11 import FaultyModule
from fakes.softhsm import MODULE

from hsm import DeviceKey, Pin, Scheme, pkcs11_process
from hsm.errors import DeviceAbsentError, DeviceFaultError, DriverLostError
from hsm.pkcs11_device import Pkcs11Device, UnlockedPkcs11Device, find_devices, list_devices
from hsm.pkcs11_driver import driver_of, end_processes
from hsm.pkcs11_messages import ListSlots, Sign
from hsm.pkcs11_process import PATIENCE_SECONDS, LostError, ModuleProcess

ANN, BOB = Pin(PINS["ann"]), Pin(PINS["bob"])
SECONDS = 20.0
LIST = "from pathlib import Path; from hsm.pkcs11_device import list_devices; (ann, bob) = list_devices(Path({!r}))"


def pid_of(module: Path) -> int:
    """The number of the process that holds the module."""
    return driver_of(module).process().pid


def is_gone(pid: int) -> bool:
    """Whether no process has this number, or what had it is dead, with all its threads, and waits to be noticed."""
    try:
        is_dead = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return is_dead and len(list(Path(f"/proc/{pid}/task").iterdir())) == 1
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until(happened: Callable[[], bool]) -> None:
    """It has happened."""
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a signature, nor for a process to end."""
    monkeypatch.setitem(PATIENCE_SECONDS, Sign, 0.5)
    monkeypatch.setattr(pkcs11_process, "_FAREWELL_SECONDS", 0.5)


# dying and hanging

WAYS = [
    ("crashes 1", "died: signal 11 (SIGSEGV)"),
    ("aborts 1", "died: signal 6 (SIGABRT)"),
    ("exits 3", "died: exit status 3"),
    ("exits 0", "died: exit status 0"),
    ("hangs 1", "no answer for 0.5 seconds"),
    ("scribbles 1", "answered what cannot be read"),
    ("deserts 1", "closed its channel"),
]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("way", "how"), WAYS)
def test_a_module_that_dies_or_hangs_is_told_and_the_next_act_begins_anew(
    faulty: FaultyModule, device: Pkcs11Device, way: str, how: str
) -> None:
    """The act says how it was lost; unlocked again, the device signs with its key as before."""
    with device.unlock(ANN) as unlocked:
        key = unlocked.generate("root", Scheme.P256)
        faulty.spoil(f"C_Sign_{way}")
        with pytest.raises(DriverLostError) as lost:
            unlocked.sign(key, b"bytes")
    assert (lost.value.serial, lost.value.how) == (device.info.serial, how)
    faulty.spoil()
    with device.unlock(ANN) as again:
        assert again.sign(key, b"bytes")


@pytest.mark.parametrize(
    ("function", "act"),
    [
        ("C_GetTokenInfo", lambda device: device.refresh()),
        ("C_OpenSession", lambda device: device.keys()),
        ("C_Login", lambda device: device.unlock(ANN)),
        ("C_GetMechanismList", lambda device: device.refresh()),
    ],
)
def test_every_act_on_a_locked_device_survives_its_module(
    faulty: FaultyModule, device: Pkcs11Device, function: str, act: Callable[[Pkcs11Device], object]
) -> None:
    """Whatever kills the process, our own goes on, and so does the device once the fault is gone."""
    faulty.spoil(f"{function}_crashes 1")
    with pytest.raises(DriverLostError):
        act(device)
    faulty.spoil()
    assert device.refresh() == device.info


@pytest.mark.parametrize("function", ["C_Initialize", "C_GetSlotList"])
def test_a_listing_that_kills_its_module_is_a_loss_by_its_path(faulty: FaultyModule, function: str) -> None:
    """While the module is made ready, or asked for its slots."""
    end_processes()
    faulty.spoil(f"{function}_crashes 1")
    with pytest.raises(DriverLostError) as lost:
        find_devices(faulty.module)
    assert (lost.value.serial, lost.value.how) == (str(faulty.module), "died: signal 11 (SIGSEGV)")
    faulty.spoil()
    assert len(list_devices(faulty.module)) == 2


def test_a_listing_does_not_wait_long(faulty: FaultyModule, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that hangs when it is asked for its slots is given up in seconds."""
    assert PATIENCE_SECONDS[ListSlots] < 10
    list_devices(faulty.module)
    monkeypatch.setitem(PATIENCE_SECONDS, ListSlots, 0.5)
    faulty.spoil("C_GetSlotList_hangs 1")
    with pytest.raises(DriverLostError) as lost:
        find_devices(faulty.module)
    assert lost.value.how == "no answer for 0.5 seconds"


def test_a_lost_module_takes_all_its_open_devices_with_it(faulty: FaultyModule) -> None:
    """Each open device says so at each act, though a fresh process runs by then, and none is unlocked by itself."""
    ann, bob = sorted(list_devices(faulty.module), key=lambda each: each.info.label)
    with ann.unlock(ANN) as anns, bob.unlock(BOB) as bobs:
        key = bobs.generate("root", Scheme.P256)
        faulty.spoil("C_Logout_crashes 1")
        anns.close()
        faulty.spoil()
        assert ann.refresh()
        for act in (bobs.keys, lambda: bobs.sign(key, b"bytes"), lambda: bobs.generate("x", Scheme.P256)):
            with pytest.raises(DriverLostError) as lost:
                act()
            assert (lost.value.serial, lost.value.how) == (bob.info.serial, "died: signal 11 (SIGSEGV)")
        with pytest.raises(DeviceAbsentError):
            anns.keys()
    with bob.unlock(BOB) as bobs:
        assert bobs.sign(key, b"bytes")


def test_another_module_never_notices(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """A device of one module signs on while another module dies, the same token store behind both."""
    plain = next(each for each in list_devices(MODULE) if each.info.label == "bob")
    with plain.unlock(BOB) as bobs:
        key = bobs.generate("root", Scheme.P256)
        faulty.spoil("C_GetTokenInfo_crashes 1")
        with pytest.raises(DriverLostError):
            device.refresh()
        assert bobs.sign(key, b"bytes")


def test_modules_do_not_wait_for_each_other(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """One module is listed while another is still signing."""
    faulty.spoil("C_Sign_late 5dc")
    signing = threading.Thread(target=unlocked.sign, args=(key, b"bytes"))
    signing.start()
    wait_until(faulty.is_reached)
    assert len(list_devices(MODULE)) == 2
    assert signing.is_alive()
    signing.join()


def test_a_module_that_died_meanwhile_is_started_again(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """A locked device never notices; one that was open has lost its login."""
    with device.unlock(ANN) as unlocked:
        pid = pid_of(faulty.module)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: is_gone(pid))
        assert device.refresh() == device.info
        with pytest.raises(DriverLostError) as lost:
            unlocked.keys()
    assert lost.value.how == "died: signal 9 (SIGKILL)"


def test_an_interpreter_that_cannot_be_started_is_a_loss(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no process can be made, that is said."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(LostError) as lost:
        ModuleProcess(MODULE, {})
    assert lost.value.how == "not started: FileNotFoundError"


def test_a_message_that_is_too_long_is_refused_and_nothing_is_lost(
    unlocked: UnlockedPkcs11Device, key: DeviceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request is longer than a line may be; the device stays open."""
    monkeypatch.setattr(pkcs11_process, "LONGEST_LINE", 1000)
    with pytest.raises(DeviceFaultError) as fault:
        unlocked.sign(key, b"x" * 1000)
    assert fault.value.code == "RequestTooLong"
    assert unlocked.sign(key, b"bytes")


# terminals and signals


def test_ctrl_c_is_for_the_parent(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """A process that is interrupted goes on."""
    with device.unlock(ANN) as unlocked:
        os.kill(pid_of(faulty.module), signal.SIGINT)
        assert unlocked.keys() == ()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C means something here, also where whoever started the tests has it ignored, as in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def interrupted(faulty: FaultyModule, interrupt: Callable[[], None]) -> Iterator[None]:
    """What is done inside is interrupted, once the module works on it."""

    def wait() -> None:
        wait_until(faulty.is_reached)
        interrupt()

    waiting = threading.Thread(target=wait)
    waiting.start()
    with pytest.raises(KeyboardInterrupt):
        yield
    waiting.join()


@pytest.mark.usefixtures("interruptible")
def test_an_act_that_is_interrupted_is_over(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey
) -> None:
    """Ctrl-C while the module works ends the act and the module; nobody reads a late answer as another's."""
    faulty.spoil("C_Sign_hangs 1")
    with interrupted(faulty, lambda: os.kill(os.getpid(), signal.SIGINT)):
        unlocked.sign(key, b"bytes")
    with pytest.raises(DriverLostError) as lost:
        unlocked.keys()
    assert lost.value.how == "interrupted"


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_that_ends_no_wait_is_heard_soon(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that comes an instant before the wait does not end it, nor does one that another thread takes, as here."""
    monkeypatch.setitem(PATIENCE_SECONDS, Sign, SECONDS)
    faulty.spoil("C_Sign_hangs 1")
    before = time.monotonic()
    with interrupted(faulty, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGINT)):
        unlocked.sign(key, b"bytes")
    assert time.monotonic() < before + SECONDS / 2


def test_a_module_that_talks_is_not_heard(faulty: FaultyModule, capfd: pytest.CaptureFixture[str]) -> None:
    """What it prints reaches neither our output nor our errors, and disturbs no answer."""
    faulty.spoil("chatter 1")
    assert len(list_devices(faulty.module)) == 2
    assert capfd.readouterr() == ("", "")


def test_a_module_that_talks_to_the_terminal_is_not_heard_there(faulty: FaultyModule) -> None:
    """Nor has it a terminal of its own to write on."""
    faulty.spoil("chatter 1")
    program = f"{LIST.format(str(faulty.module))}; print('listed')"
    with pexpect.spawn(sys.executable, ["-c", program], timeout=SECONDS) as terminal:
        terminal.expect(pexpect.EOF)
    assert terminal.before == b"listed\r\n"


# secrets


def test_a_pin_is_in_no_argument_and_no_environment(unlocked: UnlockedPkcs11Device, faulty: FaultyModule) -> None:
    """While the device is open, what anybody can see of its process has no PIN in it."""
    process = Path(f"/proc/{pid_of(faulty.module)}")
    seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    assert unlocked.info.label == "ann"
    assert PINS["ann"].encode() not in seen
    assert b"Max core file size        0                    0" in (process / "limits").read_bytes()


def test_a_module_that_crashes_leaves_no_core(
    faulty: FaultyModule,
    unlocked: UnlockedPkcs11Device,
    key: DeviceKey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Even where the machine allows them: a core would have the PIN in it."""
    end_processes()
    unlocked.close()
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        (device,) = (each for each in list_devices(faulty.module) if each.info.label == "ann")
        with device.unlock(ANN) as again:
            faulty.spoil("C_Sign_crashes 1")
            with pytest.raises(DriverLostError):
                again.sign(key, b"bytes")
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert list(folder.iterdir()) == []


# the end


@pytest.fixture
def parent(faulty: FaultyModule) -> Iterator[subprocess.Popen[str]]:
    """Another program that has ann's token open, prints the number of the module's process and waits for a line."""
    program = LIST.format(str(faulty.module)) + (
        f"; from hsm import Pin, Scheme; from hsm.pkcs11_driver import driver_of\n"
        f"opened = [each.unlock(Pin({PINS['ann']!r})) for each in (ann, bob) if each.info.label == 'ann']\n"
        f"print(driver_of(ann.module).process().pid, flush=True)\n"
        f"input()\n"
        f"opened[0].keys()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def told(parent: subprocess.Popen[str]) -> int:
    """The number of the module's process."""
    assert parent.stdout is not None
    return int(parent.stdout.readline())


def test_a_process_ends_with_the_program_that_asked_for_it(parent: subprocess.Popen[str]) -> None:
    """A program that ends as programs should leaves nothing behind, and has no complaint, though a device was open."""
    pid = told(parent)
    assert not is_gone(pid)
    _, errors = parent.communicate("\n")
    assert (parent.returncode, errors) == (0, "")
    assert is_gone(pid)


def test_a_process_ends_with_a_program_that_is_killed(parent: subprocess.Popen[str]) -> None:
    """Nobody told it, and it is gone soon after."""
    pid = told(parent)
    parent.kill()
    wait_until(lambda: is_gone(pid))


def test_a_hung_process_ends_with_a_program_that_is_killed(parent: subprocess.Popen[str], faulty: FaultyModule) -> None:
    """Also when the module never comes back from its act."""
    pid = told(parent)
    faulty.spoil("C_FindObjectsInit_hangs 1")
    assert parent.stdin is not None
    parent.stdin.write("\n")
    parent.stdin.flush()
    wait_until(faulty.is_reached)
    parent.kill()
    wait_until(lambda: is_gone(pid))


def test_a_process_whose_module_does_not_let_go_ends(parent: subprocess.Popen[str], faulty: FaultyModule) -> None:
    """Nobody waits for a module that hangs when it is told to go, whatever it holds up meanwhile."""
    pid = told(parent)
    faulty.spoil("C_Finalize_hangs 1")
    parent.kill()
    wait_until(faulty.is_reached)
    wait_until(lambda: is_gone(pid))


def test_processes_are_ended_and_started_again(faulty: FaultyModule, device: Pkcs11Device) -> None:
    """After the end a fresh process has the environment of its own time."""
    first = pid_of(faulty.module)
    end_processes()
    end_processes()
    assert is_gone(first)
    assert device.refresh() == device.info
    assert pid_of(faulty.module) != first


def test_ending_does_not_wait_for_a_hung_act(
    faulty: FaultyModule, unlocked: UnlockedPkcs11Device, key: DeviceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that waits for a signature is told that the module died."""
    monkeypatch.setattr(pkcs11_process, "_FAREWELL_SECONDS", 0.3)
    faulty.spoil("C_Sign_hangs 1")
    told: list[str] = []

    def sign() -> None:
        with pytest.raises(DriverLostError) as lost:
            unlocked.sign(key, b"bytes")
        told.append(lost.value.how)

    signing = threading.Thread(target=sign)
    signing.start()
    wait_until(faulty.is_reached)
    end_processes()
    signing.join(SECONDS)
    assert told == ["died: signal 9 (SIGKILL)"]


def test_what_a_process_loads_is_little() -> None:
    """It has python-pkcs11 in it, none of our program, no library for metadata or screens, and starts fast."""
    program = "import sys; import hsm.pkcs11_worker; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    foreign = {"ceremony", "tuf", "securesystemslib", "cryptography", "yubikit", "textual"}
    assert not foreign & set(run.stdout.split())
