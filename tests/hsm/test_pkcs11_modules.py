"""What other makers' modules do otherwise than SoftHSM: NSS, and ykcs11 and OpenSC over a virtual YubiKey."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakes.bench import PINS
from fakes.card_lab import CardLab
from fakes.faulty_pkcs11 import FaultyModule
from fakes.nss_softoken import is_installed, nss_tokens
from fakes.pkcs11_cards import OPENSC, YKCS11, card_with_key
from fakes.virtual_yubikey import VirtualYubiKey, YubicoLikeAuthority
from yubikit.piv import SLOT, TOUCH_POLICY

from hsm import DeviceSigner, Pin, Scheme
from hsm.attestation import attest, read_certificates
from hsm.errors import (
    DeviceAbsentError,
    DeviceFaultError,
    DriverLostError,
    PinBlockedError,
    TouchMissingError,
    UnsupportedError,
    WrongPinError,
)
from hsm.pkcs11_device import Pkcs11Device, find_devices, list_devices
from hsm.pkcs11_driver import end_processes
from hsm.signer import public_key_of

ANN, WRONG = Pin(PINS["ann"]), Pin("000000")
SERIAL = 4711
VERIFY, SIGN, DONE = 0x20, 0x87, 0x9000
nss = pytest.mark.skipif(not is_installed(), reason="NSS is not installed")
ykcs11 = pytest.mark.skipif(YKCS11 is None, reason="ykcs11 is not installed")
opensc = pytest.mark.skipif(OPENSC is None, reason="OpenSC is not installed")
either = pytest.mark.parametrize(
    "module", [pytest.param(YKCS11, marks=ykcs11, id="ykcs11"), pytest.param(OPENSC, marks=opensc, id="opensc")]
)


def named(label: str, module: Path) -> Pkcs11Device:
    """The token with this label."""
    (found,) = (each for each in list_devices(module) if each.info.label == label)
    return found


# NSS


@pytest.fixture
def behind(shim: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyModule]:
    """NSS with ann's database, behind the shim that spoils answers."""
    with nss_tokens(tmp_path / "nss", {"ann": PINS["ann"]}) as (module,):
        monkeypatch.setenv("PKCS11_SHIM_MODULE", str(module))
        monkeypatch.setenv("PKCS11_SHIM_FAULTS", str(tmp_path / "faults"))
        end_processes()
        yield FaultyModule(shim, tmp_path / "faults")
        end_processes()


@nss
@pytest.mark.parametrize("scheme", [Scheme.P256, Scheme.P384, Scheme.P521, Scheme.RSA_PSS])
def test_a_token_that_hashes_by_itself_is_given_the_whole_message(behind: FaultyModule, scheme: Scheme) -> None:
    """Without raw mechanisms the signature is the same to whoever verifies it."""
    behind.spoil("without 1041", "without d")
    with named("ann", behind.module).unlock(ANN) as unlocked:
        key = unlocked.generate("root", scheme)
        signature = DeviceSigner(unlocked, key).sign(b"bytes" * 1000)
    public_key_of(key).verify_signature(signature, b"bytes" * 1000)


@nss
@pytest.mark.parametrize("wants_pin", [0, 1])
def test_a_token_that_does_not_keep_its_word_on_mechanisms_is_asked_in_another_way(
    behind: FaultyModule, wants_pin: int
) -> None:
    """A raw mechanism that is listed, and then refused, gives way to the one that hashes, with the PIN if need be."""
    with named("ann", behind.module).unlock(ANN) as unlocked:
        key = unlocked.generate("root", Scheme.P256)
        behind.spoil("without 1041", f"attribute 202 {wants_pin}")
        signature = DeviceSigner(unlocked, key).sign(b"bytes")
    public_key_of(key).verify_signature(signature, b"bytes")


