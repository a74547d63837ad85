"""YubiKeys for a rehearsal: blank ones, and as many as are needed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.virtual_yubikey import VirtualYubiKey
from fakes.yubikey_bench import YubikeyBench, by_hand, yubikey_table
from yubikit.piv import KEY_TYPE, SLOT, PivSession

from ceremony.cli.practice_yubikeys import blank_yubikeys, used_up
from ceremony.errors import RefusedError
from hsm import Codes, Pin
from hsm.errors import DeviceFaultError


def test_the_first_of_those_plugged_in_are_taken_by_serial(yubikeys: YubikeyBench) -> None:
    """As many as are needed."""
    assert [device.info.serial for device in blank_yubikeys(2)] == ["101", "102"]
    assert len(yubikeys.devices()) == 3


def test_too_few_are_refused_with_their_number(yubikeys: YubikeyBench) -> None:
    """Nobody wonders how many to plug in."""
    assert yubikeys
    with pytest.raises(RefusedError) as refused:
        blank_yubikeys(4)
    assert (refused.value.rule, refused.value.found) == ("DEVICES-ENOUGH", "YubiKeys plugged in: 3")


def change_pin(session: PivSession) -> None:
    """A PIN that its owner chose."""
    session.change_pin("123456", "27182818")


def change_puk(session: PivSession) -> None:
    """A PUK that its owner chose."""
    session.change_puk("12345678", "16180339")


def change_management_key(session: PivSession) -> None:
    """A management key that its owner keeps."""
    session.set_management_key(session.management_key_type, bytes(range(session.management_key_type.key_len)))


def make_key(session: PivSession) -> None:
    """A key in a slot that hardly anybody looks at."""
    session.generate_key(SLOT.RETIRED7, KEY_TYPE.ECCP256)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (change_pin, "a PIN that is not known to be its maker's"),
        (change_puk, "a PUK that is not known"),
        (change_management_key, "a management key that is not known"),
        (make_key, "a P-256 key, made inside, without a certificate of its own in slot 88"),
    ],
)
def test_one_that_somebody_uses_is_refused_by_serial(
    tmp_path: Path, change: Callable[[PivSession], None], named: str
) -> None:
    """Even where there are enough without it: somebody forgot to pull it out."""
    mine = VirtualYubiKey(205)
    with by_hand(mine) as session:
        change(session)
    cards = {"ann": VirtualYubiKey(101), "bob": VirtualYubiKey(102), "cyd": mine}
    with yubikey_table(tmp_path / "lab", cards), pytest.raises(RefusedError) as refused:
        blank_yubikeys(2)
    assert refused.value.rule == "DEVICE-BLANK"
    assert refused.value.found.startswith(f"device 205 with {named}")


def test_one_that_does_not_tell_is_refused(tmp_path: Path) -> None:
    """Firmware before 5.3 says nothing of its codes."""
    with (
        yubikey_table(tmp_path / "lab", {"ann": VirtualYubiKey(101, firmware=(5, 2, 7))}),
        pytest.raises(RefusedError, match="DEVICE-BLANK"),
    ):
        blank_yubikeys(1)


def test_without_a_smart_card_service_nothing_is_guessed(yubikeys: YubikeyBench) -> None:
    """It may hide a YubiKey that somebody uses."""
    yubikeys.lab.stop_daemon()
    with pytest.raises(DeviceFaultError):
        blank_yubikeys(0)


def test_those_that_were_changed_are_told_afterwards(yubikeys: YubikeyBench) -> None:
    """So are those that cannot be asked any more."""
    first, second, third = yubikeys.devices()
    assert used_up((first, second, third)) == ()
    first.prepare(None, Codes(Pin("27182818"), Pin("16180339")))
    yubikeys.unplug(third)
    assert used_up((first, second, third)) == ("101", "103")
