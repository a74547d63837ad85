"""REPOSITORY-SAME: what follows a root is about its repository, and a rehearsal if that was one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fakes.cases import refusal
from fakes.history import altered
from fakes.succession import after, before, case

from ceremony.core.before import Before
from ceremony.core.draft import REHEARSAL_FIELD, REPOSITORY_FIELD
from ceremony.core.succession_rules import repository_same


def marked(change: Callable[[dict[str, Any]], object]) -> Before:
    """What is trusted, with other marks in its root."""
    start = before()
    root = altered(start.trusted.root, change, "ann", "bob")
    return replace(start, trusted=replace(start.trusted, roots=(root,)))


def test_the_same_repository_passes() -> None:
    """In a rehearsal that follows a rehearsal."""
    repository_same.check(case(after()))


def test_a_real_ceremony_after_a_real_one_passes() -> None:
    """Neither is marked."""
    repository_same.check(case(after(is_rehearsal=False), marked(lambda root: root.pop(REHEARSAL_FIELD))))


def test_a_root_of_others_that_names_no_repository_passes() -> None:
    """Nothing in it says what it is for."""

    def unmark(root: dict[str, Any]) -> None:
        del root[REPOSITORY_FIELD], root[REHEARSAL_FIELD]

    repository_same.check(case(after(is_rehearsal=False), marked(unmark)))


def test_another_repository_is_refused() -> None:
    """Two repositories never share a chain."""
    found = refusal(repository_same, case(after(repository="other.example.org")))
    assert (found.found, found.wanted) == ("a plan for other.example.org", "one for packages.example.org")


def test_the_real_thing_after_a_rehearsal_is_refused() -> None:
    """Keys that practised would be trusted."""
    assert refusal(repository_same, case(after(is_rehearsal=False))).found == "the real thing after a rehearsal"


def test_a_rehearsal_after_the_real_thing_is_refused() -> None:
    """Real keys would sign it."""
    start = marked(lambda root: root.pop(REHEARSAL_FIELD))
    assert refusal(repository_same, case(after(), start)).found == "a rehearsal after the real thing"


@pytest.mark.parametrize("mark", [False, 1, "true", None])
def test_a_mark_that_is_not_true_marks_no_rehearsal_and_is_refused(mark: object) -> None:
    """As the online signer reads it."""
    refusal(repository_same, case(after(), marked(lambda root: root.update({REHEARSAL_FIELD: mark}))))
