"""BINS-DELEGATED: every path reaches exactly one bin."""

from collections.abc import Callable
from typing import Any

import pytest
from fakes.cases import refusal, tampered, usual_case

from ceremony.core.draft_rules import bins_delegated
from ceremony.core.plan import Bins

FILE = {"length": 1, "hashes": {"sha256": "0" * 64}}

Change = Callable[[dict[str, Any]], object]


def bins(signed: dict[str, Any]) -> dict[str, Any]:
    """The delegation to bins inside targets."""
    found: dict[str, Any] = signed["delegations"]["roles"][0]
    return found


@pytest.mark.parametrize("style", ["succinct", "explicit"])
@pytest.mark.parametrize("count", [2, 16, 64])
def test_bins_as_they_are_drafted_pass(count: int, style: str) -> None:
    """In both styles."""
    bins_delegated.check(usual_case(bins=Bins(count, style)))


IN_TARGETS: dict[str, Change] = {
    "a target of its own": lambda signed: signed["targets"].update(a=FILE),
    "not terminating": lambda signed: bins(signed).update(terminating=False),
    "a prefix missing": lambda signed: bins(signed)["path_hash_prefixes"].pop(),
    "a prefix too long": lambda signed: bins(signed).update(path_hash_prefixes=["00"]),
    "patterns": lambda signed: (bins(signed).pop("path_hash_prefixes"), bins(signed).update(paths=["*"])),
    "another name": lambda signed: bins(signed).update(name="boxes"),
    "another role beside it": lambda signed: signed["delegations"]["roles"].append({**bins(signed), "name": "more"}),
    "no delegations": lambda signed: signed.pop("delegations"),
}


@pytest.mark.parametrize("change", IN_TARGETS.values(), ids=IN_TARGETS)
def test_targets_that_keep_or_lose_paths_are_refused(change: Change) -> None:
    """Targets hands everything on, to bins alone."""
    refusal(bins_delegated, tampered("targets", change))


def each_bin(signed: dict[str, Any], **changes: object) -> None:
    """Every bin is changed in this way."""
    for role in signed["delegations"]["roles"]:
        role.update(changes)


EXPLICIT: dict[str, Change] = {
    "a target of its own": lambda signed: signed["targets"].update(a=FILE),
    "a bin missing": lambda signed: signed["delegations"]["roles"].pop(),
    "a bin under another name": lambda signed: signed["delegations"]["roles"][1].update(name="bin-9"),
    "bins in another order": lambda signed: signed["delegations"]["roles"].reverse(),
    "a prefix twice": lambda signed: signed["delegations"]["roles"][1]["path_hash_prefixes"].append("0"),
    "a bin that does not end the search": lambda signed: signed["delegations"]["roles"][2].update(terminating=False),
    "another key": lambda signed: each_bin(signed, keyids=["0" * 64]),
    "no key": lambda signed: signed["delegations"]["roles"][3].update(keyids=[]),
    "a threshold of two": lambda signed: each_bin(signed, threshold=2),
    "no bins": lambda signed: signed["delegations"]["roles"].clear(),
    "no delegations": lambda signed: signed.pop("delegations"),
}


@pytest.mark.parametrize("change", EXPLICIT.values(), ids=EXPLICIT)
def test_explicit_bins_with_anything_changed_are_refused(change: Change) -> None:
    """Each path has one bin, each bin the online key."""
    refusal(bins_delegated, tampered("bins", change, bins=Bins(4, "explicit")))


SUCCINCT: dict[str, Change] = {
    "another number of bins": lambda signed: signed["delegations"]["succinct_roles"].update(bit_length=3),
    "another prefix": lambda signed: signed["delegations"]["succinct_roles"].update(name_prefix="box"),
    "another key": lambda signed: signed["delegations"]["succinct_roles"].update(keyids=["0" * 64]),
    "a threshold of two": lambda signed: signed["delegations"]["succinct_roles"].update(threshold=2),
}


@pytest.mark.parametrize("change", SUCCINCT.values(), ids=SUCCINCT)
def test_succinct_bins_with_anything_changed_are_refused(change: Change) -> None:
    """The same, said in one sentence."""
    refusal(bins_delegated, tampered("bins", change))
