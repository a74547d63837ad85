"""PAYLOAD-FITS: what a YubiKey is to sign with Ed25519 is short enough for it."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.people import ED25519, NAMES, P256, attested, keyholders, plan, roster

from ceremony.core.draft import draft
from ceremony.core.draft_rules import DraftCase, draft_case, payload_fits
from ceremony.core.plan import Bins
from ceremony.core.policy import Policy
from ceremony.core.roster import Roster

CROWD = (*NAMES, *(f"p{number}" for number in range(4)))
LONG = Bins(256, "explicit")


def case(names: tuple[str, ...] = NAMES, bins: Bins | None = None, *, on_yubikey: bool = True) -> DraftCase:
    """The draft for these people, of whom bob alone has an Ed25519 key, on a YubiKey or something else."""
    held = (replace(each, scheme=ED25519 if each.name == "bob" else P256) for each in keyholders(*names))
    found = plan(keyholders=tuple(held), bins=bins or Bins(16, "succinct"))
    enrolled = roster(found)
    if on_yubikey:
        enrolled = Roster(tuple(map(attested, enrolled.enrolments)))
    return draft_case(draft(found, enrolled), Policy())


def test_what_few_people_sign_passes() -> None:
    """Three keys and an online one fit."""
    payload_fits.check(case())


def test_a_root_of_too_many_keys_is_refused() -> None:
    """Before anybody has signed anything."""
    found = refusal(payload_fits, case(CROWD))
    assert found.found.startswith("1.root.json of 3")
    assert found.found.endswith("bytes for the Ed25519 key of bob on a YubiKey")


def test_bins_one_by_one_are_refused() -> None:
    """Each takes its bytes."""
    assert refusal(payload_fits, case(bins=LONG)).found.startswith("1.bins.json of 4")


@pytest.mark.parametrize("bins", [None, LONG])
def test_any_other_device_passes(bins: Bins | None) -> None:
    """It is given the message in parts, or its hash."""
    payload_fits.check(case(CROWD, bins, on_yubikey=False))


def test_who_does_not_sign_the_role_passes() -> None:
    """Bob signs root and targets, which are short."""
    found = case(bins=LONG)
    people = tuple(
        replace(each, roles=("root", "targets")) if each.name == "bob" else each for each in found.draft.plan.keyholders
    )
    payload_fits.check(replace(found, draft=replace(found.draft, plan=replace(found.draft.plan, keyholders=people))))


@pytest.mark.parametrize(("size", "passes"), [(3000, True), (3001, False)])
def test_the_limit_itself_passes_and_one_byte_more_is_refused(size: int, *, passes: bool) -> None:
    """Nothing is signed but these bytes."""
    found = case()
    root, *others = found.draft.files
    long = replace(found, draft=replace(found.draft, files=(replace(root, payload=b"x" * size), *others)))
    if passes:
        payload_fits.check(long)
    else:
        refusal(payload_fits, long)
