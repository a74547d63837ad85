"""Software devices: what only they promise, and what hostile files do to them."""

import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.bench import PINS

from hsm import Codes, Pin, Scheme
from hsm.errors import (
    CodeRefusedError,
    DeviceAbsentError,
    DeviceFaultError,
    PinBlockedError,
    TouchMissingError,
    UnsupportedError,
    WrongPinError,
)
from hsm.software_device import SoftwareDevice, find_devices, list_devices
from hsm.software_file import DeviceFile

ANN = Pin(PINS["ann"])
WRONG = Pin("000000")


@pytest.fixture
def device(tmp_path: Path) -> SoftwareDevice:
    """Ann's device, number 100, with one key."""
    made = SoftwareDevice.create(tmp_path, "100", "ann", ANN)
    with made.unlock(ANN) as unlocked:
        unlocked.generate("root", Scheme.P256)
    return made


def rewrite(device: SoftwareDevice, change: Callable[[dict[str, object]], object]) -> None:
    """The file of the device, changed by hand."""
    fields = json.loads(device.path.read_text())
    change(fields)
    device.path.write_text(json.dumps(fields))


def test_the_file_is_its_owners_alone_and_holds_no_secret(device: SoftwareDevice) -> None:
    """No other user can read it, and neither the PIN nor a plain private key is in it."""
    text = device.path.read_text()
    assert stat.S_IMODE(device.path.stat().st_mode) == 0o600
    assert PINS["ann"] not in text
    assert all("3081" not in key["sealed"][:24] for key in json.loads(text)["keys"])


def test_a_serial_is_taken_once(device: SoftwareDevice) -> None:
    """A second device with the serial is refused and the first is untouched."""
    before = device.path.read_bytes()
    with pytest.raises(DeviceFaultError) as taken:
        SoftwareDevice.create(device.path.parent, "100", "bob", WRONG)
    assert taken.value.code == "FileExistsError"
    assert device.path.read_bytes() == before


@pytest.mark.parametrize("serial", ["", "../100", "a b", ".hidden", "x" * 41, "ä", "100\n"])
def test_a_serial_is_a_plain_name(tmp_path: Path, serial: str) -> None:
    """A serial that could lead out of the folder, or is no word, is refused."""
    with pytest.raises(DeviceFaultError) as refused:
        SoftwareDevice.create(tmp_path, serial, "ann", ANN)
    assert refused.value.code == "SerialInvalid"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """Creation makes no folders."""
    with pytest.raises(DeviceFaultError) as fault:
        SoftwareDevice.create(tmp_path / "none", "100", "ann", ANN)
    assert fault.value.code == "FileNotFoundError"


def test_three_wrong_pins_block_the_device_for_good(device: SoftwareDevice) -> None:
    """Tries are counted down to none, and then even the right PIN is refused."""
    for left in (2, 1, 0):
        with pytest.raises(WrongPinError) as wrong:
            device.unlock(WRONG)
        pin = device.refresh().pin
        assert wrong.value.attempts_left == pin.attempts_left == left
        assert (pin.is_low, pin.is_final_try, pin.is_blocked) == (True, left == 1, left == 0)
    with pytest.raises(PinBlockedError):
        device.unlock(ANN)


def test_the_right_pin_gives_all_tries_back(device: SoftwareDevice) -> None:
    """After a good PIN the device has three tries again."""
    with pytest.raises(WrongPinError):
        device.unlock(WRONG)
    device.unlock(ANN).close()
    assert device.refresh().pin.attempts_left == 3


