"""CHANGE-SIGNED: nothing that the plan changes goes unsigned."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes.cases import refusal
from fakes.people import online_key
from fakes.succession import after, before, case, ends

from ceremony.core.plan import Bins, Keyholder
from ceremony.core.plan_after import with_keyholder
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.succession_rules import change_signed
from ceremony.core.trusted import Trusted

THREE = {"root": 2, "targets": 2, "bins": 2}
CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"thresholds": {**THREE, "root": 3}}, "root"),
    ({"thresholds": {**THREE, "targets": 3}}, "root"),
    ({"thresholds": {**THREE, "bins": 3}}, "targets"),
    ({"bins": Bins(32, "succinct")}, "bins"),
    ({"lifetimes": dict.fromkeys(("bin-n", "snapshot", "timestamp"), timedelta(hours=2))}, "bins"),
    ({"keyholders": with_keyholder(after(), Keyholder("day", ("root",))).keyholders}, "root"),
    ({"keyholders": with_keyholder(after(), Keyholder("day", ("targets",))).keyholders}, "root"),
    ({"keyholders": with_keyholder(after(), Keyholder("day", ("bins",))).keyholders}, "targets"),
]


@pytest.mark.parametrize("roles", [("root",), ("bins",), OFFLINE_ROLES])
def test_a_plan_that_changes_nothing_passes(roles: tuple[str, ...]) -> None:
    """Whatever it signs anew."""
    change_signed.check(case(after(expires=ends(*roles))))


@pytest.mark.parametrize(("changes", "role"), CHANGES)
def test_a_change_in_a_role_that_is_signed_passes(changes: dict[str, Any], role: str) -> None:
    """The other roles say nothing of it."""
    change_signed.check(case(after(expires=ends(role), **changes)))


@pytest.mark.parametrize(("changes", "role"), CHANGES)
def test_a_change_in_a_role_that_is_not_signed_is_refused(changes: dict[str, Any], role: str) -> None:
    """It would be in the plan, and nowhere else."""
    others = [each for each in OFFLINE_ROLES if each != role]
    found = refusal(change_signed, case(after(expires=ends(*others), **changes)))
    assert found.wanted == f"an end for {role} under [expires]"


@pytest.mark.parametrize("missing", ["root", "bins"])
def test_another_online_key_in_only_one_of_its_roles_is_refused(missing: str) -> None:
    """Root and bins both name it."""
    others = [each for each in OFFLINE_ROLES if each != missing]
    refusal(change_signed, case(after(expires=ends(*others), online_key=online_key(name="online again"))))


def test_a_role_that_was_never_signed_is_refused() -> None:
    """What is not there cannot stay as it is."""
    found = case(after(expires=ends("root", "targets")))
    trusted = before().trusted
    without = Trusted(trusted.roots, {"targets": trusted.targets["targets"]})
    refusal(change_signed, replace(found, before=replace(before(), trusted=without)))