@nss
def test_tokens_of_one_serial_are_told_apart_by_their_labels(tmp_path: Path) -> None:
    """Both tokens of NSS have the serial 0000000000000000; keys go where they are meant to go."""
    with nss_tokens(tmp_path / "nss", {"ann": PINS["ann"]}) as (module,):
        both = list_devices(module)
        assert len({each.info.serial for each in both}) == 1
        with named("ann", module).unlock(ANN) as unlocked:
            key = unlocked.generate("root", Scheme.P256)
        listed = {each.info.label: each.keys() for each in both}
    assert [one.key_id for one in listed["ann"]] == [key.key_id]
    assert listed["crypto of ann"] == ()


@nss
def test_a_token_that_does_not_say_that_it_made_a_key_is_not_believed(tmp_path: Path) -> None:
    """NSS says of a key that it has just made that it came from elsewhere; the key is destroyed."""
    nss_alone = nss_tokens(tmp_path / "nss", {"ann": PINS["ann"]}, says_local=False)
    with nss_alone as (module,), named("ann", module).unlock(ANN) as unlocked:
        with pytest.raises(DeviceFaultError) as fault:
            unlocked.generate("root", Scheme.P256)
        assert unlocked.keys() == ()
    assert fault.value.code == "KeyNotKeptInside"


# YubiKeys through modules of two makers


@contextmanager
def plugged(folder: Path, module: Path, card: VirtualYubiKey) -> Iterator[tuple[CardLab, Pkcs11Device]]:
    """The YubiKey in its port, as the module sees it."""
    with CardLab.started(folder) as lab:
        lab.plug(card)
        try:
            (device,) = list_devices(module)
            yield lab, device
        finally:
            end_processes()


@either
def test_a_touch_that_does_not_come_is_told_and_the_device_stays_open(tmp_path: Path, module: Path) -> None:
    """Whatever the module makes of it, and though OpenSC loses the login: the next signature is touched, and made."""
    card = card_with_key(SERIAL, "ann", PINS["ann"], touch=TOUCH_POLICY.ALWAYS)
    with plugged(tmp_path, module, card) as (_, device), device.unlock(ANN) as unlocked:
        (key,) = unlocked.keys()
        card.touch.refuse, card.touch.timeout = True, 2.0
        with pytest.raises(TouchMissingError) as missing:
            unlocked.sign(key, b"bytes")
        card.touch.refuse = False
        signature = DeviceSigner(unlocked, key).sign(b"bytes")
    assert missing.value.seconds >= 2
    public_key_of(key).verify_signature(signature, b"bytes")


@either
@pytest.mark.parametrize("slot", [SLOT.SIGNATURE, SLOT.AUTHENTICATION])
def test_a_signature_is_touched_once(tmp_path: Path, module: Path, slot: SLOT) -> None:
    """A module is asked how long a signature will be before it is made; that costs no touch and no PIN of its own."""
    card = card_with_key(SERIAL, "ann", PINS["ann"], slot=slot, touch=TOUCH_POLICY.ALWAYS)
    with plugged(tmp_path, module, card) as (_, device), device.unlock(ANN) as unlocked:
        (key,) = unlocked.keys()
        unlocked.sign(key, b"first")
        before = len(card.log)
        unlocked.sign(key, b"second")
    done = [(instruction, status) for instruction, _, _, status in card.log[before:]]
    assert [done.count(each) for each in ((VERIFY, DONE), (SIGN, DONE))] == [1, 1]


@either
def test_a_yubikey_pulled_out_while_it_waits_for_a_touch_signs_again_later(tmp_path: Path, module: Path) -> None:
    """It is absent, and nobody is told to touch it; plugged in and unlocked again it signs.

    OpenSC 0.23 does not survive this: its process dies of it, and ours does not.
    """
    card = card_with_key(SERIAL, "ann", PINS["ann"], touch=TOUCH_POLICY.ALWAYS)
    with plugged(tmp_path, module, card) as (lab, device):
        with device.unlock(ANN) as unlocked:
            (key,) = unlocked.keys()
            card.touch.manual = True
            leaving = threading.Thread(target=lambda: card.touch.waiting.wait(20) and lab.pull(card))
            leaving.start()
            with pytest.raises((DeviceAbsentError, DriverLostError)):
                unlocked.sign(key, b"bytes")
            leaving.join()
        with pytest.raises(DeviceAbsentError):
            device.unlock(ANN)
        card.touch.manual = False
        lab.plug(card)
        with device.unlock(ANN) as unlocked:
            assert unlocked.sign(key, b"bytes")


