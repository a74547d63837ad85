"""What a plan says of delegations and projects: strict in, the same out."""

from dataclasses import replace

import pytest
from fakes.projects import CLAIMED, RECENT, first
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.path_patterns import is_pattern
from ceremony.core.plan import Claims, Delegation, Plan, parse_plan, write_plan
from ceremony.core.plan_delegations import DELEGATIONS_LIMIT
from ceremony.errors import Problem, SettingsError

DOCS = Delegation("docs", ("docs/*", "man/*/x*"), is_terminating=True)
PLAN = replace(first(CLAIMED, RECENT, DOCS), claims=Claims("claimed", "a" * 64, ("alpha", "demo")))
TEXT = write_plan(PLAN)


def problems_of(text: str) -> tuple[Problem, ...]:
    """Every problem of this text; none if it is a plan."""
    try:
        parse_plan(text.encode(), "plan.toml")
    except SettingsError as error:
        return error.problems
    return ()


def test_what_is_written_is_read_again() -> None:
    """In the order in which clients ask."""
    found = parse_plan(TEXT.encode(), "plan.toml")
    assert found == PLAN
    assert [each.name for each in found.delegations] == ["claimed", "recently-claimed", "docs"]


NAMES = st.from_regex(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){0,12}", fullmatch=True).map(lambda name: f"x{name}")
PATHS = st.lists(
    st.from_regex(r"[A-Za-z0-9*._-]{1,8}(/[A-Za-z0-9*._-]{1,8}){0,2}", fullmatch=True).filter(is_pattern),
    unique=True,
    max_size=4,
)
DELEGATIONS = st.lists(
    st.builds(Delegation, NAMES, PATHS.map(tuple), st.booleans(), st.booleans()),
    unique_by=lambda each: each.name,
    max_size=6,
)
LEAVING = st.sets(st.from_regex(r"[a-z0-9]{1,9}", fullmatch=True), max_size=5).map(lambda each: tuple(sorted(each)))
SHA256 = st.just("") | st.from_regex(r"[0-9a-f]{64}", fullmatch=True)


@given(DELEGATIONS, LEAVING, SHA256, st.data())
def test_any_delegations_and_claims_survive_writing(
    delegations: list[Delegation], leaving: tuple[str, ...], sha256: str, data: st.DataObject
) -> None:
    """Whatever somebody planned."""
    found: Plan = first(*delegations)
    offline = [each.name for each in delegations if not each.is_online]
    if offline and (leaving or sha256):
        found = replace(found, claims=Claims(data.draw(st.sampled_from(offline)), sha256, leaving))
    assert parse_plan(write_plan(found).encode(), "plan.toml") == found


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('name = "claimed"', 'name = "bins"', "delegations[0].name"),
        ('name = "claimed"', 'name = "bin-5"', "delegations[0].name"),
        ('name = "claimed"', 'name = "project-demo"', "delegations[0].name"),
        ('name = "claimed"', 'name = "Claimed"', "delegations[0].name"),
        ('name = "docs"', 'name = "claimed"', "delegations[2].name"),
        ('"docs/*"', '"/docs"', "delegations[2].paths"),
        ('"docs/*"', '"man/*/x*"', "delegations[2].paths"),
        ("terminating = true", "terminating = 1", "delegations[2].terminating"),
        ("online = true", 'signer = "online"', "delegations[1].signer"),
        ('role = "claimed"', 'role = "recently-claimed"', "claims.role"),
        ('role = "claimed"', 'role = "nobody"', "claims.role"),
        (f'sha256 = "{"a" * 64}"', 'sha256 = "a"', "claims.sha256"),
        ('"alpha", "demo"', '"demo", "alpha"', "claims.leaving"),
        ('"alpha", "demo"', '"demo", "demo"', "claims.leaving"),
        ('"alpha", "demo"', '"Alpha"', "claims.leaving"),
        ('leaving = ["alpha"', 'entering = ["alpha"', "claims.entering"),
    ],
)
def test_whatever_means_nothing_is_a_problem(old: str, new: str, field: str) -> None:
    """The field is named."""
    assert old in TEXT
    assert field in {each.field for each in problems_of(TEXT.replace(old, new))}


def test_claims_that_change_nothing_are_a_problem() -> None:
    """A table that says nothing is a mistake."""
    lines = (line for line in TEXT.splitlines() if not line.startswith(("sha256 =", "leaving =")))
    assert [each.field for each in problems_of("\n".join(lines))] == ["claims.sha256"]


def test_without_a_delegation_that_keyholders_sign_nobody_can_claim() -> None:
    """What it would need is named."""
    (problem,) = problems_of(write_plan(replace(first(RECENT), claims=Claims("claimed", "a" * 64))))
    assert (problem.field, problem.wanted) == ("claims.role", "a delegation that is not online")


def test_more_delegations_than_clients_ask_are_a_problem() -> None:
    """Others are to come below them."""
    many = tuple(Delegation(f"role-{number}", is_online=True) for number in range(DELEGATIONS_LIMIT + 1))
    assert [each.field for each in problems_of(write_plan(first(*many)))] == ["delegations"]
    assert problems_of(write_plan(first(*many[1:]))) == ()
