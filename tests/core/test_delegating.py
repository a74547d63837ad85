"""Delegations as metadata has them: for paths or for every path, and one for each project."""

from fakes.people import keyid
from fakes.projects import project

from ceremony.core.delegating import EVERY_PREFIX, delegate_projects, delegated_role
from ceremony.core.plan import Delegation


def test_a_delegation_without_paths_is_for_every_path() -> None:
    """By the hash of the path, since a star reaches across no slash."""
    role = delegated_role(Delegation("claimed"), ["k"], 2)
    assert (role.paths, role.path_hash_prefixes, role.terminating) == (None, [*EVERY_PREFIX], False)
    assert all(role.is_delegated_path(path) for path in ("a", "a/b/c/d", "files/demo/demo-1.0.tar.gz"))


def test_a_delegation_with_paths_is_for_those_alone() -> None:
    """And ends the search if it says so."""
    role = delegated_role(Delegation("docs", ("docs/*",), is_terminating=True), ["k"], 1)
    assert (role.paths, role.path_hash_prefixes, role.terminating) == (["docs/*"], None, True)
    assert not role.is_delegated_path("files/demo")


def test_a_project_ends_the_search_for_its_own_paths() -> None:
    """Its keys and its threshold are those of its claim."""
    found = delegate_projects(None, (project("demo", "day", "eon", threshold=2),))
    assert found is not None
    assert found.roles is not None
    role = found.roles["project-demo"]
    assert (role.paths, role.terminating, role.threshold) == (["files/demo/*"], True, 2)
    assert role.keyids == [keyid("day"), keyid("eon")]
    assert {*found.keys} == {keyid("day"), keyid("eon")}


def test_what_stays_keeps_its_place_and_what_is_new_comes_last() -> None:
    """Also where one gets other keys; keys that nobody has any more are gone."""
    was = delegate_projects(None, (project("b", "day"), project("a", "eon")))
    found = delegate_projects(was, (project("0", "fog"), project("b", "gap")))
    assert found is not None
    assert [*(found.roles or {})] == ["project-b", "project-a", "project-0"]
    assert {*found.keys} == {keyid("gap"), keyid("eon"), keyid("fog")}


def test_whoever_leaves_is_gone_with_the_key() -> None:
    """Unless another project has the same one."""
    was = delegate_projects(None, (project("a", "day"), project("b", "day"), project("c", "eon")))
    found = delegate_projects(was, (), ("a", "c"))
    assert found is not None
    assert [*(found.roles or {})] == ["project-b"]
    assert {*found.keys} == {keyid("day")}


def test_where_nobody_is_left_nothing_is_delegated() -> None:
    """As before the first came."""
    assert delegate_projects(None, ()) is None
    assert delegate_projects(delegate_projects(None, (project("a"),)), (), ("a",)) is None
