"""KEY-USED: the keys that are listed are the keys that sign."""

import pytest
from fakes.cases import refusal, tampered, usual_case
from fakes.people import keyid

from ceremony.core.draft_rules import key_used
from ceremony.core.plan import Bins


@pytest.mark.parametrize("style", ["succinct", "explicit"])
def test_keys_that_all_sign_something_pass(style: str) -> None:
    """In root, in targets and in bins."""
    key_used.check(usual_case(bins=Bins(4, style)))


def test_a_key_that_signs_nothing_is_refused() -> None:
    """Bob's key stays listed when he signs no more."""

    def drop_bob(signed: dict) -> None:
        for role in signed["roles"].values():
            role["keyids"] = [each for each in role["keyids"] if each != keyid("bob")]

    refusal(key_used, tampered("root", drop_bob))


@pytest.mark.parametrize("role", ["targets", "bins"])
def test_a_key_that_signs_nothing_is_refused_in_delegations(role: str) -> None:
    """Delegations list keys too."""
    keys = usual_case().root.keys

    def add(signed: dict) -> None:
        signed["delegations"]["keys"] |= {each: key.to_dict() for each, key in keys.items()}

    refusal(key_used, tampered(role, add))


@pytest.mark.parametrize("role", ["root", "targets", "bins"])
def test_a_key_that_signs_and_is_not_listed_is_refused(role: str) -> None:
    """No client could verify it."""
    refusal(key_used, tampered(role, lambda signed: signed.get("delegations", signed)["keys"].clear()))


def test_bins_that_delegate_nothing_are_refused() -> None:
    """There is nothing whose keys could be listed."""
    refusal(key_used, tampered("bins", lambda signed: signed.pop("delegations")))
