"""One connection to a YubiKey over PC/SC."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.card_lab import CardLab, SilentCardError
from fakes.virtual_yubikey import VirtualYubiKey
from yubikit.core import BadResponseError
from yubikit.piv import PivSession

from hsm.errors import DeviceAbsentError, DeviceBusyError, DeviceFaultError
from hsm.yubikey_answers import told_as_ours
from hsm.yubikey_link import Link, PcscError, is_yubikey, readers


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[CardLab]:
    """A desk with nothing on it."""
    with CardLab.started(tmp_path / "lab") as started:
        yield started


@pytest.fixture
def card(lab: CardLab) -> VirtualYubiKey:
    """A YubiKey on the desk."""
    plugged = VirtualYubiKey(101)
    lab.plug(plugged)
    return plugged


def test_without_readers_there_are_none(lab: CardLab) -> None:
    """An empty desk is no error."""
    assert readers() == lab.readers() == ()


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("Yubico YubiKey OTP+FIDO+CCID 00 00", True),
        ("yubico yubikey ccid", True),
        ("Yubico HSM", False),
        ("Nitrokey 3", False),
    ],
)
def test_a_yubikey_is_known_by_the_name_of_its_reader(name: str, is_one: bool) -> None:  # noqa: FBT001
    """The maker's name and the model's, in any case."""
    assert is_yubikey(name) is is_one


def test_a_connection_is_held_alone_until_it_is_closed(card: VirtualYubiKey) -> None:
    """A second one is refused by the name PC/SC has for that; closing twice is harmless."""
    (name,) = readers()
    with Link(name) as link:
        with pytest.raises(PcscError) as refused:
            Link(name)
        assert refused.value.code == "SCARD_E_SHARING_VIOLATION"
    link.close()
    with pytest.raises(PcscError):
        link.send_and_receive(b"\0\xa4\x04\0")
    with Link(name) as link:
        assert PivSession(link).get_serial() == card.serial


def test_closing_forgets_what_was_proved(card: VirtualYubiKey) -> None:
    """The YubiKey is reset: the next one to connect is not logged in."""
    (name,) = readers()
    with Link(name) as link:
        PivSession(link).verify_pin("123456")
    with Link(name) as link:
        session = PivSession(link)
        session.get_pin_attempts()
        with pytest.raises(Exception, match="6982"):
            session.get_object(0x5FC109)
    assert card.pin_attempts_left == 3


def test_a_reader_that_is_not_there_is_refused(lab: CardLab) -> None:
    """The name PC/SC has for that is told."""
    with pytest.raises(PcscError) as refused:
        Link("Yubico YubiKey OTP+FIDO+CCID 00 00")
    assert refused.value.code in {"SCARD_E_UNKNOWN_READER", "SCARD_E_NO_READERS_AVAILABLE"}
    assert lab.readers() == ()


def test_closing_never_fails(lab: CardLab, card: VirtualYubiKey) -> None:
    """Neither without the YubiKey nor without the service."""
    links = [Link(readers()[0])]
    lab.pull(card)
    lab.plug(card)
    links.append(Link(readers()[0]))
    lab.stop_daemon()
    for link in links:
        link.close()


def test_an_answer_that_never_ends_is_cut_off(card: VirtualYubiKey) -> None:
    """A YubiKey cannot keep us reading."""
    with Link(readers()[0]) as link:
        card.hook = lambda _: b"\0" * 250 + b"\x61\x00"
        with pytest.raises(BadResponseError):
            PivSession(link)
    assert len(card.log) < 100


def test_a_line_that_fails_is_a_fault(card: VirtualYubiKey) -> None:
    """A YubiKey that is there and says nothing is told as PC/SC tells it."""

    def nothing(_: bytes) -> bytes:
        raise SilentCardError

    with Link(readers()[0]) as link:
        card.hook = nothing
        with pytest.raises((DeviceAbsentError, DeviceFaultError)), told_as_ours("101"):
            PivSession(link)


def test_half_an_answer_is_that_of_a_yubikey_on_its_way_out(card: VirtualYubiKey) -> None:
    """Some drivers say nothing, or less than a status word, when it is pulled out."""
    with Link(readers()[0]) as link:
        card.hook = lambda _: b"\x90"
        with pytest.raises(PcscError) as refused:
            PivSession(link)
    assert refused.value.code in {"SCARD_E_NOT_TRANSACTED", "SCARD_E_INSUFFICIENT_BUFFER", "SCARD_F_COMM_ERROR"}


@pytest.mark.parametrize(
    ("number", "leaf"),
    [
        (0x8010000B, DeviceBusyError),
        (0x80100009, DeviceAbsentError),
        (0x80100011, DeviceAbsentError),
        (0x80100017, DeviceAbsentError),
        (0x80100069, DeviceAbsentError),
        (0x8010001D, DeviceFaultError),
        (0x80100066, DeviceFaultError),
    ],
)
def test_what_pcsc_says_is_one_of_our_errors(number: int, leaf: type[Exception]) -> None:
    """Held by others, gone, and anything else are three errors, each from its cause."""
    with pytest.raises(leaf) as error, told_as_ours("101"):
        raise PcscError(number)
    assert isinstance(error.value.__cause__, PcscError)


def test_a_number_without_a_name_is_told_in_hex() -> None:
    """What PC/SC has no name for is not lost, and a sign changes nothing."""
    assert PcscError(0x80101234 - (1 << 32)).code == "0x80101234"
    assert PcscError(0x80100009 - (1 << 32)).code == PcscError(0x80100009).code == "SCARD_E_UNKNOWN_READER"
