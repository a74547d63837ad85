"""`ceremony device prepare|unblock|check`: a keyholder alone with a device."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from fakes.plain_desk import Ended, desk_with, run, settings_file, typed
from fakes.rooms import make_device
from fakes.scripted_terminal import ScriptedTerminal
from fakes.softhsm import softhsm
from fakes.yubikey_bench import YubikeyBench, by_hand
from yubikit.piv import KEY_TYPE, PIN_POLICY, SLOT, TOUCH_POLICY

from ceremony.cli.desk import Desk
from hsm import Codes, Device, Pin, Scheme, Unlocked
from hsm.discovery import Found, Sources, find_devices
from hsm.software_device import list_devices

PIN, PUK, OTHER = "271828ab", "16180339", "314159cd"
SECRETS = (PIN, PUK, OTHER, "00000000", "99999990")


def at_desk(*lines: str | type[BaseException]) -> tuple[Ended, ScriptedTerminal]:
    """How `ceremony device` with the first words ended, at a terminal where the other lines are typed."""
    words, *others = lines
    assert isinstance(words, str)
    terminal = ScriptedTerminal(others)
    ended = run(desk_with(terminal), "device", *words.split())
    shown = ended.out + ended.err + "".join(terminal.prompts)
    assert [secret for secret in SECRETS if secret in shown] == []
    return ended, terminal


def yubikey(bench: YubikeyBench, serial: str = "101") -> Device:
    """The YubiKey of this serial, as it tells of itself now."""
    return next(each for each in bench.devices() if each.info.serial == serial)


def prepared(bench: YubikeyBench) -> Device:
    """Ann's YubiKey, with codes of her own and a key."""
    device = yubikey(bench)
    device.prepare(None, Codes(Pin(PIN), Pin(PUK)))
    with device.unlock(Pin(PIN)) as unlocked:
        unlocked.generate("packages", Scheme.P256)
    return yubikey(bench)


def block_pin(device: Device, tries: int = 5) -> None:
    """So many wrong PINs."""
    for _try in range(tries):
        with pytest.raises(Exception, match=r"WrongPin|Blocked"):
            device.unlock(Pin("999999"))


def test_a_new_yubikey_is_prepared_by_its_owner_alone(yubikeys: YubikeyBench) -> None:
    """Its serial is typed, then PIN and PUK, twice each and out of sight."""
    ended, terminal = at_desk("prepare 101", "101", PIN, PIN, PUK, PUK)
    assert (ended.status, terminal.secrets_asked) == (0, 4)
    assert "YubiKey 5 NFC 101 has a PIN, a PUK and a management key of its own" in ended.out
    info = yubikey(yubikeys).info
    assert not info.has_makers_codes
    assert info.pin.attempts_left == 5
    yubikey(yubikeys).unlock(Pin(PIN)).close()
    assert yubikey(yubikeys, "102").info.has_makers_codes


@pytest.mark.parametrize("line", ["", "102", "yes", "y", "q", EOFError, KeyboardInterrupt])
def test_nothing_is_prepared_before_its_serial_was_typed(
    yubikeys: YubikeyBench, line: str | type[BaseException]
) -> None:
    """Enter never agrees, nor does anything but the serial."""
    ended, terminal = at_desk("prepare 101", line)
    assert (ended.status, terminal.secrets_asked) == (5, 0)
    assert yubikey(yubikeys).info.has_makers_codes


@pytest.mark.parametrize("lines", [("",), (PIN, PIN, ""), (PIN, ""), (PIN, PIN, PUK, KeyboardInterrupt)])
def test_whoever_stops_half_way_has_changed_nothing(
    yubikeys: YubikeyBench, lines: tuple[str | type[BaseException], ...]
) -> None:
    """The device is asked when both codes are known."""
    ended, _terminal = at_desk("prepare 101", "101", *lines)
    assert ended.status == 5
    assert yubikey(yubikeys).info.pin.is_default


