"""The pins themselves, and the decision that tells of them."""

import re
from pathlib import Path

import pytest

from hsm.attestation_pins import KINDS, PINS, Pin, pin_of, place_of, rank_of

DECISION = Path(__file__).parents[2] / "docs" / "adr" / "0008-attestation-pins.md"


@pytest.mark.parametrize("pin", PINS, ids=lambda pin: pin.name)
def test_each_pin_stands_in_the_decision(pin: Pin) -> None:
    """With the place where its certificate can be had, so that anybody can compute the digest again."""
    rows = [row for row in DECISION.read_text("utf-8").splitlines() if pin.digest in row]
    assert len(rows) == 1
    assert pin.name in rows[0]
    assert pin.place.rpartition("/")[2] in rows[0]


def test_the_decision_tells_of_no_other_digest() -> None:
    """What is not believed is not listed there."""
    assert set(re.findall(r"[0-9a-f]{64}", DECISION.read_text("utf-8"))) == {pin.digest for pin in PINS}


def test_each_certificate_is_pinned_once() -> None:
    """And found by its digest, in its place."""
    assert len({pin.digest for pin in PINS}) == len(PINS)
    for rank, pin in enumerate(PINS):
        assert re.fullmatch("[0-9a-f]{64}", pin.digest)
        assert (pin_of(pin.digest), rank_of(pin.digest)) == (pin, rank)
        assert place_of(pin.name).startswith("developers.yubico.com/")


def test_what_is_not_pinned_is_nobodys() -> None:
    """It has no pin, no place, and comes last."""
    assert (pin_of("0" * 64), place_of("Test Root"), rank_of("0" * 64)) == (None, "", len(PINS))


def test_a_pin_vouches_for_a_kind_of_device_or_for_authorities() -> None:
    """No kind is without somebody who vouches for it."""
    assert {pin.vouches_for for pin in PINS} == {"", *KINDS}
