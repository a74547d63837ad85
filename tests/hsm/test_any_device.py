"""What every driver promises: one suite, run on each of them."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate
from fakes.bench import PINS, Kind, Table, key_on

from hsm import Device, DeviceKey, DeviceSigner, Pin, Scheme, Unlocked
from hsm.errors import (
    CodeRefusedError,
    DeviceAbsentError,
    DeviceBusyError,
    KeyAbsentError,
    KeyExistsError,
    UnsupportedError,
    WrongPinError,
    WrongPukError,
)
from hsm.signer import public_key_of

MESSAGE = b'{"_type":"root"}' * 150


def labels(keys: tuple[DeviceKey, ...]) -> list[str]:
    """The labels, in the order of the keys."""
    return [key.label for key in keys]


def made(device: Device, unlocked: Unlocked, label: str, scheme: Scheme) -> DeviceKey:
    """A new key on an open device, in the first slot that is free where there are slots."""
    slot = next((each.name for each in device.slots() if not each.holds), "")
    return unlocked.generate(label, scheme, slot)


def test_every_device_is_listed_once(table_kind: Kind, bench: Table) -> None:
    """A listing names each device plugged in, with serials that differ where makers give serials."""
    devices = bench.devices()
    assert sorted(map(bench.owner, devices)) == sorted(table_kind.owners)
    assert len({device.info.serial for device in devices}) == (len(devices) if table_kind.has_own_serials else 1)


def test_a_device_is_identified_before_any_pin(table_kind: Kind, bench: Table) -> None:
    """A locked device tells maker, model, serial, firmware, where it was found, schemes and an untouched PIN."""
    info = bench.device("ann").info
    assert all((info.maker, info.model, info.serial, info.firmware, info.found_in))
    assert info.schemes == table_kind.schemes
    assert (info.pin.is_low, info.pin.is_final_try, info.pin.is_blocked) == (False, False, False)


def test_a_locked_device_cannot_sign(bench: Table) -> None:
    """What is locked has no `sign` and no `generate`."""
    assert not {"sign", "generate"} & set(dir(bench.device("ann")))


def test_a_new_device_has_no_keys(workshop: Table) -> None:
    """A fresh device lists no key, locked or unlocked."""
    with workshop.unlocked("ann") as unlocked:
        assert workshop.device("ann").keys() == unlocked.keys() == ()


@pytest.mark.parametrize("scheme", Scheme)
def test_a_signature_verifies_as_tuf_wants_it(table_kind: Kind, workshop: Table, scheme: Scheme) -> None:
    """A key of each scheme that the device has signs what securesystemslib verifies; no other key is made."""
    with workshop.unlocked("ann") as unlocked:
        if scheme not in table_kind.schemes:
            with pytest.raises(UnsupportedError) as unsupported:
                unlocked.generate("root", scheme)
            assert unsupported.value.scheme == scheme
            return
        key = unlocked.generate("root", scheme)
        signature = DeviceSigner(unlocked, key).sign(MESSAGE)
    public_key_of(key).verify_signature(signature, MESSAGE)
    assert_form(scheme, bytes.fromhex(signature.signature))


def assert_form(scheme: Scheme, signature: bytes) -> None:
    """ECDSA in DER, Ed25519 as 64 bytes, RSA-PSS as long as a modulus of 3072 or 4096 bits."""
    if scheme is Scheme.ED25519:
        assert len(signature) == 64
    elif scheme is Scheme.RSA_PSS:
        assert len(signature) in {384, 512}
    else:
        assert all(decode_dss_signature(signature))


@pytest.mark.parametrize("scheme", [scheme for scheme in Scheme if scheme is not Scheme.RSA_PSS])
def test_a_generated_key_is_told_alike_by_the_device_locked_unlocked_and_later(
    table_kind: Kind, workshop: Table, scheme: Scheme
) -> None:
    """Generation, an unlocked listing and a locked one show the same label, id, scheme and public key."""
    if scheme not in table_kind.schemes:
        assert scheme not in workshop.device("ann").info.schemes
        return
    with workshop.unlocked("ann") as unlocked:
        key = unlocked.generate("root", scheme)
        assert unlocked.keys() == (key,)
    (seen,) = workshop.device("ann").keys()
    assert (seen.label, seen.key_id, seen.scheme, seen.public_der) == ("root", key.key_id, scheme, key.public_der)


def test_a_generated_key_was_made_inside_and_stays_there(workshop: Table) -> None:
    """A new key is generated inside and never extractable."""
    with workshop.unlocked("ann") as unlocked:
        made = unlocked.generate("root", Scheme.P256)
    assert made.is_generated_inside is True
    assert made.is_extractable is False


def test_keys_are_ordered_by_label(workshop: Table) -> None:
    """Listings are in order of label, whatever the order of making."""
    with workshop.unlocked("ann") as unlocked:
        for label in ("targets", "root", "snapshot"):
            made(workshop.device("ann"), unlocked, label, Scheme.P256)
        assert labels(unlocked.keys()) == ["root", "snapshot", "targets"]
    assert labels(workshop.device("ann").keys()) == ["root", "snapshot", "targets"]


def test_an_occupied_label_is_refused_and_its_key_untouched(workshop: Table) -> None:
    """A second key under one label is refused and the first remains alone."""
    with workshop.unlocked("ann") as unlocked:
        made = unlocked.generate("root", Scheme.P256)
        with pytest.raises(KeyExistsError) as refused:
            unlocked.generate("root", Scheme.P384)
        assert refused.value.label == "root"
        assert unlocked.keys() == (made,)


def test_a_key_that_is_not_there_cannot_sign(workshop: Table, pair: Table) -> None:
    """A key of bob's device is missing on ann's."""
    key = key_on(pair, "bob")
    with workshop.unlocked("ann") as anns, pytest.raises(KeyAbsentError) as missing:
        anns.sign(key, MESSAGE)
    assert missing.value.label == "root"


def test_a_key_is_found_by_id_and_not_by_label(bench: Table) -> None:
    """A key whose label is told wrongly still signs; one whose id is wrong does not."""
    key = key_on(bench, "ann")
    with bench.unlocked("ann") as unlocked:
        assert unlocked.sign(replace(key, label="renamed"), MESSAGE)
        with pytest.raises(KeyAbsentError):
            unlocked.sign(replace(key, key_id="00" * 16), MESSAGE)


def test_a_wrong_pin_is_told_and_the_device_shows_it(table_kind: Kind, bench: Table) -> None:
    """A wrong PIN has an error of its own, and the PIN state is low until the right one."""
    device = bench.device("ann")
    with pytest.raises(WrongPinError) as wrong:
        device.unlock(Pin("000000"))
    assert wrong.value.serial == device.info.serial
    assert wrong.value.attempts_left in {None, 2}
    assert device.refresh().pin.is_low is table_kind.pin_is_told
    device.unlock(Pin(PINS["ann"])).close()
    assert not device.refresh().pin.is_low


def test_a_wrong_pin_leaves_the_device_free_for_the_right_one(workshop: Table) -> None:
    """After a refused PIN the next try, the right one, opens the device and it can make keys."""
    device = workshop.device("ann")
    for digits in ("000000", ""):
        with pytest.raises(WrongPinError):
            device.unlock(Pin(digits))
    with device.unlock(Pin(PINS["ann"])) as unlocked:
        assert unlocked.generate("root", Scheme.P256)


def test_several_devices_are_open_at_once_and_close_apart(pair: Table) -> None:
    """Two devices sign side by side, and one closing leaves the other open."""
    keys = [key_on(pair, owner) for owner in ("ann", "bob")]
    anns, bobs = pair.unlocked("ann"), pair.unlocked("bob")
    with bobs:
        with anns:
            assert anns.sign(keys[0], MESSAGE)
        assert bobs.sign(keys[1], MESSAGE)
        with pytest.raises(DeviceAbsentError):
            anns.sign(keys[0], MESSAGE)


def test_listing_and_reading_leave_an_open_device_open(bench: Table) -> None:
    """Devices are listed and read while one is unlocked, which signs afterwards."""
    key = key_on(bench, "ann")
    with bench.unlocked("ann") as unlocked:
        device = bench.device("ann")
        device.refresh()
        device.keys()
        assert unlocked.sign(key, MESSAGE)


def test_a_closed_device_does_nothing_any_more(bench: Table) -> None:
    """After closing neither keys nor signatures are to be had, though the info stays."""
    key = key_on(bench, "ann")
    with bench.unlocked("ann") as unlocked:
        pass
    assert unlocked.info.serial == bench.device("ann").info.serial
    for act in (unlocked.keys, lambda: unlocked.sign(key, MESSAGE), lambda: unlocked.generate("x", Scheme.P256)):
        with pytest.raises(DeviceAbsentError):
            act()


def test_a_closed_device_is_locked(bench: Table) -> None:
    """Closing ends the login: the next unlocking needs the PIN again."""
    bench.unlocked("ann").close()
    with pytest.raises(WrongPinError):
        bench.device("ann").unlock(Pin("000000"))


def test_closing_twice_is_harmless(pair: Table) -> None:
    """A second close does nothing, even while another device is open."""
    with pair.unlocked("bob") as bobs:
        unlocked = pair.unlocked("ann")
        unlocked.close()
        before = bobs.keys()
        unlocked.close()
        assert bobs.keys() == before


def test_a_device_unplugged_between_signatures_is_absent(loose: Table) -> None:
    """Every act on an open device that was pulled out says it is absent, and closing it is harmless."""
    key = key_on(loose, "ann")
    with loose.unlocked("ann") as unlocked:
        assert unlocked.sign(key, MESSAGE)
        loose.unplug(loose.device("ann"))
        for act in (lambda: unlocked.sign(key, MESSAGE), unlocked.keys, lambda: unlocked.generate("x", Scheme.P256)):
            with pytest.raises(DeviceAbsentError) as absent:
                act()
            assert absent.value.serial == unlocked.info.serial


def test_a_locked_device_unplugged_is_absent(loose: Table) -> None:
    """Every act on a locked device that was pulled out says it is absent, and it is listed no more."""
    device = loose.device("ann")
    loose.unplug(device)
    for act in (device.refresh, device.keys, lambda: device.unlock(Pin(PINS["ann"]))):
        with pytest.raises(DeviceAbsentError) as absent:
            act()
        assert absent.value.serial == device.info.serial
    assert [loose.owner(each) for each in loose.devices()] == ["bob"]


def test_one_device_unplugged_leaves_the_other_signing(loose: Table) -> None:
    """Pulling out ann's device does not disturb bob's."""
    key = key_on(loose, "bob")
    with loose.unlocked("bob") as bobs:
        loose.unplug(loose.device("ann"))
        assert bobs.sign(key, MESSAGE)


def test_no_representation_of_an_open_device_shows_the_pin(bench: Table) -> None:
    """Neither the open device nor its errors show the digits."""
    with bench.unlocked("ann") as unlocked:
        assert PINS["ann"] not in repr(unlocked) + repr(vars(unlocked)) + repr(unlocked.info)
    with pytest.raises(WrongPinError) as wrong:
        bench.device("ann").unlock(Pin("161803"))
    assert "161803" not in repr(wrong.value) + repr(wrong.value.__cause__)


def test_a_device_without_a_pin_pad_is_not_unlocked_without_a_pin(bench: Table) -> None:
    """No PIN is no try: it is refused before the device is asked."""
    device = bench.device("ann")
    assert not device.info.has_pin_pad
    with pytest.raises(UnsupportedError):
        device.unlock(None)
    assert not device.refresh().pin.is_low


def test_a_device_takes_a_new_pin_for_the_old_one_and_keeps_its_keys(table_kind: Kind, bench: Table) -> None:
    """After preparing only the new PIN opens the device, and its key signs as before."""
    device = bench.device("ann")
    key = key_on(bench, "ann")
    device.prepare(Pin(PINS["ann"]), table_kind.codes("ann", "24680135"))
    with pytest.raises(WrongPinError):
        device.unlock(Pin(PINS["ann"]))
    with device.unlock(Pin("24680135")) as unlocked:
        assert unlocked.keys() == (key,)
        signature = DeviceSigner(unlocked, key).sign(MESSAGE)
    public_key_of(key).verify_signature(signature, MESSAGE)


def test_a_device_is_not_prepared_with_a_wrong_pin(table_kind: Kind, bench: Table) -> None:
    """The wrong PIN is one try, told as such, and the old one still opens the device."""
    device = bench.device("ann")
    with pytest.raises(WrongPinError) as wrong:
        device.prepare(Pin("000000"), table_kind.codes("ann", "24680135"))
    assert wrong.value.attempts_left in {None, 2}
    device.unlock(Pin(PINS["ann"])).close()


def test_a_pin_that_the_device_cannot_take_is_refused_without_a_try(table_kind: Kind, bench: Table) -> None:
    """An empty PIN is no PIN; the old one stays, untried."""
    device = bench.device("ann")
    with pytest.raises(CodeRefusedError) as refused:
        device.prepare(Pin(PINS["ann"]), table_kind.codes("ann", ""))
    assert refused.value.code == "PIN"
    assert not device.refresh().pin.is_low
    device.unlock(Pin(PINS["ann"])).close()


def test_an_open_device_is_not_prepared(table_kind: Kind, exclusive: Table) -> None:
    """While somebody has it unlocked its codes stay, and it goes on signing."""
    key = key_on(exclusive, "ann")
    with exclusive.unlocked("ann") as unlocked:
        with pytest.raises(DeviceBusyError):
            exclusive.device("ann").prepare(Pin(PINS["ann"]), table_kind.codes("ann", "24680135"))
        assert unlocked.sign(key, MESSAGE)
    exclusive.unlocked("ann").close()


def test_a_puk_gives_a_new_pin_where_there_is_one(table_kind: Kind, bench: Table) -> None:
    """A device with a PUK takes a new PIN for it and counts a wrong one; any other says that it has none."""
    device = bench.device("ann")
    assert (device.info.puk is not None) is bool(table_kind.puks)
    if not table_kind.puks:
        with pytest.raises(UnsupportedError):
            device.unblock(Pin("16180339"), Pin("24680135"))
        device.unlock(Pin(PINS["ann"])).close()
        return
    with pytest.raises(WrongPukError):
        device.unblock(Pin("00000000"), Pin("24680135"))
    device.unblock(Pin(table_kind.puks["ann"]), Pin("24680135"))
    device.unlock(Pin("24680135")).close()


def test_what_a_maker_says_of_a_key_begins_with_the_key(bench: Table) -> None:
    """An attestation's first certificate is that of the key itself; a device without a maker's voice says nothing."""
    key = key_on(bench, "ann")
    with bench.unlocked("ann") as unlocked:
        attestation = unlocked.attestation(key)
    if attestation:
        public = load_der_x509_certificate(attestation[0]).public_key()
        assert public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == key.public_der


def test_a_slot_that_is_not_there_gets_no_key(workshop: Table) -> None:
    """A slot that the device has not is refused, and no key is made."""
    with workshop.unlocked("ann") as unlocked:
        with pytest.raises(UnsupportedError):
            unlocked.generate("root", Scheme.P256, "no such slot")
        assert unlocked.keys() == ()
