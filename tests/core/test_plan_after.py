"""The plan that follows: everything is kept but what was said, and it says which roles have to be signed anew."""

from dataclasses import replace
from datetime import timedelta
from itertools import chain, combinations

import pytest
from fakes.people import P384, keyid, online_key, plan
from fakes.succession import WINDOW, after, before, case, ends
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.before import Before
from ceremony.core.plan import Bins, Keyholder, Plan, parse_plan, write_plan
from ceremony.core.plan_after import (
    changed_roles,
    ends_of,
    kept_roster,
    nearest_roles,
    plan_after,
    refusals_after,
    with_ends,
    with_keyholder,
    with_new_device,
    without_keyholder,
)
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.roster import Roster
from ceremony.core.succession_rules import SUCCESSION_RULES
from ceremony.core.trusted import Trusted
from ceremony.errors import TamperedError

DAY = Keyholder("day", OFFLINE_ROLES)
EVERY_SET = tuple(chain.from_iterable(combinations(OFFLINE_ROLES, count) for count in range(4)))


def refused(found: Plan, start: Before | None = None) -> list[str]:
    """The rules that the plan breaks beside what it follows."""
    return [each.rule for each in refusals_after(found, start or before())]


# ---- what is kept


def test_everything_is_kept_but_name_kind_time_and_ends() -> None:
    """Whoever reads both plans side by side finds no other difference but the keys, which are told now."""
    first, found = plan(), after("rotation", expires=ends("root"))
    assert (found.id, found.kind, found.window) == ("the-rotation", "rotation", WINDOW)
    assert dict(found.expires) == ends("root")
    same = replace(
        found,
        id=first.id,
        kind=first.kind,
        window=first.window,
        expires=first.expires,
        trusted=None,
        keyholders=tuple(replace(each, keyid="") for each in found.keyholders),
    )
    assert same == first


def test_everybody_keeps_the_key_of_the_roster() -> None:
    """By keyid, so that nobody is asked to make one."""
    assert {each.name: each.keyid for each in after().keyholders} == {
        name: keyid(name) for name in ("ann", "bob", "cyd")
    }


def test_the_last_root_is_named_by_what_was_signed() -> None:
    """Its version and the hash of its payload, as TRUSTED-ROOT compares them."""
    assert refused(after()) == []
    trusted = after().trusted
    assert trusted is not None
    assert trusted.version == 1


def test_a_keyholder_without_a_key_is_not_guessed() -> None:
    """The roster is not that of the plan."""
    start = replace(before(), roster=Roster(before().roster.enrolments[:2]))
    with pytest.raises(TamperedError, match="no key of cyd"):
        plan_after(start, plan(), "rotation", name="next", window=WINDOW, expires=ends())


def test_ends_come_in_the_order_of_the_policy() -> None:
    """However they were given: plans of one meaning are one text."""
    backwards = dict(reversed(ends().items()))
    assert list(with_ends(after(), backwards).expires) == [*OFFLINE_ROLES]
    found = plan_after(before(), plan(), "refresh", name="next", window=WINDOW, expires=backwards)
    assert list(found.expires) == [*OFFLINE_ROLES]


# ---- changes of people


def test_whoever_comes_stands_last_and_has_no_key_yet() -> None:
    """Not even one that was named."""
    found = with_keyholder(after(), replace(DAY, keyid="5" * 64))
    assert found.keyholders == (*after().keyholders, DAY)


def test_whoever_leaves_is_gone_and_thresholds_stay() -> None:
    """Whether they can still be reached is a rule's to say."""
    found = without_keyholder(after(), "bob")
    assert [each.name for each in found.keyholders] == ["ann", "cyd"]
    assert found.thresholds == after().thresholds


@pytest.mark.parametrize("device", ["", "A7"])
def test_a_new_device_keeps_name_roles_and_scheme_alone(device: str) -> None:
    """What was said of the old device says nothing of the new one: an exception for old firmware least of all."""
    ann, bob, cyd = after().keyholders
    old = replace(cyd, device="A1", key="tuf", slot="82", firmware_exception="There is no other one.")
    found = with_new_device(after(keyholders=(ann, bob, old)), "cyd", device)
    assert found.keyholders == (ann, bob, Keyholder("cyd", OFFLINE_ROLES, P384, device))


