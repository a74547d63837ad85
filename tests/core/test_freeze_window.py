"""The freeze window: what it says is what the real client does, to the second."""

from datetime import UTC, datetime, timedelta

import pytest
from fakes import dated_repository as lab
from fakes.people import NOW
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ceremony.core.forecast_roles import DatedRole, dated_roles, stated_lifetimes
from ceremony.core.freeze_window import FreezeWindow, freeze_windows
from ceremony.core.metadata_file import MetadataFile

ROLES = ("root", "targets", "bins", "bin_n", "snapshot", "timestamp")
SECOND = timedelta(seconds=1)

moments = st.integers(1, 40).map(lambda days: NOW + timedelta(days=days))
some_ends = st.fixed_dictionaries(dict.fromkeys(ROLES, moments))


def windows_of(files: tuple[MetadataFile, ...], now: datetime = NOW) -> dict[str, FreezeWindow]:
    """The window of each role."""
    found = freeze_windows(dated_roles(files), stated_lifetimes(files), now)
    return {each.role: each for each in found}


def named(files: tuple[MetadataFile, ...], role: str) -> MetadataFile:
    """The file of this role."""
    return next(each for each in files if each.role == role)


# ---- the real client as judge


@settings(max_examples=40)
@given(some_ends)
def test_withheld_files_are_taken_up_to_the_end_of_the_window_and_no_longer(ends: dict[str, datetime]) -> None:
    """Somebody shows the old files below a new root: one second earlier they are taken, then not."""
    files = lab.files(**ends)
    shown = (*files, lab.successor(named(files, "root")))
    until = windows_of(files)["bin-n"].withheld_until
    assert lab.is_taken(named(files, "root"), shown, until - SECOND)
    assert not lab.is_taken(named(files, "root"), shown, until)


@settings(max_examples=20)
@given(some_ends)
def test_a_root_can_be_withheld_alone_for_as_long_as_it_lasts(ends: dict[str, datetime]) -> None:
    """Everything else may be as new as the repository has it."""
    old = lab.files(**ends)
    fresh = tuple(lab.successor(named(old, role)) for role in ("targets", "bins"))
    below = (*fresh, *lab.bins(lab.FAR))
    until = windows_of(old)["root"].withheld_until
    shown = (named(old, "root"), *below, *lab.top(below, version=2))
    assert lab.is_taken(named(old, "root"), shown, until - SECOND)
    assert not lab.is_taken(named(old, "root"), shown, until)


@settings(max_examples=20)
@given(some_ends)
def test_a_thief_reaches_clients_with_old_bins_until_the_window_ends(ends: dict[str, datetime]) -> None:
    """The online key was replaced; the thief withholds the new root, and signs snapshot, timestamp and bins anew."""
    old = lab.files(**ends)
    root = named(old, "root")
    below = (lab.successor(named(old, "targets")), named(old, "bins"), *lab.bins(lab.FAR))
    forged = (*below, *lab.top(below, version=1000))
    found = windows_of(old)
    assert found["bins"].stolen_until == found["bin-n"].stolen_until
    assert lab.is_taken(root, forged, found["bins"].stolen_until - SECOND)
    assert not lab.is_taken(root, forged, found["bins"].stolen_until)


def test_a_client_that_has_the_new_root_believes_no_thief() -> None:
    """The end of the old root is the end for a client that nobody can keep from the new one."""
    old = lab.files()
    forged = lab.top([each for each in old if each.role not in ("snapshot", "timestamp")], version=1000)
    below = tuple(each for each in old if each.role not in ("snapshot", "timestamp"))
    renewed = lab.successor(named(old, "root"), online="cyd")
    assert lab.is_taken(named(old, "root"), (*below, *forged), NOW)
    assert not lab.is_taken(named(old, "root"), (*below, *forged, renewed), NOW)


# ---- laws


@given(some_ends)
def test_no_window_outlasts_its_own_role(ends: dict[str, datetime]) -> None:
    """Whoever withholds what: what has ended is refused."""
    files = lab.files(**ends)
    expires = {each.role: each.expires for each in dated_roles(files)}
    for window in windows_of(files).values():
        assert window.withheld_until <= expires[window.role]
        assert window.withheld_until == expires[window.withheld_by]
        assert window.stolen_until == expires[window.stolen_by] <= expires["root"]


@given(some_ends, st.sampled_from(ROLES), st.integers(1, 40))
def test_a_shorter_life_never_makes_a_longer_window(ends: dict[str, datetime], role: str, days: int) -> None:
    """Whatever ends sooner, no client can be kept any longer."""
    sooner = windows_of(lab.files(**{**ends, role: min(ends[role], NOW + timedelta(days=days))}))
    for name, window in windows_of(lab.files(**ends)).items():
        assert sooner[name].withheld_until <= window.withheld_until
        assert sooner[name].stolen_until <= window.stolen_until


@given(some_ends)
@example(dict.fromkeys(ROLES, lab.FAR))
def test_knowing_more_files_never_makes_a_longer_window(ends: dict[str, datetime]) -> None:
    """Without a timestamp in sight, the one that might be signed right now is counted."""
    files = lab.files(**{**ends, "timestamp": NOW + timedelta(hours=24), "snapshot": NOW + timedelta(hours=168)})
    fewer = windows_of(tuple(each for each in files if each.role not in ("snapshot", "timestamp")))
    more = windows_of(files)
    assert fewer.keys() == more.keys() - {"snapshot", "timestamp"}
    assert all(more[role] == window for role, window in fewer.items())


# ---- cases


def test_where_no_lifetime_is_stated_either_only_dates_bind() -> None:
    """Bins that say nothing of the online signer, and a repository without a timestamp."""
    offline = tuple(each for each in lab.files() if each.role in ("root", "targets", "bins"))
    bare = freeze_windows(dated_roles(offline), {}, NOW)
    assert [(each.role, each.withheld_by) for each in bare] == [
        ("root", "root"),
        ("targets", "targets"),
        ("bins", "targets"),
    ]


@pytest.mark.parametrize("now", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar_are_no_trouble(now: datetime) -> None:
    """A clock may stand anywhere."""
    offline = tuple(each for each in lab.files() if each.role in ("root", "targets", "bins"))
    assert windows_of(offline, now)["bins"].withheld_until.tzinfo is UTC


def test_a_role_beside_the_bins_is_bound_by_its_own_path() -> None:
    """What ends beside it does not help it."""
    soon, later = NOW + timedelta(days=1), NOW + timedelta(days=2)
    quorum = dated_roles(lab.files())[0].quorum
    roles = (
        DatedRole("root", 1, lab.FAR, quorum, 0),
        DatedRole("targets", 1, later, quorum, 0, ("targets",)),
        DatedRole("claimed", 1, lab.FAR, quorum, 0, ("targets", "claimed")),
        DatedRole("bins", 1, soon, quorum, 0, ("targets", "bins")),
    )
    found = {each.role: each for each in freeze_windows(roles, {}, NOW)}
    assert (found["claimed"].withheld_by, found["claimed"].stolen_by) == ("targets", "root")
    assert (found["bins"].withheld_by, found["bins"].stolen_by) == ("bins", "bins")
