"""Changes of what clients ask before bins, each of which leaves a whole plan."""

from dataclasses import replace

from fakes.people import plan
from fakes.projects import CLAIMED, RECENT, first
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.plan import Keyholder, Plan, parse_plan, write_plan
from ceremony.core.plan_before_bins import signed_online, with_names, with_reach, with_signers
from ceremony.core.plan_rules import PLAN_RULES, PlanCase
from ceremony.core.policy import Policy


def roles_of(found: Plan) -> dict[str, tuple[str, ...]]:
    """Who signs what."""
    return {each.name: each.roles for each in found.keyholders}


def test_what_is_new_is_signed_by_whoever_signs_bins() -> None:
    """By as many of them; only what PEP 480 keeps online is born online."""
    cyd = Keyholder("cyd", ("root", "targets"))
    found = with_names(plan(keyholders=(*plan().keyholders[:2], cyd)), ("claimed", "recently-claimed"))
    assert found.delegations == (CLAIMED, RECENT)
    assert found.offline_roles == ("root", "targets", "claimed", "bins")
    assert found.thresholds["claimed"] == 2
    assert roles_of(found) == {"ann": found.offline_roles, "bob": found.offline_roles, "cyd": ("root", "targets")}


def test_names_in_another_order_change_the_order_alone() -> None:
    """And those that are left out are asked no longer."""
    limited = with_reach(first(CLAIMED, RECENT), "claimed", ("files/*/*",), is_terminating=True)
    found = with_names(limited, ("recently-claimed", "claimed"))
    assert [each.name for each in found.delegations] == ["recently-claimed", "claimed"]
    assert found.delegations[1] == replace(CLAIMED, paths=("files/*/*",), is_terminating=True)
    assert with_names(found, ()).delegations == ()
    assert roles_of(with_names(found, ())) == dict.fromkeys(("ann", "bob", "cyd"), ("root", "targets", "bins"))


def test_somebody_new_comes_and_whoever_signs_nothing_leaves() -> None:
    """Nobody is in a plan for nothing."""
    found = with_signers(first(CLAIMED, RECENT), "claimed", ("ann", "day", "eon"))
    assert roles_of(found)["day"] == ("claimed",)
    assert [each.name for each in found.holders_of("claimed")] == ["ann", "day", "eon"]
    assert roles_of(found)["bob"] == ("root", "targets", "bins")
    assert [*roles_of(with_signers(found, "claimed", ("ann", "bob")))] == ["ann", "bob", "cyd"]
    assert [*roles_of(with_names(found, ("recently-claimed",)))] == ["ann", "bob", "cyd"]


def test_a_role_goes_online_and_comes_back() -> None:
    """With the threshold of bins, as a new one."""
    online = signed_online(first(CLAIMED, RECENT), "claimed")
    assert online.offline_roles == ("root", "targets", "bins")
    back = with_signers(online, "claimed", ("bob", "cyd"))
    assert (back.delegations, back.thresholds["claimed"]) == ((CLAIMED, RECENT), 2)
    assert [each.name for each in back.holders_of("claimed")] == ["bob", "cyd"]


_NAMES = st.sampled_from(["claimed", "recently-claimed", "docs", "x-1"])
_PEOPLE = st.lists(st.sampled_from(["ann", "bob", "cyd", "day"]), min_size=2, max_size=4, unique=True)


@given(st.lists(_NAMES, unique=True), st.lists(st.tuples(_NAMES, _PEOPLE | st.none())))
def test_a_plan_with_delegations_survives_writing(
    names: list[str], signers: list[tuple[str, list[str] | None]]
) -> None:
    """Whatever was changed, in whatever order; and it keeps every rule but that of the order."""
    found = with_names(first(), names)
    for name, people in signers:
        if name in names:
            found = signed_online(found, name) if people is None else with_signers(found, name, people)
    found = replace(
        found, expires={role: found.expires.get(role, found.expires["bins"]) for role in found.offline_roles}
    )
    assert parse_plan(write_plan(found).encode(), "plan.toml") == found
    assert {each.rule for each in PLAN_RULES.refusals(PlanCase(found, Policy()))} <= {"DELEGATION-ORDER"}