def test_weak_codes_and_two_that_differ_are_typed_again(yubikeys: YubikeyBench) -> None:
    """Each time with the reason, and without the code."""
    lines = ("123456", "123456", PIN, OTHER, PIN, PIN, "00000000", "00000000", PIN, PIN, PUK, PUK)
    ended, _terminal = at_desk("prepare 101", "101", *lines)
    assert ended.status == 0
    assert "the maker's PIN" in ended.out
    assert "The two were not the same." in ended.out
    assert "one letter repeated" in ended.out
    assert "the same code as PIN and as PUK" in ended.out
    assert not yubikey(yubikeys).info.has_makers_codes


def test_a_device_that_was_prepared_gets_new_codes_by_its_pin_and_keeps_its_key(yubikeys: YubikeyBench) -> None:
    """A wrong PIN is told and asked for again."""
    prepared(yubikeys)
    ended, _terminal = at_desk("prepare 101", "101", OTHER, OTHER, "86420975", "86420975", "99999990", PIN)
    assert ended.status == 0
    assert "Its codes are its owner's already" in ended.out
    assert "4 tries are left" in ended.out
    with yubikey(yubikeys).unlock(Pin(OTHER)) as unlocked:
        assert [key.label for key in unlocked.keys()] == ["packages"]  # noqa: SIM118  # a device is no mapping


def test_the_last_try_is_spent_only_by_somebody_who_is_sure(yubikeys: YubikeyBench) -> None:
    """One word less, and the device keeps it."""
    block_pin(prepared(yubikeys), tries=4)
    ended, terminal = at_desk("prepare 101", "101", OTHER, OTHER, "86420975", "86420975", "")
    assert (ended.status, terminal.secrets_asked) == (5, 4)
    assert "only the PUK opens it then" in ended.out
    assert yubikey(yubikeys).info.pin.attempts_left == 1
    ended, _terminal = at_desk("prepare 101", "101", OTHER, OTHER, "86420975", "86420975", "sure", PIN)
    assert ended.status == 0


def test_a_blocked_pin_is_not_prepared_but_unblocked(yubikeys: YubikeyBench) -> None:
    """By the PUK; the key stays."""
    block_pin(prepared(yubikeys))
    assert at_desk("prepare 101")[0].status == 63
    ended, terminal = at_desk("unblock 101", PUK, OTHER, OTHER)
    assert (ended.status, terminal.secrets_asked) == (0, 3)
    assert "has a new PIN" in ended.out
    with yubikey(yubikeys).unlock(Pin(OTHER)) as unlocked:
        assert [key.label for key in unlocked.keys()] == ["packages"]  # noqa: SIM118  # a device is no mapping


def test_a_wrong_puk_is_told_and_asked_for_again_until_none_is_left(yubikeys: YubikeyBench) -> None:
    """The last one only for somebody who is sure."""
    block_pin(prepared(yubikeys))
    wrong = ("99999990", OTHER, OTHER)
    ended, _terminal = at_desk("unblock 101", *wrong * 4, "sure", *wrong)
    assert ended.status == 71
    assert "4 tries are left" in ended.out
    assert "nothing opens it then, and its keys are lost" in ended.out
    assert "That was its last try" in ended.out
    again, terminal = at_desk("unblock 101")
    assert (again.status, terminal.secrets_asked) == (71, 0)


def test_the_new_pin_is_another_than_the_puk(yubikeys: YubikeyBench) -> None:
    """And is judged before a try of the PUK is spent."""
    block_pin(prepared(yubikeys))
    ended, _terminal = at_desk("unblock 101", PUK, PUK, PUK, OTHER, OTHER)
    assert ended.status == 0
    assert "the same code as PIN and as PUK" in ended.out


def test_a_device_without_a_puk_says_so(tmp_path: Path) -> None:
    """Nobody types one in vain."""
    make_device(tmp_path, "A1", "ann", Pin(PIN))
    ended, terminal = at_desk(f"unblock --devices {tmp_path}")
    assert (ended.status, terminal.secrets_asked) == (67, 0)
    assert "its maker's own tool" in " ".join(ended.err.replace("│", " ").split())


