"""STANDS-SIGNED: what is not signed anew still has its quorum under the keys that will hold."""

import pytest
from fakes.cases import refusal
from fakes.succession import after, case, ends

from ceremony.core.plan import Plan
from ceremony.core.plan_after import with_new_device
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.succession_rules import stands_signed


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


def test_what_is_signed_in_the_ceremony_passes() -> None:
    """It has no signature yet, and is about to get them."""
    stands_signed.check(case(without_devices("ann", "bob")))
