"""The card lab is as good as a machine with USB ports: what PC/SC shows is what hardware would show."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakes.card_lab import CardLab, SilentCardError
from fakes.card_lab_shim import compiled_shim, own_folder
from fakes.vpcd_lab import VpcdLab, is_usable
from smartcard import scard
from smartcard.Exceptions import CardConnectionException, NoCardException
from smartcard.ExclusiveConnectCardConnection import ExclusiveConnectCardConnection
from smartcard.pcsc.PCSCExceptions import EstablishContextException
from smartcard.pcsc.PCSCReader import PCSCReader
from smartcard.System import readers

TESTS = Path(__file__).parents[1]
SCRIPT = TESTS.parent / "scripts" / "with-virtual-yubikeys"
YUBIKEY = "Yubico YubiKey OTP+FIDO+CCID"
SECONDS = 20.0
ECHO, WAIT, SILENCE, FAULT = 0x01, 0x02, 0x03, 0x04

# What PC/SC answers, as on a machine with real keys.
UNKNOWN_READER = 0x80100009
SHARING_VIOLATION = 0x8010000B
INVALID_VALUE = 0x80100011
NOT_TRANSACTED = 0x80100016
READER_UNAVAILABLE = 0x80100017
NO_SERVICE = 0x8010001D


class PulledError(Exception):
    """The card left while it was busy."""


class EchoCard:
    """A card that answers a command with the command itself, waits, or misbehaves, as its instruction says."""

    atr = bytes.fromhex("3bfd1300008131fe158073c021c057597562694b657940")

    def __init__(self) -> None:
        self.is_waiting = threading.Event()
        self.times_powered = 0
        self._out = threading.Event()

    def power_on(self) -> None:
        """It is in its port."""
        self.times_powered += 1
        self._out.clear()

    def power_off(self) -> None:
        """It has nothing to forget."""

    def transmit(self, apdu: bytes) -> bytes:
        """The command and 9000."""
        if apdu[1] == SILENCE:
            raise SilentCardError
        if apdu[1] == FAULT:
            raise ZeroDivisionError
        if apdu[1] == WAIT:
            self.is_waiting.set()
            assert self._out.wait(SECONDS)
            raise PulledError
        return apdu + b"\x90\x00"

    def pull(self) -> None:
        """It is out."""
        self._out.set()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[CardLab]:
    """A desk with nothing plugged in."""
    with CardLab.started(tmp_path / "lab") as started:
        yield started


@contextmanager
def connection(reader: str) -> Iterator[Callable[..., bytes]]:
    """Sends an instruction and its data to the card in this reader; the answer is what the card said, in full."""
    opened = PCSCReader(reader).createConnection()
    try:
        opened.connect()

        def send(instruction: int, data: bytes = b"") -> bytes:
            answer, first, second = opened.transmit([0, instruction, 0, 0, *data])
            return bytes([*answer, first, second])

        yield send
    finally:
        opened.release()


def names() -> list[str]:
    """The readers PC/SC shows to a client."""
    return [reader.name for reader in readers()]


def code_of(caught: "pytest.ExceptionInfo[CardConnectionException] | BaseException") -> int:
    """The number PC/SC gave, as its manual writes it."""
    error = caught.value if isinstance(caught, pytest.ExceptionInfo) else caught
    return error.hresult & 0xFFFFFFFF


def state_of(reader: str) -> tuple[int, bytes]:
    """The state of a reader as PC/SC's flags, and the ATR of the card in it."""
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _, [(_, state, atr)] = scard.SCardGetStatusChange(context, 0, [(reader, scard.SCARD_STATE_UNAWARE)])
    scard.SCardReleaseContext(context)
    return state, bytes(atr)


def test_an_empty_desk_has_no_readers(lab: CardLab) -> None:
    """No reader of this machine is in reach."""
    assert lab.readers() == ()
    assert names() == []


def test_a_card_plugged_in_is_there_at_once_under_the_name_hardware_has(lab: CardLab) -> None:
    """When `plug` returns, PC/SC shows the reader, the card in it and its ATR."""
    slot = lab.plug(EchoCard())
    assert slot.reader == f"{YUBIKEY} 00 00"
    assert names() == [slot.reader]
    state, atr = state_of(slot.reader)
    assert state & scard.SCARD_STATE_PRESENT
    assert atr == EchoCard.atr


