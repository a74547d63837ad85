"""What a machine has never seen of a repository, and so cannot judge."""

from dataclasses import replace

import pytest
from fakes.succession import before

from ceremony.core.own_rules import unseen
from ceremony.core.trusted import Trusted

ROLES = ("root", "targets", "bins")


def having(*roles: str) -> Trusted:
    """What `before()` trusts, of targets these alone."""
    found = before().trusted
    return replace(found, targets={role: found.targets[role] for role in roles})


@pytest.mark.parametrize(
    ("own", "there", "wanted"),
    [
        (having("targets", "bins"), having("targets", "bins"), ()),
        (having(), having("targets", "bins"), ("targets", "bins")),
        (having("targets"), having("targets", "bins"), ("bins",)),
        (None, having("targets", "bins"), ("targets", "bins")),
        (having(), having(), ("targets", "bins")),
        (having("targets"), having("targets"), ()),
    ],
    ids=["all", "a root file", "no bins", "nothing", "neither has any", "there are no bins yet"],
)
def test_what_a_machine_has_no_file_of_it_has_not_seen(
    own: Trusted | None, there: Trusted, wanted: tuple[str, ...]
) -> None:
    """Root is always there; a role that is new is none, as far as the machine's own targets tell."""
    assert unseen(own, there, ROLES) == wanted


def test_only_what_is_to_be_signed_counts() -> None:
    """A rotation of root alone asks nothing of targets."""
    assert unseen(having(), having("targets", "bins"), ("root",)) == ()
