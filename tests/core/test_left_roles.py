"""What delegations have left is remembered in targets, so that no version comes twice."""

from dataclasses import replace

from fakes.history import altered
from fakes.projects import (
    CLAIMED,
    RECENT,
    delegating,
    first,
    following,
    project,
    trusted,
    with_claimed_again,
    without_claimed,
)
from fakes.succession import WINDOW, ends

from ceremony.core.before import Before
from ceremony.core.left_roles import LEFT_FIELD, left_after, left_roles, next_version
from ceremony.core.plan_after import plan_after
from ceremony.core.plan_before_bins import with_names
from ceremony.core.signed import targets_of
from ceremony.core.trusted import Trusted

END = ends("bins")["bins"]


def remembered(start: Before) -> object:
    """What the trusted targets remembers, as it stands there."""
    return targets_of(start.trusted.targets["targets"]).unrecognized_fields.get(LEFT_FIELD)


def test_where_nothing_has_left_nothing_is_remembered() -> None:
    """The field is not there at all."""
    assert remembered(trusted()) is None
    assert left_after(None, ()) == {}
    assert left_after(replace(trusted(), trusted=Trusted(trusted().trusted.roots, {})), ()) == {}


def test_a_role_that_leaves_is_remembered_with_its_last_version() -> None:
    """And every later targets carries that on."""
    start = without_claimed()
    assert remembered(start) == {"claimed": 1}
    last = plan_after(start, first(RECENT), "refresh", name="the-refresh", window=WINDOW, expires={})
    assert remembered(following(start, replace(last, expires={"targets": END}))) == {"claimed": 1}


def test_a_role_of_the_online_key_is_remembered_without_a_version() -> None:
    """No ceremony knows which it has."""
    start = trusted()
    found = replace(with_names(delegating(start), ("claimed",)), expires={"targets": END})
    assert remembered(following(start, found)) == {"recently-claimed": 0}


def test_a_role_that_comes_back_goes_on_and_is_remembered_no_more() -> None:
    """Until it leaves again, with a later version; its projects are gone."""
    start = without_claimed()
    assert (next_version("claimed", start), next_version("docs", start), next_version("targets", start)) == (2, 1, 3)
    back = following(start, with_claimed_again(start))
    assert (remembered(back), back.trusted.targets["claimed"].version) == (None, 2)
    last = plan_after(back, first(CLAIMED, RECENT), "delegation", name="the-end", window=WINDOW, expires={})
    gone = following(back, replace(with_names(last, ("recently-claimed",)), expires={"targets": END}))
    assert remembered(gone) == {"claimed": 2}


def test_what_comes_back_comes_back_empty() -> None:
    """What was vouched for before is vouched for anew, or not."""
    start = without_claimed()
    back = following(start, with_claimed_again(start))
    assert targets_of(back.trusted.targets["claimed"]).delegations is None


def test_what_others_wrote_in_its_place_is_not_believed() -> None:
    """Names that no plan can have, versions that are none."""
    strange = {"claimed": 5, "docs": True, "man": -1, "Bad Name": 1, "bins": 3, "big": 10**9, "x": "1", "y": 0}
    found = altered(trusted().trusted.targets["targets"], lambda signed: signed.update({LEFT_FIELD: strange}), "ann")
    assert left_roles(targets_of(found)) == {"claimed": 5, "y": 0}
    odd = altered(found, lambda signed: signed.update({LEFT_FIELD: ["claimed"]}), "ann")
    assert left_roles(targets_of(odd)) == {}


def test_without_targets_every_role_begins() -> None:
    """There is nothing that could remember."""
    start = replace(trusted(project("demo")), trusted=Trusted(trusted().trusted.roots, {}))
    assert (next_version("claimed", start), next_version("claimed", None)) == (1, 1)
