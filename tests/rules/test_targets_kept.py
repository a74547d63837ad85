"""TARGETS-KEPT: what others wrote into metadata is carried on, or left out by its name."""

from typing import Any

import pytest
from fakes import succession
from fakes.cases import refusal
from fakes.history import TARGETS, THIRD, altered
from fakes.taken_over import before, case

from ceremony.core.before import Before
from ceremony.core.plan import Delegation
from ceremony.core.succession_rules import targets_kept

SIGNERS = ("cyd", "ann again")


def listing(*paths: str) -> Before:
    """Targets lists these files itself."""
    entry = {"length": 4, "hashes": {"sha256": "0" * 64}}
    return before(altered(TARGETS, lambda signed: signed.update(targets=dict.fromkeys(paths, entry)), *SIGNERS))


def delegating(name: str) -> Before:
    """Targets delegates to this role before bins, under a key that is there."""

    def change(signed: dict[str, Any]) -> None:
        delegations = signed["delegations"]
        role = {**delegations["roles"][0], "name": name, "paths": [f"{name}/*"], "terminating": False}
        role.pop("path_hash_prefixes")
        delegations["roles"].insert(0, role)

    return before(altered(TARGETS, change, *SIGNERS))


def test_what_has_a_place_in_our_metadata_is_kept() -> None:
    """Roots, targets and bins that say nothing else."""
    targets_kept.check(case())


@pytest.mark.parametrize("found", [listing("old.txt"), delegating("theirs")], ids=["a file", "a delegation"])
def test_a_loss_that_nobody_named_is_refused(found: Before) -> None:
    """With the name of what would be lost."""
    refused = refusal(targets_kept, case(found))
    assert refused.found in {"a draft without old.txt", "a draft without theirs"}


def test_a_field_of_theirs_in_root_is_refused() -> None:
    """Such as how often tuf-on-ci signs it again."""
    field = "x-tuf-on-ci-expiry-period"
    root = altered(THIRD, lambda signed: signed.update({field: 30}), "bob", "cyd", "ann again")
    assert refusal(targets_kept, case(before(root))).found == f"a draft without {field}"
    targets_kept.check(case(before(root), leaves_out=(field,)))


def test_what_the_plan_names_is_left_out() -> None:
    """Everybody has read it there."""
    targets_kept.check(case(listing("old.txt", "new.txt"), leaves_out=("old.txt", "new.txt")))
    refusal(targets_kept, case(listing("old.txt", "new.txt"), leaves_out=("old.txt",)))


def test_of_many_losses_some_are_shown() -> None:
    """And how many there are besides: refused by one sentence that people can read."""
    refused = refusal(targets_kept, case(listing(*(f"{number}.txt" for number in range(9)))))
    assert refused.found.endswith("5.txt and 3 more")


def test_a_delegation_that_the_plan_states_is_kept() -> None:
    """Under the name that clients know."""
    found = delegating("theirs")
    stated = case(found).draft.plan
    holders = tuple(
        type(each)(each.name, (*each.roles, "theirs"), each.scheme, keyid=each.keyid) for each in stated.keyholders
    )
    changes = {
        "delegations": (Delegation("theirs", ("theirs/*",)),),
        "keyholders": holders,
        "thresholds": {**stated.thresholds, "theirs": 2},
        "expires": {**stated.expires, "theirs": stated.expires["bins"]},
    }
    targets_kept.check(case(found, **changes))


def test_metadata_of_ours_changes_by_other_fields_of_the_plan() -> None:
    """A root that names its repository is ours."""
    targets_kept.check(succession.case(succession.after()))
