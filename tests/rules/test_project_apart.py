"""PROJECT-APART: no project signs for another."""

import pytest
from fakes.cases import refusal
from fakes.projects import case, project, trusted

from ceremony.core.project_rules import project_apart


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
    project_apart.check(case(project("demo", "dan"), start=trusted(project("demo"))))
