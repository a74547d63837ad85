"""The plan that takes over what others have made: their keys and thresholds, and what the review says of it."""

from dataclasses import replace
from typing import Any

from fakes.history import FIRST, TARGETS, THIRD, altered, bins, files, without
from fakes.people import P256, RSA, keyid, signer
from fakes.taken_over import before, case, plan

from ceremony.core.before import Before
from ceremony.core.differences import changes_of
from ceremony.core.keys import fields_of, keyid_of
from ceremony.core.left_out import is_by_others, lost_names
from ceremony.core.plan import Bins, Keyholder, Leaving, parse_plan, write_plan
from ceremony.core.plan_after import check_after, refusals_after
from ceremony.core.plan_of_others import left_out, their_keys, with_holder, with_leaving, without_key
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.trusted import trust

BEFORE = before()
CYD, ANN = their_keys(BEFORE)


def altered_root(**fields: object) -> Any:  # noqa: ANN401  # a root, signed by whom it needs
    """Their last root with other fields."""
    return altered(THIRD, lambda signed: signed.update(fields), "bob", "cyd", "ann again")


def test_every_key_that_people_hold_is_found() -> None:
    """In the order of root; the online key is nobody's."""
    assert [each.keyid for each in their_keys(BEFORE)] == [keyid("cyd"), keyid("ann again")]
    assert (ANN.roles, ANN.kind, ANN.trouble) == (OFFLINE_ROLES, P256, "")


def test_whoever_signs_root_alone_signs_no_bins() -> None:
    """Nor does anybody sign root who signs targets alone."""

    def part(signed: dict[str, Any]) -> None:
        signed["roles"]["root"] = {"keyids": [keyid("cyd"), keyid("ann again")], "threshold": 2}
        signed["roles"]["targets"] = {"keyids": [keyid("ann again"), keyid("bob")], "threshold": 2}
        signed["keys"][keyid("bob")] = fields_of(signer("bob").public_key)

    found = before(
        altered(THIRD, part, "bob", "cyd", "ann again"), altered(TARGETS, lambda _: None, "ann again", "bob")
    )
    assert [each.roles for each in their_keys(found)] == [("root",), OFFLINE_ROLES, ("targets", "bins")]


def test_the_plan_keeps_their_keys_and_numbers_and_every_rule() -> None:
    """As it is proposed, it can be held; these have bins of theirs, under the key that is ours from now on."""
    found = plan(BEFORE, bins=Bins(16, "succinct"))
    PLAN_RULES.check(PlanCase(found, Policy()))
    check_after(found, BEFORE)
    assert parse_plan(write_plan(found).encode(), "plan.toml") == found
    assert [(each.name, each.keyid) for each in found.keyholders] == [
        ("keyholder 1", CYD.keyid),
        ("keyholder 2", ANN.keyid),
    ]
    assert dict(found.thresholds) == {"root": 2, "targets": 2, "bins": 2}
    assert [*found.expires] == [*OFFLINE_ROLES]


def test_a_threshold_below_the_floor_is_raised_to_it() -> None:
    """One of theirs who could decide everything alone decides nothing alone any more."""

    def lower(signed: dict[str, Any]) -> None:
        signed["roles"]["root"]["threshold"] = 1

    assert plan(before(altered(THIRD, lower, "bob", "cyd", "ann again"))).thresholds["root"] == 2


def test_each_answer_about_a_key_takes_the_place_of_the_one_before() -> None:
    """Kept, leaving, nobody's; whoever comes stays last."""
    found = plan(BEFORE)
    found = replace(found, keyholders=(*found.keyholders, Keyholder("day", OFFLINE_ROLES)))
    found = with_leaving(found, CYD, "cyd", "C3")
    assert found.leaving == (Leaving("cyd", CYD.keyid, "C3"),)
    assert [each.name for each in found.keyholders] == ["keyholder 2", "day"]
    found = with_holder(found, CYD, "cyd")
    assert (found.leaving, [each.name for each in found.keyholders]) == ((), ["keyholder 2", "cyd", "day"])
    found = with_holder(found, CYD, "cyd again", "C4")
    assert [(each.name, each.device) for each in found.keyholders][1] == ("cyd again", "C4")
    found = without_key(found, CYD)
    assert (found.leaving, [each.name for each in found.keyholders]) == ((), ["keyholder 2", "day"])


def test_two_who_keep_one_key_are_told() -> None:
    """Before anything is drafted, which could not be."""
    found = plan(BEFORE)
    twice = replace(found, keyholders=(*found.keyholders, replace(found.keyholders[0], name="day")))
    assert [each.rule for each in refusals_after(twice, BEFORE)] == ["KEY-UNIQUE"]
    assert left_out(twice, BEFORE) == ()


def test_what_would_be_lost_is_named_once() -> None:
    """Role by role."""
    field = "x-tuf-on-ci-expiry-period"
    targets = altered(TARGETS, lambda signed: signed.update({field: 1, "x-more": 2}), "cyd", "ann again")
    found = before(altered_root(**{field: 1}), targets)
    assert is_by_others(found)
    assert left_out(plan(found), found) == lost_names(case(found).draft, found) == (field, "x-more")


def test_the_review_says_what_is_left_out_and_who_leaves() -> None:
    """Each in a sentence; what is left out is a caution."""
    found = before(altered_root(consistent_snapshot=False, **{"x-more": 2}))
    stays = with_leaving(plan(found), CYD, "cyd")
    said = changes_of(case(found, keyholders=stays.keyholders, leaving=stays.leaving, leaves_out=("x-more",)).draft)
    sentences = {each.sentence: each.is_caution for each in said}
    assert sentences["What others wrote is left out, and clients see it no more: x-more."]
    assert f"cyd leaves: key {CYD.keyid[:16]} can sign this root, and nothing after it." in sentences
    assert "From this root on clients ask for files by version and hash; before, they did not." in sentences


def test_a_role_of_theirs_that_nothing_leads_to_any_more_is_one_name() -> None:
    """Whatever it holds: who leaves it out has left out all of it."""

    def delegate(signed: dict[str, Any]) -> None:
        delegations = signed["delegations"]
        role = {**delegations["roles"][0], "name": "theirs", "paths": ["theirs/*"], "terminating": False}
        role.pop("path_hash_prefixes")
        delegations["roles"].insert(0, role)

    theirs = altered(bins(1, "theirs"), lambda signed: signed.update({"x-more": 1}), "ann", "bob")
    found = before(altered(TARGETS, delegate, "cyd", "ann again"), theirs)
    assert "theirs" in found.trusted.targets
    assert left_out(plan(found), found) == ("theirs",)


def test_where_they_have_no_targets_nothing_of_it_is_lost() -> None:
    """And a key that nothing lists is none."""
    found = Before(trust(FIRST.encode(), without(files(), TARGETS.name, "1.bins.json")))
    assert left_out(plan(found), found) == ()
    assert found.key("0" * 64) is None
    assert found.key(CYD.keyid) is not None


def test_a_key_of_a_scheme_that_is_not_signed_with_here_leaves() -> None:
    """Its holder gets another one."""
    rsa = {**fields_of(signer("bob", RSA).public_key), "scheme": "rsa-pkcs1v15-sha256"}

    def name_it(signed: dict[str, Any]) -> None:
        signed["keys"][keyid_of(rsa)] = rsa
        signed["roles"]["root"]["keyids"].append(keyid_of(rsa))

    found = before(altered(THIRD, name_it, "bob", "cyd", "ann again"))
    assert "no scheme" in their_keys(found)[-1].trouble
    assert plan(found).leaving == (Leaving("keyholder 3", keyid_of(rsa)),)
