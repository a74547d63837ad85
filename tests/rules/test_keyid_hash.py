"""KEYID-HASH: a keyid says nothing but its key."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fakes.cases import refusal, tampered, usual_case
from fakes.people import P256, keyid, roster, signer
from fakes.projects import CLAIMED, first, project
from securesystemslib.signer import SSlibKey

from ceremony.core.draft import draft
from ceremony.core.draft_rules import DraftCase, draft_case, keyid_hash
from ceremony.core.keys import fields_of, keyid_of
from ceremony.core.plan_after import with_claims
from ceremony.core.policy import Policy
from ceremony.core.projects import Project, ProjectKey
from ceremony.core.roster import Roster


def renamed(keys: dict[str, Any]) -> None:
    """The first key stands under a keyid that is not its own."""
    keys["0" * 64] = keys.pop(min(keys))


def respelled(keys: dict[str, Any]) -> None:
    """Ann's key is spelled otherwise, under the keyid of that spelling."""
    key = keys.pop(keyid("ann"))
    key["keyval"]["public"] += "\n"
    keys[keyid_of(key)] = key


def named(keys: dict[str, Any]) -> None:
    """Ann's key carries her name, under the keyid that this gives."""
    key = {**keys.pop(keyid("ann")), "holder": "ann"}
    keys[keyid_of(key)] = key


def test_keyids_that_are_hashes_pass() -> None:
    """As drafting makes them."""
    keyid_hash.check(usual_case())


@pytest.mark.parametrize("change", [renamed, respelled, named])
def test_another_keyid_or_spelling_is_refused_in_root(change: Callable[[dict[str, Any]], None]) -> None:
    """A key has one keyid, and one only."""
    refusal(keyid_hash, tampered("root", lambda signed: change(signed["keys"])))


@pytest.mark.parametrize("role", ["targets", "bins"])
def test_another_keyid_is_refused_in_delegations(role: str) -> None:
    """Delegations list keys too."""
    refusal(keyid_hash, tampered(role, lambda signed: renamed(signed["delegations"]["keys"])))


def test_a_key_that_believes_in_another_keyid_is_refused() -> None:
    """What the metadata says and what the parsed key says agree."""
    case = usual_case()
    key = signer("ann", P256).public_key
    case.root.keys[key.keyid] = SSlibKey("0" * 64, key.keytype, key.scheme, key.keyval)
    refusal(keyid_hash, case)


def test_metadata_without_delegations_lists_no_keys_and_passes() -> None:
    """Another rule misses them."""
    keyid_hash.check(tampered("targets", lambda signed: signed.pop("delegations")))


def owned(keys: dict[str, Any]) -> None:
    """Ann's key carries her name as others write it, under the keyid that this gives."""
    key = {**keys.pop(keyid("ann")), "x-tuf-on-ci-keyowner": "@ann"}
    keys[keyid_of(key)] = key


def test_a_field_of_others_in_a_key_passes() -> None:
    """Everywhere alike: it is one key, under one keyid."""
    case = tampered("root", lambda signed: owned(signed["keys"]))
    keyid_hash.check(replace(case, targets=tampered("targets", lambda it: owned(it["delegations"]["keys"])).targets))


def test_one_public_key_under_two_keyids_is_refused() -> None:
    """In root with a name inside, in the delegations of targets without."""
    refused = refusal(keyid_hash, tampered("root", lambda signed: owned(signed["keys"])))
    assert refused.found.startswith("one public key as ")


def claiming(*projects: Project) -> DraftCase:
    """These projects are in claimed, whatever their keys say."""
    found = with_claims(first(CLAIMED), "claimed", projects)
    return draft_case(draft(found, Roster(roster(found).enrolments, projects)), Policy())


def test_keys_of_projects_pass() -> None:
    """One of them may sign for two."""
    keyid_hash.check(claiming(project("a", "day"), project("b", "day", "eon")))


def test_a_project_s_key_under_a_second_keyid_is_refused() -> None:
    """Below a delegation as everywhere: beside another project's, or a keyholder's."""
    for whose in ("day", "ann"):
        again = ProjectKey({**fields_of(signer(whose).public_key), "x-note": "hello"}, "00")
        refused = refusal(keyid_hash, claiming(project("a", "day"), project("b", keys=(again,))))
        assert refused.found.startswith("one public key as ")
