"""PROJECT-REACHED: a delegation hands on no more than it was handed."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.projects import CLAIMED, RECENT, case, claiming, delegating, project, trusted

from ceremony.core.plan import Delegation
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


def narrowed(*to: str, was: tuple[str, ...] = (), leaving: tuple[str, ...] = ()) -> ProjectCase:
    """Clients asked claimed, in which demo is, for these paths, and are to ask it for those."""
    start = trusted(project("demo"), delegations=(replace(CLAIMED, paths=was), RECENT))
    found = claiming(leaving=leaving, start=start) if leaving else delegating(start)
    delegations = (replace(CLAIMED, paths=to), RECENT, Delegation("docs", ("docs/*",)))
    return ProjectCase(replace(found, delegations=delegations), (), start)


@pytest.mark.parametrize(("was", "to"), [((), ()), ((), ("files/*/*",)), (("files/*/*",), ("files/demo/*", "x/*"))])
def test_paths_that_hold_those_of_whoever_stays_pass(was: tuple[str, ...], to: tuple[str, ...]) -> None:
    """Fewer than before, and enough."""
    project_reached.check(narrowed(*to, was=was))


@pytest.mark.parametrize("to", ["docs/*/*", "files/demo/demo-*", "files/*"])
def test_a_delegation_that_drops_whoever_stays_is_refused(to: str) -> None:
    """Its project would sign, and nobody would ask; unless it leaves at once."""
    refused = refusal(project_reached, narrowed(to))
    assert refused.found == "demo, who stays: files/demo/*"
    project_reached.check(narrowed(to, leaving=("demo",)))


def test_what_was_never_reached_is_nobody_s_loss() -> None:
    """As others may have delegated it."""
    project_reached.check(narrowed("docs/*/*", was=("man/*",)))
