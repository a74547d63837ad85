"""CLAIMS-PLANNED: the batch that came is the one that the plan names."""

from dataclasses import replace

from fakes.cases import refusal
from fakes.projects import case, claiming, project

from ceremony.core.project_rules import claims_planned


def test_the_batch_that_the_plan_names_passes() -> None:
    """By the hash of all its projects."""
    claims_planned.check(case(project("demo"), project("other")))


def test_no_batch_where_the_plan_names_none_passes() -> None:
    """Also where projects only leave."""
    found = case(claims=None)
    claims_planned.check(found)
    claims_planned.check(replace(found, plan=claiming(leaving=("demo",))))


def test_another_batch_is_refused() -> None:
    """One project more, or one with another threshold."""
    found = case(project("demo"))
    for others in ((project("demo"), project("other")), (project("demo", "ann", "bob", threshold=2),)):
        refused = refusal(claims_planned, replace(found, projects=others))
        assert refused.found.startswith(f"{len(others)} projects, ")
        assert "that the plan names" in refused.wanted


def test_a_batch_that_did_not_come_is_refused() -> None:
    """The plan says what enters; nothing else may be signed."""
    assert refusal(claims_planned, replace(case(project("demo")), projects=())).found == "no projects"


def test_a_batch_that_nobody_planned_is_refused() -> None:
    """However good its projects are."""
    found = replace(case(claims=None), projects=(project("demo"),))
    assert refusal(claims_planned, found).wanted == "none, as the plan says"
