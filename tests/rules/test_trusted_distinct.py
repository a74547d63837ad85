"""TRUSTED-DISTINCT: one signer counts once."""

from typing import Any

from fakes.cases import refusal
from fakes.history import FIRST, SECOND, THIRD, altered, case
from fakes.people import keyid

from ceremony.core.keys import keyid_of
from ceremony.core.trusted_rules import trusted_distinct


def twin(signed: dict[str, Any]) -> None:
    """Ann's key once more, with a field that changes its keyid and nothing else."""
    fields = {**signed["keys"][keyid("ann")], "x-owner": "ann"}
    signed["keys"][keyid_of(fields)] = fields
    signed["roles"]["root"]["keyids"].append(keyid_of(fields))


def test_different_keys_are_taken() -> None:
    """Each has its own public half."""
    trusted_distinct.check(case())


def test_one_public_key_under_two_true_keyids_is_refused() -> None:
    """Also in a root that is long past: it decided who came after it."""
    wrong = altered(FIRST, twin, "ann", "bob")
    found = refusal(trusted_distinct, case(pinned=wrong, shown=(SECOND, THIRD)))
    assert found.found == "1.root.json: one public key twice in root"