def test_a_name_that_nobody_has_changes_nothing() -> None:
    """Neither device nor place."""
    assert with_new_device(after(), "day") == without_keyholder(after(), "day") == after()


# ---- which roles


@pytest.mark.parametrize(
    ("found", "roles"),
    [
        (after(), ()),
        (after(id="other", window=plan().window), ()),
        (with_new_device(after(), "cyd"), ("root", "targets")),
        (with_new_device(after(), "ann"), OFFLINE_ROLES),
        (without_keyholder(after(), "cyd"), ("root", "targets")),
        (without_keyholder(after(), "bob"), OFFLINE_ROLES),
        (with_keyholder(after(), DAY), ("root", "targets")),
        (with_keyholder(after(), replace(DAY, roles=("root",))), ("root",)),
        (with_keyholder(after(), replace(DAY, roles=("targets",))), ("root",)),
        (with_keyholder(after(), replace(DAY, roles=("bins",))), ("targets",)),
        (after(thresholds={"root": 3, "targets": 2, "bins": 2}), ("root",)),
        (after(thresholds={"root": 2, "targets": 3, "bins": 2}), ("root", "targets")),
        (after(thresholds={"root": 2, "targets": 2, "bins": 3}), ("targets", "bins")),
        (after(bins=Bins(32, "succinct")), ("bins",)),
        (after(online_key=online_key(name="online again")), ("root", "bins")),
    ],
)
def test_the_roles_that_have_to_be_signed_are_found(found: Plan, roles: tuple[str, ...]) -> None:
    """Where something changes, and where too few of those who signed keep a key. Ann and bob signed, cyd did not."""
    assert changed_roles(found, before()) == roles


def changed(leaves: set[str], anew: set[str], thresholds: dict[str, int], bins: Bins, day: set[str]) -> Plan:
    """A plan in which these people leave, get other devices, and day comes for these roles."""
    found = after(thresholds=thresholds, bins=bins)
    for name in sorted(anew):
        found = with_new_device(found, name)
    for name in sorted(leaves):
        found = without_keyholder(found, name)
    return with_keyholder(found, Keyholder("day", tuple(sorted(day, key=OFFLINE_ROLES.index)))) if day else found


PLANS = st.builds(
    changed,
    st.sets(st.sampled_from(["ann", "bob", "cyd"]), max_size=2),
    st.sets(st.sampled_from(["ann", "bob", "cyd"])),
    st.fixed_dictionaries({role: st.integers(1, 3) for role in OFFLINE_ROLES}),
    st.sampled_from([Bins(16, "succinct"), Bins(16, "explicit")]),
    st.sets(st.sampled_from(OFFLINE_ROLES)),
)


@given(PLANS)
def test_the_suggested_roles_are_exactly_those_that_the_rules_ask_for(found: Plan) -> None:
    """Each set of roles that holds them keeps every rule once people have enrolled, and no other set does."""
    wanted = {*changed_roles(found, before())}
    for roles in EVERY_SET:
        signed = with_ends(found, ends(*roles) if roles else {})
        refusals = [each.rule for each in SUCCESSION_RULES.refusals(case(signed))]
        assert (refusals == []) == (wanted <= {*roles})


@given(PLANS, st.sets(st.sampled_from(OFFLINE_ROLES), min_size=1), st.sampled_from(["rotation", "refresh"]))
def test_what_is_judged_before_anybody_enrols_is_what_is_judged_afterwards(
    found: Plan, roles: set[str], kind: str
) -> None:
    """A key that is not made yet counts as one that nobody had."""
    signed = replace(with_ends(found, ends(*roles)), kind=kind)
    judged = [each.rule for each in SUCCESSION_RULES.refusals(case(signed))]
    assert refused(signed) == judged


