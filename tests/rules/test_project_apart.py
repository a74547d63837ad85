"""PROJECT-APART: no project signs for another."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.projects import CLAIMED, RECENT, case, project, trusted

from ceremony.core.plan import Claims, Delegation
from ceremony.core.project_rules import ProjectCase, project_apart
from ceremony.core.projects import Project


def test_folders_of_their_own_pass() -> None:
    """Also names that begin alike in one folder, and two patterns of one project that share paths."""
    project_apart.check(
        case(
            project("demo", paths=("files/demo/*", "files/demo/demo-*")),
            project("demo-two"),
            project("other", paths=("files/other-*", "files/others")),
        )
    )


@pytest.mark.parametrize("path", ["files/demo/*", "files/demo/x", "files/demo/other-*.txt"])
def test_two_that_share_a_path_are_refused(path: str) -> None:
    """Both are named."""
    refused = refusal(project_apart, case(project("demo"), project("other", paths=(path,))))
    assert refused.found.startswith("demo and other share paths: ")


def test_a_path_of_one_that_stays_is_refused() -> None:
    """Who was there first keeps it."""
    start = trusted(project("demo"))
    found = case(project("other", paths=("files/demo/mine",)), start=start)
    assert "demo and other" in refusal(project_apart, found).found


def test_a_project_that_gets_other_keys_keeps_its_paths_and_passes() -> None:
    """It is the same project."""
    project_apart.check(case(project("demo", "day"), start=trusted(project("demo"))))


def elsewhere(entering: Project) -> ProjectCase:
    """This one enters partners, and demo is in claimed, which clients ask first."""
    start = trusted(project("demo"))
    found = case(entering, start=start)
    delegations = (CLAIMED, Delegation("partners"), RECENT)
    claims = Claims("partners", "0" * 64)
    return replace(found, plan=replace(found.plan, delegations=delegations, claims=claims))


def test_projects_of_two_delegations_pass_apart() -> None:
    """Each with paths of its own."""
    project_apart.check(elsewhere(project("other")))


def test_a_project_of_one_delegation_that_enters_another_is_refused() -> None:
    """One name is one role; also with paths of its own."""
    for paths in (("files/demo/*",), ("docs/demo/*",)):
        refused = refusal(project_apart, elsewhere(project("demo", "mal", paths=paths)))
        assert refused.found == "demo below claimed and below another"


def test_a_path_of_a_project_of_another_delegation_is_refused() -> None:
    """Whichever of them clients ask first."""
    refused = refusal(project_apart, elsewhere(project("evil", paths=("files/demo/*",))))
    assert refused.found == "demo and evil share paths: files/demo/*, files/demo/*"
