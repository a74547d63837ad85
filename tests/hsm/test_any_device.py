"""What every driver promises: one suite, run on each of them."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fakes.bench import PINS, Bench

from hsm import DeviceKey, DeviceSigner, Pin, Scheme
from hsm.errors import DeviceAbsentError, KeyAbsentError, KeyExistsError, WrongPinError
from hsm.signer import public_key_of

MESSAGE = b'{"_type":"root"}' * 400


def labels(keys: tuple[DeviceKey, ...]) -> list[str]:
    """The labels, in the order of the keys."""
    return [key.label for key in keys]


def test_every_device_is_listed_once_and_named_by_its_owner(bench: Bench) -> None:
    """A listing names each device plugged in, with serials that differ."""
    devices = bench.devices()
    assert sorted(device.info.label for device in devices) == ["ann", "bob"]
    assert len({device.info.serial for device in devices}) == 2


def test_a_device_is_identified_before_any_pin(bench: Bench) -> None:
    """A locked device tells maker, model, serial, firmware, schemes and an untouched PIN."""
    info = bench.device("ann").info
    assert all((info.maker, info.model, info.serial, info.firmware))
    assert set(info.schemes) == set(Scheme)
    assert (info.pin.is_low, info.pin.is_final_try, info.pin.is_blocked) == (False, False, False)


def test_a_locked_device_cannot_sign(bench: Bench) -> None:
    """What is locked has no `sign` and no `generate`."""
    assert not {"sign", "generate"} & set(dir(bench.device("ann")))


def test_a_new_device_has_no_keys(bench: Bench) -> None:
    """A fresh device lists no key, locked or unlocked."""
    with bench.unlocked("ann") as unlocked:
        assert bench.device("ann").keys() == unlocked.keys() == ()


@pytest.mark.parametrize("scheme", Scheme)
def test_a_signature_verifies_as_tuf_wants_it(bench: Bench, scheme: Scheme) -> None:
    """A key of each scheme signs what securesystemslib verifies, ECDSA in DER and Ed25519 as 64 bytes."""
    with bench.unlocked("ann") as unlocked:
        key = unlocked.generate("root", scheme)
        signature = DeviceSigner(unlocked, key).sign(MESSAGE)
    public_key_of(key).verify_signature(signature, MESSAGE)
    raw = bytes.fromhex(signature.signature)
    assert len(raw) == 64 if scheme is Scheme.ED25519 else decode_dss_signature(raw)


@pytest.mark.parametrize("scheme", Scheme)
def test_a_generated_key_is_told_alike_by_the_device_locked_unlocked_and_later(bench: Bench, scheme: Scheme) -> None:
    """Generation, an unlocked listing and a locked one show the same label, id, scheme and public key."""
    with bench.unlocked("ann") as unlocked:
        made = unlocked.generate("root", scheme)
        assert unlocked.keys() == (made,)
    (seen,) = bench.device("ann").keys()
    assert (seen.label, seen.key_id, seen.scheme, seen.public_der) == ("root", made.key_id, scheme, made.public_der)


def test_a_generated_key_was_made_inside_and_stays_there(bench: Bench) -> None:
    """A new key is generated inside and never extractable."""
    with bench.unlocked("ann") as unlocked:
        made = unlocked.generate("root", Scheme.P256)
    assert made.is_generated_inside is True
    assert made.is_extractable is False


def test_keys_are_ordered_by_label(bench: Bench) -> None:
    """Listings are in order of label, whatever the order of making."""
    with bench.unlocked("ann") as unlocked:
        for label in ("targets", "root", "snapshot"):
            unlocked.generate(label, Scheme.ED25519)
        assert labels(unlocked.keys()) == ["root", "snapshot", "targets"]
    assert labels(bench.device("ann").keys()) == ["root", "snapshot", "targets"]


def test_an_occupied_label_is_refused_and_its_key_untouched(bench: Bench) -> None:
    """A second key under one label is refused and the first remains alone."""
    with bench.unlocked("ann") as unlocked:
        made = unlocked.generate("root", Scheme.P256)
        with pytest.raises(KeyExistsError) as refused:
            unlocked.generate("root", Scheme.ED25519)
        assert refused.value.label == "root"
        assert unlocked.keys() == (made,)


def test_a_key_that_is_not_there_cannot_sign(bench: Bench) -> None:
    """A key of bob's device is missing on ann's."""
    with bench.unlocked("ann") as anns, bench.unlocked("bob") as bobs:
        made = bobs.generate("root", Scheme.P256)
        with pytest.raises(KeyAbsentError) as missing:
            anns.sign(made, MESSAGE)
    assert missing.value.label == "root"


def test_a_key_is_found_by_id_and_not_by_label(bench: Bench) -> None:
    """A key whose label is told wrongly still signs; one whose id is wrong does not."""
    with bench.unlocked("ann") as unlocked:
        made = unlocked.generate("root", Scheme.P256)
        assert unlocked.sign(replace(made, label="renamed"), MESSAGE)
        with pytest.raises(KeyAbsentError):
            unlocked.sign(replace(made, key_id="00" * 16), MESSAGE)


def test_a_wrong_pin_is_told_and_the_device_shows_it(bench: Bench) -> None:
    """A wrong PIN has an error of its own, and the PIN state is low until the right one."""
    device = bench.device("ann")
    with pytest.raises(WrongPinError) as wrong:
        device.unlock(Pin("000000"))
    assert wrong.value.serial == device.info.serial
    assert wrong.value.attempts_left in {None, 2}
    assert device.refresh().pin.is_low
    device.unlock(Pin(PINS["ann"])).close()
    assert not device.refresh().pin.is_low


def test_a_wrong_pin_leaves_the_device_free_for_the_right_one(bench: Bench) -> None:
    """After a refused PIN the next try, the right one, opens the device and it can make keys."""
    device = bench.device("ann")
    for digits in ("000000", ""):
        with pytest.raises(WrongPinError):
            device.unlock(Pin(digits))
    with device.unlock(Pin(PINS["ann"])) as unlocked:
        assert unlocked.generate("root", Scheme.P256)


def test_several_devices_are_open_at_once_and_close_apart(bench: Bench) -> None:
    """Two devices sign side by side, and one closing leaves the other open."""
    anns, bobs = bench.unlocked("ann"), bench.unlocked("bob")
    with bobs:
        with anns:
            keys = [each.generate("root", Scheme.P256) for each in (anns, bobs)]
        assert bobs.sign(keys[1], MESSAGE)
        with pytest.raises(DeviceAbsentError):
            anns.sign(keys[0], MESSAGE)


def test_listing_and_reading_leave_an_open_device_open(bench: Bench) -> None:
    """Devices are listed and read while one is unlocked, which signs afterwards."""
    with bench.unlocked("ann") as unlocked:
        made = unlocked.generate("root", Scheme.P256)
        device = bench.device("ann")
        device.refresh()
        device.keys()
        assert unlocked.sign(made, MESSAGE)


def test_a_closed_device_does_nothing_any_more(bench: Bench) -> None:
    """After closing neither keys nor signatures are to be had, though the info stays."""
    with bench.unlocked("ann") as unlocked:
        made = unlocked.generate("root", Scheme.P256)
    assert unlocked.info.label == "ann"
    for act in (unlocked.keys, lambda: unlocked.sign(made, MESSAGE), lambda: unlocked.generate("x", Scheme.P256)):
        with pytest.raises(DeviceAbsentError):
            act()


def test_a_closed_device_is_locked(bench: Bench) -> None:
    """Closing ends the login: the next unlocking needs the PIN again."""
    bench.unlocked("ann").close()
    with pytest.raises(WrongPinError):
        bench.device("ann").unlock(Pin("000000"))


def test_closing_twice_is_harmless(bench: Bench) -> None:
    """A second close does nothing, even while another device is open."""
    with bench.unlocked("bob") as bobs:
        unlocked = bench.unlocked("ann")
        unlocked.close()
        unlocked.close()
        assert bobs.keys() == ()


def test_a_device_unplugged_between_signatures_is_absent(bench: Bench) -> None:
    """Every act on an open device that was pulled out says it is absent, and closing it is harmless."""
    with bench.unlocked("ann") as unlocked:
        made = unlocked.generate("root", Scheme.P256)
        assert unlocked.sign(made, MESSAGE)
        bench.unplug(bench.device("ann"))
        for act in (lambda: unlocked.sign(made, MESSAGE), unlocked.keys, lambda: unlocked.generate("x", Scheme.P256)):
            with pytest.raises(DeviceAbsentError) as absent:
                act()
            assert absent.value.serial == unlocked.info.serial


def test_a_locked_device_unplugged_is_absent(bench: Bench) -> None:
    """Every act on a locked device that was pulled out says it is absent, and it is listed no more."""
    device = bench.device("ann")
    bench.unplug(device)
    for act in (device.refresh, device.keys, lambda: device.unlock(Pin(PINS["ann"]))):
        with pytest.raises(DeviceAbsentError) as absent:
            act()
        assert absent.value.serial == device.info.serial
    assert [each.info.label for each in bench.devices()] == ["bob"]


def test_one_device_unplugged_leaves_the_other_signing(bench: Bench) -> None:
    """Pulling out ann's device does not disturb bob's."""
    with bench.unlocked("bob") as bobs:
        made = bobs.generate("root", Scheme.P256)
        bench.unplug(bench.device("ann"))
        assert bobs.sign(made, MESSAGE)


def test_no_representation_of_an_open_device_shows_the_pin(bench: Bench) -> None:
    """Neither the open device nor its errors show the digits."""
    with bench.unlocked("ann") as unlocked:
        assert PINS["ann"] not in repr(unlocked) + repr(vars(unlocked)) + repr(unlocked.info)
    with pytest.raises(WrongPinError) as wrong:
        bench.device("ann").unlock(Pin("161803"))
    assert "161803" not in repr(wrong.value) + repr(wrong.value.__cause__)