@pytest.mark.parametrize(
    ("usb", "name"),
    [("1050:0404", "Yubico YubiKey CCID 00 00"), ("08e6:3437", "Gemalto PC Twin Reader 00 00")],
)
def test_another_product_has_the_name_the_driver_has_for_it(lab: CardLab, usb: str, name: str) -> None:
    """The names are those of libccid, not ours."""
    assert lab.plug(EchoCard(), usb).reader == name


def test_a_product_without_a_driver_is_refused(lab: CardLab) -> None:
    """What pcscd does not know has no reader, and the desk is as before."""
    with pytest.raises(RuntimeError, match="1050:ffff"):
        lab.plug(EchoCard(), "1050:ffff")
    assert lab.readers() == ()


@pytest.mark.parametrize("size", [0, 255, 3000, 60000])
def test_a_command_of_any_length_arrives_and_so_does_its_answer(lab: CardLab, size: int) -> None:
    """Extended APDUs included."""
    data = os.urandom(size)
    with connection(lab.plug(EchoCard()).reader) as send:
        assert send(ECHO, data) == bytes([0, ECHO, 0, 0]) + data + b"\x90\x00"


def test_sixteen_cards_have_a_reader_each_and_there_is_no_seventeenth(lab: CardLab) -> None:
    """They are numbered as they came; who comes later gets a number that has become free."""
    cards = [EchoCard() for _ in range(16)]
    assert [lab.plug(card).reader for card in cards] == [f"{YUBIKEY} {number:02X} 00" for number in range(16)]
    with pytest.raises(RuntimeError):
        lab.plug(EchoCard())
    lab.pull(cards[5])
    assert lab.plug(EchoCard()).reader == f"{YUBIKEY} 05 00"


def test_a_card_is_in_one_port_only(lab: CardLab) -> None:
    """Plugging in what is plugged in is a mistake in a test."""
    card = EchoCard()
    lab.plug(card)
    with pytest.raises(ValueError, match="port already"):
        lab.plug(card)


def test_a_card_pulled_takes_its_reader_with_it(lab: CardLab) -> None:
    """Its reader is gone when `pull` returns; a session on it says so, a session on another goes on."""
    card = EchoCard()
    first, second = lab.plug(card).reader, lab.plug(EchoCard()).reader
    with connection(first) as gone, connection(second) as other:
        lab.pull(card)
        assert names() == [second]
        with pytest.raises(CardConnectionException) as caught:
            gone(ECHO)
        assert code_of(caught) == INVALID_VALUE
        assert other(ECHO)
    with pytest.raises(CardConnectionException) as caught, connection(first):
        pass
    assert code_of(caught) == UNKNOWN_READER


def test_a_card_pulled_while_it_works_fails_what_it_did(lab: CardLab) -> None:
    """The command under way ends as it does with hardware."""
    card, caught = EchoCard(), []
    reader = lab.plug(card).reader

    def wait_for_touch() -> None:
        with connection(reader) as send:
            try:
                send(WAIT)
            except CardConnectionException as error:
                caught.append(error)

    worker = threading.Thread(target=wait_for_touch)
    worker.start()
    assert card.is_waiting.wait(SECONDS)
    lab.pull(card)
    worker.join(SECONDS)
    assert [code_of(error) for error in caught] == [READER_UNAVAILABLE]
    assert names() == []


def test_a_card_put_back_works_again(lab: CardLab) -> None:
    """It has been powered anew, under the same name; the session from before stays dead."""
    card = EchoCard()
    reader = lab.plug(card).reader
    with connection(reader) as before:
        powered = card.times_powered
        lab.pull(card)
        assert lab.plug(card).reader == reader
        assert card.times_powered > powered
        with connection(reader) as after:
            assert after(ECHO)
        with pytest.raises(CardConnectionException) as caught:
            before(ECHO)
        assert code_of(caught) == INVALID_VALUE


def test_a_card_somebody_holds_is_busy(lab: CardLab) -> None:
    """PC/SC keeps an exclusive session from others."""
    reader = lab.plug(EchoCard()).reader
    held = ExclusiveConnectCardConnection(PCSCReader(reader).createConnection())
    held.connect()
    with pytest.raises(CardConnectionException) as caught, connection(reader):
        pass
    assert code_of(caught) == SHARING_VIOLATION
    held.release()


