"""DELIVERY-PROJECTS: below a role before bins there are projects alone, each with paths and keys of its own."""

from collections.abc import Callable
from typing import Any

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, project
from fakes.release import DEVICE_KEYS, ONLINE, altered, delivery_case, online_key, release

from ceremony.core.delivery_below_rules import delivery_projects
from ceremony.core.keys import fields_of
from ceremony.core.plan import Delegation
from ceremony.errors import RefusedError

FIRST = release(online_key(ONLINE))
OTHER = Delegation("vendors", ("files/*/*",))
DELEGATED = changed(FIRST, Changing(delegations=(OTHER, CLAIMED, RECENT)))
SECOND = changed(DELEGATED, Changing(roles=("claimed",), entering=(project("demo"), project("other"))))


def first(signed: dict[str, Any]) -> dict[str, Any]:
    """The first project in claimed."""
    found: dict[str, Any] = signed["delegations"]["roles"][0]
    return found


def with_key_of(signed: dict[str, Any], key: Any) -> None:  # noqa: ANN401  # any signer's public key
    """The first project has this key too."""
    signed["delegations"]["keys"][key.keyid] = fields_of(key)
    first(signed)["keyids"].append(key.keyid)


def test_projects_with_folders_of_their_own_are_taken() -> None:
    """Two of them."""
    delivery_projects.check(delivery_case(SECOND, trusted=DELEGATED))


@pytest.mark.parametrize(
    "change",
    [
        lambda claimed: claimed["targets"].update({"demo": {"length": 1, "hashes": {"sha256": "00" * 32}}}),
        lambda claimed: first(claimed).update(name="demo"),
        lambda claimed: first(claimed).update(name="project-../demo"),
        lambda claimed: first(claimed).update(name="bins"),
        lambda claimed: first(claimed).update(terminating=False),
        lambda claimed: first(claimed).update(paths=["*"]),
        lambda claimed: first(claimed).update(paths=["*/demo"]),
        lambda claimed: first(claimed).update(paths=["files/other/*"]),
        lambda claimed: first(claimed).update(paths=[]),
        lambda claimed: first(claimed).update(threshold=2),
        lambda claimed: with_key_of(claimed, ONLINE.public_key),
        lambda claimed: with_key_of(claimed, DEVICE_KEYS["ann"].public_key),
    ],
    ids=[
        "a target of its own",
        "a name without its beginning",
        "a name that leads elsewhere",
        "the name of bins",
        "not terminating",
        "every folder",
        "a star in a folder",
        "the paths of another",
        "no path",
        "too few keys",
        "the online key",
        "a keyholder's key",
    ],
)
def test_a_project_beyond_its_own_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    """Even if keyholders signed it."""
    case = delivery_case(altered(SECOND, "claimed", change), trusted=DELEGATED)

    with pytest.raises(RefusedError) as refusal:
        delivery_projects.check(case)

    assert refusal.value.rule == "DELIVERY-PROJECTS"


def test_one_project_in_two_roles_is_refused() -> None:
    """Clients would hold one file against two sets of keys."""
    both = changed(SECOND, Changing(roles=("vendors",), claims="vendors", entering=(project("demo"),)))

    with pytest.raises(RefusedError) as refusal:
        delivery_projects.check(delivery_case(both, trusted=SECOND))

    assert refusal.value.rule == "DELIVERY-PROJECTS"


def test_a_project_outside_the_paths_of_its_role_is_refused() -> None:
    """Clients would never be sent to it."""
    outside = project("far", paths=("elsewhere/far/*",))
    case = delivery_case(
        changed(SECOND, Changing(roles=("vendors",), claims="vendors", entering=(outside,))), trusted=SECOND
    )

    with pytest.raises(RefusedError) as refusal:
        delivery_projects.check(case)

    assert refusal.value.rule == "DELIVERY-PROJECTS"


@pytest.mark.parametrize("path", ["files/demo/*", "files/demo/one"])
def test_paths_of_a_project_of_another_role_are_refused(path: str) -> None:
    """Whichever is asked first would speak for the other."""
    entering = (project("evil", paths=(path,)),)
    case = delivery_case(
        changed(SECOND, Changing(roles=("vendors",), claims="vendors", entering=entering)), trusted=SECOND
    )

    with pytest.raises(RefusedError) as refusal:
        delivery_projects.check(case)

    assert (refusal.value.rule, "share paths" in refusal.value.found) == ("DELIVERY-PROJECTS", True)
