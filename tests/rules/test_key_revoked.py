"""KEY-REVOKED: what was struck signs nothing any more."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.cases import refusal
from fakes.emergencies import emergency, keeping_all
from fakes.people import keyid
from fakes.succession import after, before, case

from ceremony.core import strict_json
from ceremony.core.incident_rules import key_revoked
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Bins
from ceremony.core.plan_emergency import Fate
from ceremony.core.succession_rules import SuccessionCase


@pytest.mark.parametrize("style", ["succinct", "explicit"])
def test_a_plan_without_the_struck_keys_passes(style: str) -> None:
    """Of a keyholder, or of the online signer."""
    key_revoked.check(case(emergency(stolen=["ann"])))
    key_revoked.check(case(emergency(lost=["ann", "cyd"])))
    key_revoked.check(case(emergency(online=Fate.STOLEN, bins=Bins(16, style))))
    key_revoked.check(case(after("rotation")))


def test_a_keyholders_key_that_stays_is_refused() -> None:
    """The first role that it signs is named."""
    found = refusal(key_revoked, case(keeping_all(lost=["bob"])))
    assert found.found == f"key {keyid('bob')[:16]}, which still signs root"


def test_an_online_key_that_stays_is_refused() -> None:
    """Snapshot is the first of its roles."""
    found = refusal(key_revoked, case(keeping_all(online=Fate.STOLEN)))
    assert found.found == f"key {keyid('online')[:16]}, which still signs snapshot"


@pytest.mark.parametrize("style", ["succinct", "explicit"])
def test_an_online_key_that_stays_in_bins_alone_is_refused(style: str) -> None:
    """Root names another, but bins stands as it is: the thief would go on forging there."""
    renewed = case(emergency(online=Fate.STOLEN, bins=Bins(16, style)))
    kept = case(replace(keeping_all(online=Fate.STOLEN), bins=Bins(16, style)))
    files = tuple(kept.draft.file("bins") if each.role == "bins" else each for each in renewed.draft.files)

    found = refusal(key_revoked, SuccessionCase(replace(renewed.draft, files=files), before()))
    assert found.found.startswith(f"key {keyid('online')[:16]}, which still signs bin-")


def _signed(found: SuccessionCase, role: str) -> dict[str, Any]:
    signed: Any = strict_json.decode_canonical(found.draft.file(role).payload, role)
    return dict(signed)


def test_a_struck_key_under_another_keyid_is_refused() -> None:
    """One public key is one key, however it is spelled."""
    found = case(emergency(lost=["cyd"]))
    old = found.before.roster.enrolments[2].key
    payload = _signed(found, "root")
    payload["keys"]["0" * 64] = {**old, "x-note": "another spelling"}
    payload["roles"]["root"]["keyids"].append("0" * 64)
    root = MetadataFile("root", 2, strict_json.encode(payload))
    files = tuple(root if each.role == "root" else each for each in found.draft.files)

    refused = refusal(key_revoked, SuccessionCase(replace(found.draft, files=files), before()))
    assert refused.found == f"key {'0' * 16}, which still signs root"


def test_targets_that_delegate_nothing_have_no_say() -> None:
    """Other rules refuse them; this one looks at what is there."""
    found = case(emergency(lost=["cyd"]))
    payload = _signed(found, "targets")
    del payload["delegations"]
    targets = MetadataFile("targets", 2, strict_json.encode(payload))
    files = tuple(targets if each.role == "targets" else each for each in found.draft.files)

    key_revoked.check(SuccessionCase(replace(found.draft, files=files), before()))