def test_a_device_without_a_puk_gets_a_pin_of_its_owner(tmp_path: Path) -> None:
    """The PIN that it has is asked last."""
    make_device(tmp_path, "A1", "ann", Pin(PIN))
    ended, terminal = at_desk(f"prepare --devices {tmp_path}", "A1", OTHER, OTHER, PIN)
    assert (ended.status, terminal.secrets_asked) == (0, 3)
    assert "has a PIN of its own" in ended.out
    list_devices(tmp_path)[0].unlock(Pin(OTHER)).close()


def test_of_several_devices_none_is_taken_by_itself(yubikeys: YubikeyBench) -> None:
    """They are listed, and somebody types a number; Enter takes none."""
    ended, terminal = at_desk("prepare", "first", "4", "0", "2", "102", PIN, PIN, PUK, PUK)
    assert ended.status == 0
    assert ended.out.count("Type the number in front of the device.") == 3
    assert terminal.prompts[0].startswith("The number of the device")
    assert not yubikey(yubikeys, "102").info.has_makers_codes
    assert yubikey(yubikeys).info.has_makers_codes
    assert at_desk("prepare", "")[0].status == 5


def test_a_serial_that_is_not_plugged_in_is_said_to_be_missing(yubikeys: YubikeyBench) -> None:
    """Another device does not do instead."""
    assert yubikeys
    for words in ("prepare 999", "unblock 10", "check 1"):
        ended, terminal = at_desk(words)
        assert (ended.status, terminal.prompts) == (60, [])


def test_without_any_device_nothing_is_asked() -> None:
    """It is said that there is none."""
    ended, terminal = at_desk("prepare")
    assert (ended.status, terminal.prompts) == (60, [])


def test_what_cannot_be_read_is_told_beside_the_choice(tmp_path: Path) -> None:
    """It may be the very device that is meant."""
    (tmp_path / "broken.so").write_bytes(b"no library")
    settings = settings_file(tmp_path, f'[[pkcs11]]\nmodule = "{tmp_path}/broken.so"\n')
    ended = run(typed(), "--settings", settings, "device", "check")
    assert ended.status == 60
    assert "broken.so" in ended.err.replace("\n", "").replace("│", "").replace(" ", "")


def test_without_a_terminal_nothing_is_begun() -> None:
    """No code comes out of a pipe."""
    for verb in ("prepare", "unblock", "check"):
        assert run(desk_with(), "device", verb).status == 9


def test_no_option_takes_a_code() -> None:
    """What stands on a command line is read by everybody."""
    for verb in ("prepare", "unblock", "check"):
        words = run(typed(), "device", verb, "--help").plain_out
        assert [line for line in words.splitlines() if line.strip().startswith("--")] == [
            line for line in words.splitlines() if line.strip().startswith(("--devices", "--help"))
        ]


def test_a_key_that_its_maker_does_not_vouch_for_is_told_as_such(yubikeys: YubikeyBench) -> None:
    """Everything holds but the root, which is nobody's that the program knows: no real ceremony would take it."""
    prepared(yubikeys)
    ended, _terminal = at_desk("check 101", PIN)
    assert ended.status == 3
    text = " ".join(ended.out.split())
    for piece in ("packages (id 9c)", "a stranger, whose root is", "YubiKey 101, firmware 5.7.4, slot 9c"):
        assert piece in text
    for piece in ("made inside yes", "extractable no", "PIN always, touch always", "ATTESTATION-MAKER"):
        assert piece in text
    assert "no rule is against" not in text


def test_every_reason_for_which_a_ceremony_would_refuse_is_told(yubikeys: YubikeyBench) -> None:
    """An imported key has no attestation; a key that asks for nothing is none for a ceremony."""
    card = yubikeys.cards["ann"]
    yubikeys.lab.pull(card)
    with by_hand(card) as session:
        session.generate_key(SLOT.AUTHENTICATION, KEY_TYPE.ECCP256, PIN_POLICY.NEVER, TOUCH_POLICY.NEVER)
        session.put_key(SLOT.CARD_AUTH, generate_private_key(SECP256R1()))
    yubikeys.lab.plug(card)
    ended, _terminal = at_desk("check 101", "123456")
    text = " ".join(ended.out.split())
    assert ended.status == 3
    for piece in ("ATTESTATION-POLICIES", "ATTESTATION-MAKER", "KEY-ATTESTED", "attested by nobody"):
        assert piece in text