def test_a_card_that_says_nothing_stays_plugged_in(lab: CardLab) -> None:
    """A bad line fails one command and no more."""
    with connection(lab.plug(EchoCard()).reader) as send:
        with pytest.raises(CardConnectionException) as caught:
            send(SILENCE)
        assert code_of(caught) == NOT_TRANSACTED
        assert send(ECHO)


def test_a_fault_of_a_card_is_not_hidden(lab: CardLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a fake raises by mistake is raised in its thread, where pytest fails the test for it."""
    raised = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: raised.append(arguments.exc_type))
    card = EchoCard()
    with connection(lab.plug(card).reader) as send, pytest.raises(CardConnectionException):
        send(FAULT)
    lab.pull(card)
    assert raised == [ZeroDivisionError]


def test_without_the_daemon_there_is_no_service_until_it_is_back(lab: CardLab) -> None:
    """A new daemon finds the cards that are in their ports, also those that came while there was none."""
    lab.plug(EchoCard())
    gone = EchoCard()
    lab.plug(gone)
    lab.stop_daemon()
    assert lab.daemon_pid is None
    with pytest.raises(EstablishContextException) as caught:
        readers()
    assert caught.value.hresult & 0xFFFFFFFF == NO_SERVICE
    lab.pull(gone)
    late = lab.plug(EchoCard())
    lab.restart_daemon()
    assert names() == [f"{YUBIKEY} 00 00", f"{YUBIKEY} 01 00"]
    with connection(late.reader) as send:
        assert send(ECHO)


def test_a_daemon_that_died_is_told_at_the_end(tmp_path: Path) -> None:
    """A test that killed pcscd without meaning to does not pass."""
    with pytest.raises(RuntimeError, match="pcscd has died"), CardLab.started(tmp_path) as lab:
        kill_daemon(lab)


def kill_daemon(lab: CardLab) -> None:
    """A card is plugged in, and its daemon has died of something."""
    lab.plug(EchoCard())
    assert lab.daemon_pid
    os.kill(lab.daemon_pid, signal.SIGKILL)
    os.waitid(os.P_PID, lab.daemon_pid, os.WEXITED | os.WNOWAIT)


def test_many_plugs_and_pulls_leave_nothing_open(lab: CardLab) -> None:
    """Neither here nor in the daemon."""
    card = EchoCard()

    def plug_and_pull() -> None:
        with connection(lab.plug(card).reader) as send:
            assert send(ECHO)
            lab.pull(card)

    plug_and_pull()
    before = descriptors(lab)
    for _ in range(50):
        plug_and_pull()
    until = time.monotonic() + SECONDS
    while any(
        now > then for now, then in zip(descriptors(lab), before, strict=True)
    ):  # the daemon's threads for clients that left end by and by
        assert time.monotonic() < until


def descriptors(lab: CardLab) -> tuple[int, int, int]:
    """How many are open here and in the daemon, and how many threads there are."""
    here, there = (len(list(Path(f"/proc/{process}/fd").iterdir())) for process in ("self", lab.daemon_pid))
    return here, there, threading.active_count()


PROGRAM = """
import os, signal, sys
from pathlib import Path
from fakes.{module} import {lab}
with {lab}.started(Path(sys.argv[1])) as lab:
    print(lab.daemon_pid, os.environ["PCSCLITE_CSOCK_NAME"], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_lab(folder: Path, module: str, lab: str) -> int:
    """The daemon of a lab whose process was killed."""
    source = PROGRAM.format(module=module, lab=lab)
    run = subprocess.run(
        [sys.executable, "-c", source, folder], env=with_tests(), stdout=subprocess.PIPE, text=True, check=False
    )
    assert run.returncode == -signal.SIGKILL
    pid, path = run.stdout.split()
    shutil.rmtree(Path(path).parent)
    return int(pid)


def with_tests() -> dict[str, str]:
    """This environment, for a Python that is to find the fakes."""
    return {**os.environ, "PYTHONPATH": str(TESTS)}


def is_gone(pid: int) -> bool:
    """The process has ended within the time a test waits; nobody need have buried it."""
    status = Path(f"/proc/{pid}/stat")
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            if status.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


def test_a_lab_that_was_killed_leaves_no_daemon(tmp_path: Path) -> None:
    """Whatever ends a test process ends its pcscd."""
    assert is_gone(killed_lab(tmp_path, "card_lab", "CardLab"))


def test_two_who_compile_the_shim_at_once_both_find_it(tmp_path: Path) -> None:
    """One whole file is left, and nothing else."""
    source = "from fakes.card_lab_shim import compiled_shim; print(compiled_shim())"
    environment = with_tests() | {"TMPDIR": str(tmp_path)}
    both = [
        subprocess.Popen([sys.executable, "-c", source], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    first, second = (process.communicate()[0].strip() for process in both)
    assert first == second
    assert [str(path) for path in (Path(first).parent).iterdir()] == [first]
    assert Path(first).name == compiled_shim().name


def test_a_shim_somebody_else_could_have_put_there_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that others can write is refused."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    own_folder().chmod(0o777)
    with pytest.raises(PermissionError):
        own_folder()


@pytest.mark.skipif(not is_usable(), reason="needs Debian's vsmartcard-vpcd, and root or a /run/pcscd")
class TestVpcd:
    """The same on stock parts, which is how far PC/SC alone goes."""

    def test_a_card_works_is_pulled_and_put_back(self, tmp_path: Path) -> None:
        """The reader stays; the card is gone, and then it is back."""
        with VpcdLab.started(tmp_path) as lab:
            card = EchoCard()
            reader = lab.plug(card).reader
            with connection(reader) as send:
                assert send(ECHO, b"hello") == bytes([0, ECHO, 0, 0]) + b"hello\x90\x00"
            lab.pull(card)
            assert reader in names()
            with pytest.raises(NoCardException), connection(reader):
                pass
            assert lab.plug(card).reader == reader
            with connection(reader) as send:
                assert send(ECHO)

    def test_a_lab_that_was_killed_leaves_no_daemon(self, tmp_path: Path) -> None:
        """Whatever ends a test process ends its pcscd."""
        assert is_gone(killed_lab(tmp_path, "vpcd_lab", "VpcdLab"))


SIGN_AFTER_TOUCH = """
import os, time
from pathlib import Path
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from ykman.device import list_all_devices
from yubikit.core.smartcard import SmartCardConnection
from yubikit.piv import DEFAULT_MANAGEMENT_KEY, KEY_TYPE, PIN_POLICY, SLOT, TOUCH_POLICY, PivSession

assert "PYTHONPATH" not in os.environ
folder = Path(os.environ["CEREMONY_PRACTICE_AUTHORITY"])
vouching = [x509.load_pem_x509_certificate(path.read_bytes()).subject for path in folder.iterdir()]
for device, info in list_all_devices([SmartCardConnection]):
    with device.open_connection(SmartCardConnection) as connection:
        piv = PivSession(connection)
        piv.authenticate(DEFAULT_MANAGEMENT_KEY)
        piv.generate_key(SLOT.SIGNATURE, KEY_TYPE.ECCP256, PIN_POLICY.NEVER, TOUCH_POLICY.ALWAYS)
        began = time.monotonic()
        piv.sign(SLOT.SIGNATURE, KEY_TYPE.ECCP256, b"message", SHA256())
        assert time.monotonic() - began > 0.2
        assert piv.get_certificate(SLOT.ATTESTATION).issuer in vouching
        print(info.serial, info.version)
"""


class TestProgram:
    """Any command can have virtual YubiKeys."""

    def test_the_command_finds_keys_that_work(self) -> None:
        """As many as asked for, vouched for, touched after a while; the way to our own modules is not passed on."""
        arguments = ["--touch-after", "0.2", "2", sys.executable, "-c", SIGN_AFTER_TOUCH]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        run = subprocess.run([SCRIPT, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True)
        assert run.stdout.splitlines() == ["30000001 5.7.4", "30000002 5.7.4"]

    @pytest.mark.parametrize(
        ("command", "status"), [(["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -9 $$"], 137), (["./none"], 127)]
    )
    def test_it_ends_as_the_command_did(self, command: list[str], status: int) -> None:
        """Also when a signal ended the command, or there is none of that name."""
        assert subprocess.run([SCRIPT, "1", *command], check=False, capture_output=True).returncode == status

    def test_who_ends_it_ends_the_command(self) -> None:
        """The command gets the signal, and the keys are there until it has ended."""
        waiting = ["sh", "-c", "trap 'ls $PCSCLITE_CSOCK_NAME; exit 3' TERM; echo ready; while :; do sleep 0.05; done"]
        with subprocess.Popen([SCRIPT, "1", *waiting], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGTERM)
            assert process.stdout.readline().endswith("pcscd.comm\n")
        assert process.returncode == 3
