"""TRUSTED-KEYID: what the next version is built upon lists each key under its own hash."""

from typing import Any

from fakes.cases import refusal
from fakes.history import BINS, FIRST, SECOND, TARGETS, THIRD, altered, case, rekeyed
from fakes.people import keyid

from ceremony.core.trusted_rules import trusted_keyid


def test_true_keyids_are_taken() -> None:
    """In root, in the delegations of targets, and in bins."""
    trusted_keyid.check(case())


def test_a_wrong_keyid_in_an_older_root_is_taken() -> None:
    """Nobody can mend it any more."""
    trusted_keyid.check(case(shown=(FIRST, rekeyed(SECOND, "online", "0" * 64, "ann", "bob", "cyd"), THIRD)))


def test_a_wrong_keyid_in_the_last_root_is_refused() -> None:
    """And the right one is named."""
    wrong = rekeyed(SECOND, "online", "0" * 64, "ann", "bob", "cyd")
    found = refusal(trusted_keyid, case(shown=(FIRST, wrong)))
    assert found.found == f"2.root.json: a key under the keyid {'0' * 16}"
    assert keyid("online")[:16] in found.wanted


def test_a_wrong_keyid_in_a_delegation_is_refused() -> None:
    """Bins names the online key by a hash that is not its own."""

    def change(signed: dict[str, Any]) -> None:
        keys = signed["delegations"]["keys"]
        keys["0" * 64] = keys.pop(keyid("online"))

    wrong = altered(BINS, change, "ann", "bob")
    assert refusal(trusted_keyid, case(files={"targets": TARGETS, "bins": wrong})).found.startswith("1.bins.json")
