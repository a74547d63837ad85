"""DELEGATION-ONLY: a ceremony of kind delegation signs no root."""

import pytest
from fakes.cases import refusal
from fakes.succession import after, case, ends

from ceremony.core.succession_rules import delegation_only


@pytest.mark.parametrize("roles", [("targets",), ("bins",), ("targets", "bins")])
def test_what_stands_below_root_passes(roles: tuple[str, ...]) -> None:
    """Each of it."""
    delegation_only.check(case(after("delegation", expires=ends(*roles))))


@pytest.mark.parametrize("kind", ["rotation", "refresh"])
def test_root_in_a_ceremony_of_another_kind_passes(kind: str) -> None:
    """That is what they are for."""
    delegation_only.check(case(after(kind)))


def test_root_is_refused() -> None:
    """Even if nothing in it changes."""
    assert "signs root" in refusal(delegation_only, case(after("delegation", expires=ends("root", "targets")))).found
