"""REFRESH-ONLY: a refresh changes version and expiry alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes.cases import refusal, with_payload
from fakes.succession import after, before, case, ends

from ceremony.core import strict_json
from ceremony.core.plan import Bins
from ceremony.core.plan_after import with_new_device
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.succession_rules import refresh_only
from ceremony.core.trusted import Trusted


@pytest.mark.parametrize("roles", [OFFLINE_ROLES, ("root",), ("targets",), ("bins",), ("targets", "bins")])
def test_new_versions_and_ends_pass(roles: tuple[str, ...]) -> None:
    """Of every role, or of some."""
    refresh_only.check(case(after("refresh", expires=ends(*roles))))


def test_a_rotation_may_change_more_and_passes() -> None:
    """That is what it is for."""
    refresh_only.check(case(with_new_device(after("rotation"), "cyd")))


@pytest.mark.parametrize(
    "changes",
    [
        {"thresholds": {"root": 3, "targets": 2, "bins": 2}},
        {"thresholds": {"root": 2, "targets": 2, "bins": 3}},
        {"bins": Bins(32, "succinct")},
        {"lifetimes": {"bin-n": timedelta(hours=1), "snapshot": timedelta(hours=1), "timestamp": timedelta(hours=1)}},
    ],
    ids=["root", "targets", "bins", "lifetimes"],
)
def test_any_other_change_is_refused(changes: dict[str, Any]) -> None:
    """A refresh is agreed to quickly."""
    assert "with other changes" in refusal(refresh_only, case(after("refresh", **changes))).found


def test_another_key_is_refused() -> None:
    """The name of the keyholder is the same."""
    assert refusal(refresh_only, case(with_new_device(after("refresh"), "cyd"))).found.startswith("2.root.json")


def test_one_more_field_is_refused() -> None:
    """Every byte besides is compared, also what this program knows nothing of."""
    found = case(after("refresh"))
    signed: Any = strict_json.decode_canonical(found.draft.file("bins").payload, "bins")
    other = with_payload(found.draft, "bins", strict_json.encode({**signed, "x-note": "hello"}))
    refusal(refresh_only, replace(found, draft=other))


def test_a_role_that_was_not_there_is_refused() -> None:
    """There is nothing whose end could be moved."""
    found = case(after("refresh"))
    trusted = before().trusted
    without = Trusted(trusted.roots, {"targets": trusted.targets["targets"]})
    refusal(refresh_only, replace(found, before=replace(before(), trusted=without)))
