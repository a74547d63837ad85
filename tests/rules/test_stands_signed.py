"""STANDS-SIGNED: what is not signed anew still has its quorum under the keys that will hold."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.succession import after, before, case, ends

from ceremony.core.plan import Delegation, Plan
from ceremony.core.plan_after import with_new_device
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.succession_rules import stands_signed
from ceremony.core.trusted import Trusted


def without_devices(*names: str, **changes: object) -> Plan:
    """A plan in which these people get other devices."""
    plan = after(**changes)
    for name in names:
        plan = with_new_device(plan, name)
    return plan


@pytest.mark.parametrize("roles", [("root",), ("targets",), ("bins",), OFFLINE_ROLES])
def test_what_keeps_its_keys_passes(roles: tuple[str, ...]) -> None:
    """Signed anew or not."""
    stands_signed.check(case(after(expires=ends(*roles))))


def test_bins_that_enough_of_its_signers_stay_for_pass() -> None:
    """Ann and bob signed; cyd, who did not, gets another device."""
    stands_signed.check(case(without_devices("cyd", expires=ends("root", "targets"))))


def test_targets_that_too_few_of_its_signers_stay_for_is_refused() -> None:
    """No client would take it under the new root."""
    found = refusal(stands_signed, case(without_devices("ann", expires=ends("root", "bins"))))
    assert found.found == "targets: 1 of 2 signatures under the new keys"


def test_bins_that_too_few_of_its_signers_stay_for_is_refused() -> None:
    """Under the new targets."""
    found = refusal(stands_signed, case(without_devices("ann", "bob", expires=ends("root", "targets"))))
    assert found.found == "bins: 0 of 2 signatures under the new keys"


def test_a_threshold_that_was_not_reached_before_is_refused() -> None:
    """Two signed, three are to be needed."""
    thresholds = {"root": 2, "targets": 3, "bins": 2}
    assert refusal(stands_signed, case(after(expires=ends("root"), thresholds=thresholds))).found.startswith(
        "targets: 2 of 3"
    )


def test_what_nobody_has_signed_is_refused() -> None:
    """A role that is neither shown nor signed now stands nowhere."""
    start = before()
    shown = Trusted(start.trusted.roots, {"targets": start.trusted.targets["targets"]})
    found = case(after(expires=ends("root")))
    refused = refusal(stands_signed, replace(found, before=replace(start, trusted=shown)))
    assert refused.found == "bins: neither in what is followed nor signed now"


def test_what_targets_as_they_stand_do_not_name_is_refused() -> None:
    """A delegation that comes is signed in vain while targets, which would name it, stay as they are."""
    new = Delegation("claimed", (), is_terminating=False, is_online=False)
    holders = tuple(replace(each, roles=(*each.roles, "claimed")) for each in after().keyholders)
    thresholds = {**after().thresholds, "claimed": 2}
    plan = after(delegations=(new,), keyholders=holders, thresholds=thresholds, expires={"claimed": ends()["bins"]})
    refused = refusal(stands_signed, case(plan))
    assert refused.found == "targets as it stands, which names no claimed"


def test_what_is_signed_in_the_ceremony_passes() -> None:
    """It has no signature yet, and is about to get them."""
    stands_signed.check(case(without_devices("ann", "bob")))