def test_without_the_certificates_of_its_maker_a_chain_is_not_believed(
    yubikeys: YubikeyBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not on the device; the explanation says where they belong."""
    prepared(yubikeys)
    monkeypatch.delenv("CEREMONY_PRACTICE_AUTHORITY")
    ended, _terminal = at_desk("check 101", PIN)
    assert ended.status == 75
    assert "What vouches for the key cannot be believed" in ended.out


def test_a_device_without_keys_has_nothing_to_check(yubikeys: YubikeyBench) -> None:
    """That is no error."""
    ended, _terminal = at_desk("check 102", "123456")
    assert ended.status == 0
    assert "holds no key" in ended.out
    assert len(yubikeys.devices()) == 3


def test_a_wrong_pin_is_not_sent_twice(yubikeys: YubikeyBench) -> None:
    """One try for each time somebody types one."""
    prepared(yubikeys)
    assert at_desk("check 101", "99999990", "")[0].status == 5
    assert yubikey(yubikeys).info.pin.attempts_left == 4


def test_a_key_that_nobody_attests_is_told_by_the_word_of_its_device(tmp_path: Path) -> None:
    """Made inside a token and kept there, as it says; but this token is known to be a file."""
    with softhsm(tmp_path / "tokens", {"ann": PIN}) as module:
        (device,) = find_devices(Sources((module,))).devices
        with device.unlock(Pin(PIN)) as unlocked:
            unlocked.generate("packages", Scheme.ED25519)
        settings = settings_file(tmp_path, f'[[pkcs11]]\nmodule = "{module}"\n')
        ended = run(typed(PIN), "--settings", settings, "device", "check")
    assert ended.status == 3
    assert "by the device's own word" in ended.out
    assert "REHEARSAL-DEVICE" in ended.out
    assert "KEY-INSIDE" not in ended.out


def test_a_token_that_is_no_file_is_taken_by_its_own_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made inside and kept there: no rule asks for more. SoftHSM stands in for it, under another name."""
    monkeypatch.setattr("ceremony.core.roster_rules.is_software", lambda *_names: False)
    with softhsm(tmp_path / "tokens", {"ann": PIN}) as module:
        (device,) = find_devices(Sources((module,))).devices
        with device.unlock(Pin(PIN)) as unlocked:
            unlocked.generate("packages", Scheme.ED25519)
        settings = settings_file(tmp_path, f'[[pkcs11]]\nmodule = "{module}"\n')
        ended = run(typed(PIN), "--settings", settings, "device", "check")
    assert ended.status == 0
    assert "no rule is against this key" in ended.out


def test_a_key_in_software_is_none_for_a_real_ceremony(tmp_path: Path) -> None:
    """Whatever else it is."""
    make_device(tmp_path, "A1", "ann", Pin(PIN))
    with list_devices(tmp_path)[0].unlock(Pin(PIN)) as unlocked:
        unlocked.generate("packages", Scheme.ED25519)
    ended, _terminal = at_desk(f"check --devices {tmp_path}", PIN)
    assert ended.status == 3
    assert "REHEARSAL-DEVICE" in ended.out


class Pad:
    """A token that takes its PIN on keys of its own."""

    def __init__(self, real: Device) -> None:
        self._real = real
        self.info = replace(real.info, has_pin_pad=True)
        self.keys = real.keys
        self.slots = real.slots

    def unlock(self, pin: Pin | None) -> Unlocked:
        """Unlocked by its owner's fingers."""
        assert pin is None
        return self._real.unlock(Pin(PIN))


def test_a_pin_that_is_typed_on_the_device_is_not_asked_for_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never passes through this machine."""
    make_device(tmp_path, "A1", "ann", Pin(PIN))
    pad: Any = Pad(list_devices(tmp_path)[0])
    monkeypatch.setattr(Desk, "find", lambda _desk, _folder: Found((pad,), ()))
    ended, terminal = at_desk("check")
    assert (ended.status, terminal.prompts) == (0, [])
    assert "on the keys of the device itself" in ended.out
