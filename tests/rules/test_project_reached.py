"""PROJECT-REACHED: a delegation hands on no more than it was handed."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.projects import CLAIMED, RECENT, case, project

from ceremony.core.project_rules import ProjectCase, project_reached


def limited(*paths: str, to: tuple[str, ...]) -> ProjectCase:
    """A project with these paths, below a delegation for others."""
    found = case(project("demo", paths=paths))
    return replace(found, plan=replace(found.plan, delegations=(replace(CLAIMED, paths=to), RECENT)))


@pytest.mark.parametrize("path", ["files/demo/*", "files/demo/demo-*.tar.gz", "files/demo", "a/b/c/d*"])
def test_any_folder_below_a_delegation_for_every_path_passes(path: str) -> None:
    """With a star in the last segment at most."""
    project_reached.check(case(project("demo", paths=(path,))))


def test_a_path_below_those_of_the_delegation_passes() -> None:
    """One of them is enough."""
    project_reached.check(limited("files/demo/demo-*", to=("docs/*/*", "files/*/*")))


@pytest.mark.parametrize("path", ["*", "demo-*", "demo", "files/*/demo", "*/demo"])
def test_what_is_no_folder_of_its_own_is_refused(path: str) -> None:
    """A project that stood in two folders could not be told from others."""
    assert refusal(project_reached, case(project("demo", paths=("files/demo/*", path)))).found == f"demo: {path}"


@pytest.mark.parametrize("path", ["files/demo/*", "docs/demo/deep/*"])
def test_a_path_that_the_delegation_was_not_handed_is_refused(path: str) -> None:
    """Clients would never ask for it."""
    assert refusal(project_reached, limited(path, to=("docs/*/*",))).wanted == "paths below docs/*/*"
