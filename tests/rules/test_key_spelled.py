"""KEY-SPELLED: a key that is kept is written as clients of today write it."""

from typing import Any

from fakes import succession
from fakes.cases import refusal
from fakes.history import TARGETS, THIRD, altered
from fakes.people import P256, keyid, signer
from fakes.taken_over import before, case, plan

from ceremony.core.before import Before
from ceremony.core.keys import fields_of, keyid_of
from ceremony.core.plan import Keyholder
from ceremony.core.plan_of_others import their_keys
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.succession_rules import key_spelled

OLD_KEYTYPE = {**fields_of(signer("ann again").public_key), "keytype": P256}


def with_old_keytype() -> Before:
    """Ann's second key stands in root under the keytype of years ago, and signs all the same."""
    old, new = keyid("ann again"), keyid_of(OLD_KEYTYPE)

    def change(signed: dict[str, Any]) -> None:
        signed["keys"].pop(old)
        signed["keys"][new] = OLD_KEYTYPE
        for role in signed["roles"].values():
            role["keyids"] = [new if each == old else each for each in role["keyids"]]

    root = altered(THIRD, change, "bob", "cyd", "ann again")
    signatures = {new if each == old else each: sig for each, sig in root.signatures.items()}
    targets = TARGETS
    moved = {new if each == old else each: sig for each, sig in targets.signatures.items()}
    return before(
        type(root)(root.role, root.version, root.payload, signatures),
        type(targets)(targets.role, targets.version, targets.payload, moved),
    )


def test_keys_of_today_are_kept() -> None:
    """Of ours, and of others."""
    key_spelled.check(succession.case(succession.after()))
    key_spelled.check(case())


def test_an_old_keytype_is_refused() -> None:
    """It is made anew instead, and the old one may sign a last time."""
    found = with_old_keytype()
    kept = Keyholder("ann", OFFLINE_ROLES, P256, keyid=keyid_of(OLD_KEYTYPE))
    refused = refusal(key_spelled, case(found, keyholders=(kept, *plan(found).keyholders)))
    assert refused.found.startswith(f"the key of ann, {P256}/{P256}: ")


def test_the_plan_that_is_proposed_keeps_no_such_key() -> None:
    """Its holder leaves with it."""
    found = with_old_keytype()
    assert [each.keyid for each in plan(found).leaving] == [keyid_of(OLD_KEYTYPE)]
    assert [bool(each.trouble) for each in their_keys(found)] == [False, True]
    key_spelled.check(case(found))