def test_a_try_is_counted_before_the_pin_is_checked(device: SoftwareDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program killed between the two has used the try up."""

    def die(_pin: Pin, _salt: bytes) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr("hsm.software_device.wrapping_key", die)
    with pytest.raises(KeyboardInterrupt):
        device.unlock(ANN)
    assert device.refresh().pin.attempts_left == 2


def test_a_try_that_cannot_be_counted_is_not_made(device: SoftwareDevice) -> None:
    """Where the count cannot be written, the PIN is not looked at."""
    device.path.with_suffix(".new").mkdir()
    with pytest.raises(DeviceFaultError) as fault:
        device.unlock(ANN)
    assert fault.value.code == "IsADirectoryError"


def test_the_same_message_has_the_same_signature(device: SoftwareDevice) -> None:
    """ECDSA signatures are deterministic: a rehearsal can be repeated byte for byte."""
    with device.unlock(ANN) as unlocked:
        (key,) = unlocked.keys()
        assert unlocked.sign(key, b"bytes") == unlocked.sign(key, b"bytes")


def test_a_device_makes_only_the_schemes_it_has(tmp_path: Path) -> None:
    """A scheme the device was made without is unsupported."""
    device = SoftwareDevice.create(tmp_path, "100", "ann", ANN, schemes=(Scheme.ED25519,))
    assert device.info.schemes == (Scheme.ED25519,)
    with device.unlock(ANN) as unlocked, pytest.raises(UnsupportedError) as unsupported:
        unlocked.generate("root", Scheme.P256)
    assert unsupported.value.scheme == "ecdsa-sha2-nistp256"


def test_a_touch_is_waited_for_before_each_signature(tmp_path: Path) -> None:
    """The device says how long it waits, asks for every signature, and says when nobody touched it."""
    asked: list[int] = []
    answers = iter([True, False])

    def touch(seconds: int) -> bool:
        asked.append(seconds)
        return next(answers)

    device = replace(SoftwareDevice.create(tmp_path, "100", "ann", ANN, touch_seconds=15), touch=touch)
    assert device.refresh().touch_seconds == 15
    with device.unlock(ANN) as unlocked:
        key = unlocked.generate("root", Scheme.ED25519)
        assert unlocked.sign(key, b"bytes")
        with pytest.raises(TouchMissingError) as missing:
            unlocked.sign(key, b"bytes")
    assert missing.value.seconds == 15
    assert asked == [15, 15]


def test_a_touch_comes_at_once_unless_somebody_plays_it(tmp_path: Path) -> None:
    """A listed device that asks for touches signs by itself."""
    SoftwareDevice.create(tmp_path, "100", "ann", ANN, touch_seconds=15)
    (device,) = list_devices(tmp_path)
    with device.unlock(ANN) as unlocked:
        assert unlocked.sign(unlocked.generate("root", Scheme.ED25519), b"bytes")


def test_a_device_pulled_out_during_the_touch_signs_nothing(tmp_path: Path) -> None:
    """Unplugging while the device waits says it is absent."""
    made = SoftwareDevice.create(tmp_path, "100", "ann", ANN, touch_seconds=15)

    def touch(_seconds: int) -> bool:
        made.path.unlink()
        return True

    with replace(made, touch=touch).unlock(ANN) as unlocked:
        key = unlocked.generate("root", Scheme.ED25519)
        with pytest.raises(DeviceAbsentError):
            unlocked.sign(key, b"bytes")


def test_a_device_pulled_out_is_not_written_anew(device: SoftwareDevice) -> None:
    """Saving to a device that has gone does not bring it back."""
    stored = DeviceFile.read(device.path)
    device.path.unlink()
    with pytest.raises(DeviceAbsentError):
        stored.replace(device.path)
    assert list(device.path.parent.iterdir()) == []


def test_a_device_that_vanishes_during_the_listing_is_passed_over(tmp_path: Path, device: SoftwareDevice) -> None:
    """What was there a moment ago and is not now is no fault."""
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")

    class Folder(type(tmp_path)):
        def glob(self, _pattern: str) -> list[Path]:
            return [device.path, tmp_path / "gone.json"]

    assert list_devices(Folder(tmp_path)) == find_devices(Folder(tmp_path)) == (device,)


CHANGES: dict[str, Callable[[dict[str, object]], object]] = {
    "another format": lambda fields: fields.update(format="2"),
    "no format": lambda fields: fields.pop("format"),
    "no label": lambda fields: fields.pop("label"),
    "no keys": lambda fields: fields.pop("keys"),
    "a field too many": lambda fields: fields.update(extra=1),
    "another serial": lambda fields: fields.update(serial="101"),
    "a label of another type": lambda fields: fields.update(label=1),
    "a label that moves the cursor": lambda fields: fields.update(label="\x1b[2J"),
    "half a letter": lambda fields: fields.update(label="\ud800"),
    "schemes that are no list": lambda fields: fields.update(schemes=None),
    "an unknown scheme": lambda fields: fields.update(schemes=["rsa"]),
    "a scheme that is no name": lambda fields: fields.update(schemes=[[]]),
    "more tries than there are": lambda fields: fields.update(attempts_left=4),
    "fewer tries than none": lambda fields: fields.update(attempts_left=-1),
    "tries that are true": lambda fields: fields.update(attempts_left=True),
    "tries in part": lambda fields: fields.update(attempts_left=1.5),
    "a negative touch": lambda fields: fields.update(touch_seconds=-1),
    "salt that is no hex": lambda fields: fields.update(salt="zz"),
    "keys that are no list": lambda fields: fields.update(keys=1),
    "a key that is no mapping": lambda fields: fields.update(keys=["x"]),
    "a key without a field": lambda fields: fields["keys"][0].pop("sealed"),
    "a key of another type": lambda fields: fields["keys"][0].update(label=None),
    "a key of another scheme": lambda fields: fields["keys"][0].update(scheme="ed25519"),
    "a public key that is none": lambda fields: fields["keys"][0].update(public_der="00"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_malformed_file_is_a_fault_of_that_device(
    device: SoftwareDevice, change: Callable[[dict[str, object]], object]
) -> None:
    """Each act on it says so by its serial, and the listing passes it over."""
    rewrite(device, change)
    for act in (device.refresh, device.keys, lambda: device.unlock(ANN)):
        with pytest.raises(DeviceFaultError) as fault:
            act()
        assert fault.value.serial == "100"
    assert list_devices(device.path.parent) == ()


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b" " * 1_000_001],
    ids=["0", "[]", "null", "ff", "[[", "big"],
)
def test_a_file_that_is_no_device_is_a_fault(device: SoftwareDevice, content: bytes) -> None:
    """Whatever lies in the file, it is answered with a fault."""
    device.path.write_bytes(content)
    with pytest.raises(DeviceFaultError):
        device.refresh()


@pytest.mark.parametrize("kind", ["folder", "pipe", "link"])
def test_what_is_no_regular_file_is_a_fault_and_holds_nothing_up(
    tmp_path: Path, device: SoftwareDevice, kind: str
) -> None:
    """A folder, pipe or link under a device's name is refused at once."""
    path = tmp_path / "odd.json"
    make = {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "link": lambda: path.symlink_to(device.path)}
    make[kind]()
    fault, listed = sorted(find_devices(tmp_path), key=lambda found: isinstance(found, SoftwareDevice))
    assert (fault.serial, listed) == ("odd", device)


def test_sealed_bytes_that_were_touched_sign_nothing(device: SoftwareDevice) -> None:
    """A private key changed in the file is a fault when it is to sign."""

    def flip(fields: dict[str, object]) -> None:
        key = fields["keys"][0]
        key["sealed"] = key["sealed"][:-2] + f"{int(key['sealed'][-2:], 16) ^ 1:02x}"

    rewrite(device, flip)
    with device.unlock(ANN) as unlocked:
        (key,) = unlocked.keys()
        with pytest.raises(DeviceFaultError) as fault:
            unlocked.sign(key, b"bytes")
    assert fault.value.code == "InvalidTag"


def test_a_public_key_put_in_place_of_another_signs_nothing(device: SoftwareDevice) -> None:
    """The two halves of a key belong together: a key whose public half was exchanged is a fault when it is to sign."""
    with device.unlock(ANN) as unlocked:
        unlocked.generate("targets", Scheme.P256)

    def exchange(fields: dict[str, object]) -> None:
        first, second = fields["keys"]
        first["public_der"] = second["public_der"]

    rewrite(device, exchange)
    with device.unlock(ANN) as unlocked:
        root, _ = unlocked.keys()
        with pytest.raises(DeviceFaultError) as fault:
            unlocked.sign(root, b"bytes")
    assert fault.value.code == "InvalidTag"


# codes


def test_a_new_pin_is_a_new_seal_for_every_key(device: SoftwareDevice) -> None:
    """Nothing in the file is sealed under the old PIN any more, and all tries are there."""
    before = DeviceFile.read(device.path)
    device.prepare(ANN, Codes(Pin("24680135")))
    after = DeviceFile.read(device.path)
    assert after.attempts_left == 3
    assert before.salt != after.salt
    assert {key.sealed for key in before.keys}.isdisjoint(key.sealed for key in after.keys)
    assert replace(after.keys[0], sealed="") == replace(before.keys[0], sealed="")


def test_preparing_with_a_wrong_pin_counts_and_changes_nothing(device: SoftwareDevice) -> None:
    """The try is gone, the keys are sealed as they were."""
    before = DeviceFile.read(device.path)
    with pytest.raises(WrongPinError) as wrong:
        device.prepare(WRONG, Codes(Pin("24680135")))
    assert wrong.value.attempts_left == 2
    assert DeviceFile.read(device.path) == replace(before, attempts_left=2)


@pytest.mark.parametrize(
    ("current", "codes", "kind"),
    [
        (None, Codes(Pin("24680135")), UnsupportedError),
        (ANN, Codes(Pin("24680135"), Pin("16180339")), UnsupportedError),
        (ANN, Codes(Pin("")), CodeRefusedError),
    ],
)
def test_what_a_software_device_has_not_is_not_set(
    device: SoftwareDevice, current: Pin | None, codes: Codes, kind: type[Exception]
) -> None:
    """No PIN of its maker's, no PUK, no empty PIN; nothing is tried and nothing written."""
    before = device.path.read_bytes()
    with pytest.raises(kind):
        device.prepare(current, codes)
    assert device.path.read_bytes() == before


def test_a_blocked_device_is_not_prepared(device: SoftwareDevice) -> None:
    """Once blocked it takes no PIN, the right one neither."""
    for _ in range(3):
        with pytest.raises(WrongPinError):
            device.prepare(WRONG, Codes(Pin("24680135")))
    with pytest.raises(PinBlockedError):
        device.prepare(ANN, Codes(Pin("24680135")))


def test_keys_that_were_touched_keep_a_device_from_being_prepared(device: SoftwareDevice) -> None:
    """A key that does not open cannot be sealed anew: the device stays under its PIN, whole."""

    def cut(fields: dict[str, object]) -> None:
        fields["keys"][0]["sealed"] = "00" * 40

    rewrite(device, cut)
    with pytest.raises(DeviceFaultError) as fault:
        device.prepare(ANN, Codes(Pin("24680135")))
    assert fault.value.code == "InvalidTag"
    device.unlock(ANN).close()


def test_a_software_device_tells_where_it_lies(device: SoftwareDevice) -> None:
    """Its folder is where it was found, whenever it is asked."""
    folder = str(device.path.parent)
    assert (device.info.found_in, device.refresh().found_in) == (folder, folder)
    with device.unlock(ANN) as unlocked:
        assert unlocked.info.found_in == folder


def test_a_software_device_has_no_maker_to_speak_for_it(device: SoftwareDevice) -> None:
    """No slots, no attestation; closed, it does not even say that."""
    assert device.slots() == ()
    with device.unlock(ANN) as unlocked:
        (key,) = unlocked.keys()
        assert unlocked.attestation(key) == ()
    with pytest.raises(DeviceAbsentError):
        unlocked.attestation(key)
