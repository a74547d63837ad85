"""What a roster says of a key on a device, and what is refused before anybody sets codes or makes a key."""

from dataclasses import replace

import pytest
from fakes.people import ED25519, P256, enrolment, plan
from fakes.rooms import Desk

from ceremony.core.plan import Keyholder
from ceremony.engine.attest import enrolment_on, refuse_unfit
from ceremony.errors import RefusedError
from hsm import DeviceInfo, PinState, Scheme
from hsm.signer import public_key_of

CARD = DeviceInfo("pkcs11", "piv_II", "PKCS#15 emulated", "5", "ann", "0.0", PinState(), (Scheme(P256),))
TOKEN = replace(CARD, maker="Acme", model="Model 5")
OLD = replace(CARD, driver="yubikey", maker="Yubico", model="YubiKey 5", firmware="5.4.3")
ANN = Keyholder("ann", ("root", "bins"), P256)


def test_an_enrolment_says_what_the_device_says(table: Desk) -> None:
    """Of itself and of the key."""
    device = table.room.devices()[0]
    with device.unlock(table.practice.pins[device.info.serial]) as unlocked:
        key = unlocked.generate("packages", Scheme(P256))
    found = enrolment_on(device.info, ANN, key, nonce="5" * 32, proof="ab")
    assert (found.keyholder, found.roles, found.keyid) == ("ann", ANN.roles, public_key_of(key).keyid)
    assert (found.driver, found.serial, found.label) == ("software", device.info.serial, device.info.label)
    assert (found.key_label, found.nonce, found.proof, found.attestation) == ("packages", "5" * 32, "ab", None)
    assert (found.is_generated_inside, found.is_extractable) == (key.is_generated_inside, key.is_extractable)


def test_before_there_is_a_key_an_enrolment_says_of_which_scheme_it_will_be() -> None:
    """And nothing that only the key could tell."""
    found = enrolment_on(TOKEN, ANN)
    assert found.key == {"scheme": P256}
    assert (found.key_label, found.is_generated_inside, found.is_extractable, found.proof) == ("", None, None, "")


def test_it_is_what_the_fakes_of_all_other_tests_say() -> None:
    """Field by field, but for the key."""
    wanted = enrolment(plan(), plan().keyholders[0])
    info = replace(TOKEN, driver="software", serial=wanted.serial, label=wanted.label, firmware=wanted.firmware)
    found = enrolment_on(info, plan().keyholders[0])
    about_the_key = ("key", "key_label", "is_generated_inside", "is_extractable", "nonce", "proof")
    assert found == replace(wanted, **{each: getattr(found, each) for each in about_the_key})


@pytest.mark.parametrize(("info", "rule"), [(CARD, "KEY-VOUCHED"), (OLD, "FIRMWARE-FLOOR")])
def test_an_unfit_device_is_refused_before_there_is_a_key(info: DeviceInfo, rule: str) -> None:
    """In time to fetch another."""
    with pytest.raises(RefusedError) as refused:
        refuse_unfit(ANN, info, is_rehearsal=False)
    assert refused.value.rule == rule


def test_what_is_fit_is_not_refused() -> None:
    """A token; a card in a rehearsal; an old YubiKey for a key that its flaw does not touch."""
    refuse_unfit(ANN, TOKEN, is_rehearsal=False)
    refuse_unfit(ANN, CARD, is_rehearsal=True)
    refuse_unfit(replace(ANN, scheme=ED25519), OLD, is_rehearsal=False)