@either
def test_a_pin_is_blocked_for_good_and_each_step_is_told(tmp_path: Path, module: Path) -> None:
    """Three wrong PINs: the last try is announced, then none is left, and the right PIN is refused too."""
    card = card_with_key(SERIAL, "ann", PINS["ann"])
    with plugged(tmp_path, module, card) as (_, device):
        for left in (None, 1, 0):
            with pytest.raises(WrongPinError) as wrong:
                device.unlock(WRONG)
            assert wrong.value.attempts_left == left
        assert device.refresh().pin.is_blocked
        with pytest.raises(PinBlockedError):
            device.unlock(ANN)


@ykcs11
def test_a_key_that_wants_its_pin_each_time_without_saying_so_gets_it(tmp_path: Path) -> None:
    """ykcs11 tells of slot 9a that one PIN is enough for it, whatever the key in it wants."""
    assert YKCS11 is not None
    card = card_with_key(SERIAL, "ann", PINS["ann"], slot=SLOT.AUTHENTICATION)
    with plugged(tmp_path, YKCS11, card) as (_, device), device.unlock(ANN) as unlocked:
        (key,) = unlocked.keys()
        assert key.pin_policy == "once"
        for message in (b"first", b"second", b"third"):
            assert unlocked.sign(key, message)


@ykcs11
def test_what_yubico_says_of_a_key_is_found_among_the_certificates(tmp_path: Path) -> None:
    """Through ykcs11 too: the attestation of the key, then that of the YubiKey, not what its owner wrote beside it."""
    assert YKCS11 is not None
    authority = YubicoLikeAuthority.make("old")
    (tmp_path / "authority").mkdir()
    authority.save(tmp_path / "authority")
    card = card_with_key(SERIAL, "ann", PINS["ann"], authority=authority)
    with plugged(tmp_path / "lab", YKCS11, card) as (_, device), device.unlock(ANN) as unlocked:
        (key,) = unlocked.keys()
        certificates = unlocked.attestation(key)
    attested = attest(device.info.serial, certificates, read_certificates(tmp_path / "authority"))
    assert (attested.serial, attested.public_der) == (str(SERIAL), key.public_der)


@opensc
def test_a_module_that_shows_no_attestation_has_none(tmp_path: Path) -> None:
    """A certificate that its owner wrote beside a key says nothing in the maker's name."""
    assert OPENSC is not None
    card = card_with_key(SERIAL, "ann", PINS["ann"])
    with plugged(tmp_path, OPENSC, card) as (_, device), device.unlock(ANN) as unlocked:
        (key,) = unlocked.keys()
        assert unlocked.attestation(key) == ()


@either
def test_a_module_that_cannot_make_keys_for_its_user_makes_none(tmp_path: Path, module: Path) -> None:
    """A YubiKey makes keys for whoever knows its management key, which is no PIN of PKCS#11; nothing on it changes."""
    card = card_with_key(SERIAL, "ann", PINS["ann"])
    with plugged(tmp_path, module, card) as (_, device), device.unlock(ANN) as unlocked:
        before = unlocked.keys()
        with pytest.raises((DeviceFaultError, UnsupportedError)):
            unlocked.generate("other", Scheme.P256)
        assert unlocked.keys() == before


@either
def test_a_yubikey_that_another_driver_asks_is_left_alone(tmp_path: Path, module: Path) -> None:
    """Where YubiKeys are asked by their own driver, no module shows them a second time."""
    with plugged(tmp_path, module, card_with_key(SERIAL, "ann", PINS["ann"])):
        assert len(find_devices(module)) == 1
        assert find_devices(module, skip_yubikeys=True) == ()
