"""CLIENT-SIZE: no file is too large for a client."""

from dataclasses import replace

import pytest
from fakes.cases import refusal, tampered, usual_case
from fakes.people import drafted, reviewed, signature
from securesystemslib.signer import Signature

from ceremony.core.draft_rules import client_size
from ceremony.core.left_roles import LEFT_FIELD
from ceremony.core.plan import Bins, Keyholder
from ceremony.core.policy import CLIENT_SIZE_LIMITS, OFFLINE_ROLES, Policy


@pytest.mark.parametrize("style", ["succinct", "explicit"])
def test_the_largest_number_of_bins_passes(style: str) -> None:
    """16384 of them, in both styles."""
    client_size.check(usual_case(bins=Bins(16_384, style)))


@pytest.mark.parametrize("role", OFFLINE_ROLES)
def test_a_file_of_the_limit_is_refused(role: str) -> None:
    """A client stops reading there."""
    refusal(client_size, tampered(role, lambda signed: signed.update(note="x" * CLIENT_SIZE_LIMITS[role])))


def test_signatures_count_and_a_file_that_only_they_make_too_large_is_refused() -> None:
    """Room is kept for a signature of every keyholder."""
    room = CLIENT_SIZE_LIMITS["root"] - len(drafted().file("root").encode()) - 3 * 1200
    refusal(client_size, tampered("root", lambda signed: signed.update(note="x" * room)))


def test_a_snapshot_of_too_many_bins_is_refused() -> None:
    """More than the policy allows, so only a tampered plan leads here."""
    case = usual_case()
    plan = replace(case.draft.plan, bins=Bins(65_536, "succinct"))
    assert refusal(client_size, replace(case, draft=replace(case.draft, plan=plan))).found.startswith("snapshot")


def test_names_that_have_left_count_in_the_snapshot() -> None:
    """The online signer lists them for ever."""
    left = {f"left-{number}-{'x' * 20}": 1 for number in range(40_000)}
    refused = refusal(client_size, tampered("targets", lambda signed: signed.update({LEFT_FIELD: left})))
    assert refused.found.startswith("snapshot")


@pytest.mark.parametrize("scheme", Policy().schemes)
def test_a_signature_takes_no_more_than_the_room_kept_for_it_and_passes(scheme: str) -> None:
    """In each scheme that the policy allows."""
    bare = reviewed().draft.files[0]
    found = bare.with_signature(signature("ann", bare.payload, scheme))
    assert len(found.encode()) - len(bare.encode()) < 1200


def test_the_longest_rsa_signature_takes_no_more_and_passes() -> None:
    """4096 bits are 1024 hex digits."""
    bare = reviewed().draft.files[0]
    found = bare.with_signature(Signature("a" * 64, "ab" * 512))
    assert len(found.encode()) - len(bare.encode()) < 1200


def test_the_largest_crowd_passes() -> None:
    """As many keyholders as a plan may have, with the longest kind of key."""
    crowd = tuple(Keyholder(f"p{number}", OFFLINE_ROLES) for number in range(32))
    client_size.check(usual_case(keyholders=crowd))