@given(PLANS, st.sampled_from(["rotation", "refresh"]))
def test_a_plan_that_follows_survives_writing_and_reading(found: Plan, kind: str) -> None:
    """With its keyids, its root, and the roles that it leaves out."""
    for roles in EVERY_SET[1:]:
        written = replace(with_ends(found, ends(*roles)), kind=kind)
        assert parse_plan(write_plan(written).encode(), "plan.toml") == written


# ---- what is refused before the day


def test_a_refresh_with_another_device_is_refused() -> None:
    """It changes more than dates."""
    assert refused(with_new_device(after("refresh"), "cyd")) == ["REFRESH-ONLY"]


def test_a_kept_key_of_somebody_else_is_refused() -> None:
    """Nobody signs under another's name."""
    ann, *others = after().keyholders
    assert refused(after(keyholders=(replace(ann, keyid=keyid("bob")), *others))) == ["KEY-KEPT"]


def test_a_kept_key_on_another_device_than_the_plan_names_is_refused() -> None:
    """The plan names a device for ann, and keeps a key that stands on another."""
    ann, *others = after().keyholders
    assert refused(after(keyholders=(replace(ann, device="A9"), *others))) == ["ENROLMENT-PLANNED"]


def test_a_kept_key_may_sign_other_roles() -> None:
    """Its holder proved once to have it; what it signs, metadata says, and the review tells it."""
    ann, *others = after().keyholders
    found = after(keyholders=(replace(ann, roles=("root",)), *others))
    assert refused(found) == []
    first = kept_roster(found, before()).enrolments[0]
    assert (first.keyholder, first.roles) == ("ann", ("root",))


def test_a_plan_after_another_root_is_refused() -> None:
    """Somebody rotated in the meantime."""
    trusted = after().trusted
    assert trusted is not None
    assert refused(after(trusted=replace(trusted, version=2))) == ["TRUSTED-ROOT"]


def test_a_plan_of_a_first_ceremony_is_refused() -> None:
    """It names no root."""
    assert "TRUSTED-ROOT" in refused(plan())


def test_what_is_not_there_yet_has_to_be_signed() -> None:
    """A role that was never signed cannot stay as it is, and nobody can tell who signed it."""
    trusted = Trusted(before().trusted.roots, {"targets": before().trusted.targets["targets"]})
    without = replace(before(), trusted=trusted)
    assert changed_roles(after(), without) == ("bins",)
    assert refused(after(), without) == ["DELEGATED-SHOWN"]
    assert refused(after(expires=ends("root")), without) == ["DELEGATED-SHOWN", "CHANGE-SIGNED", "STANDS-SIGNED"]


# ---- when roles end


def test_the_ends_of_what_is_trusted_are_told() -> None:
    """As the first plan said."""
    assert ends_of(before()) == dict(plan().expires)


def test_what_ends_first_is_what_is_nearest() -> None:
    """Bins in three months; targets and root later than a month after that."""
    assert nearest_roles(before()) == ("bins",)


def test_what_ends_within_a_month_of_it_is_signed_with_it() -> None:
    """People come together once."""
    soon = dict.fromkeys(OFFLINE_ROLES, plan().expires["root"])
    assert soon["root"] - timedelta(days=31) < soon["bins"]
    found = replace(before(), trusted=_ending({"root": 300, "targets": 31, "bins": 0}))
    assert nearest_roles(found) == ("targets", "bins")
    assert nearest_roles(replace(before(), trusted=_ending({"root": 31, "targets": 32, "bins": 0}))) == ("root", "bins")


def _ending(days: dict[str, int]) -> Trusted:
    expires = {role: WINDOW.closes + timedelta(days=100 + more) for role, more in days.items()}
    files = {each.role: each for each in case(after("refresh", expires=expires)).draft.files}
    return Trusted((files["root"],), {role: files[role] for role in ("targets", "bins")})


def test_a_refusal_names_rule_and_reason() -> None:
    """As any other."""
    (found,) = refusals_after(with_ends(with_new_device(after(), "cyd"), ends("root")), before())
    assert found.wanted == "an end for targets under [expires]"
