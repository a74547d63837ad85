"""Which roles a forecast knows: those that root leads to, each at its newest version."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise

import pytest
from fakes import dated_repository as lab
from fakes.people import NOW, drafted, keyid, signer
from tuf.api.metadata import DelegatedRole, Delegations, SuccinctRoles, Targets

from ceremony.core import strict_json
from ceremony.core.draft import LIFETIMES_FIELD
from ceremony.core.forecast_roles import DatedRole, dated_roles, ending, stated_lifetimes
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Bins
from ceremony.core.signed import root_of
from ceremony.core.strict_json import Json
from ceremony.errors import TamperedError

ALL = ("root", "targets", "bins", "bin-n", "snapshot", "timestamp")


def changed(file: MetadataFile, **fields: Json) -> MetadataFile:
    """The file with these fields of its payload replaced; nobody signs it."""
    found = strict_json.decode_canonical(file.payload, file.name)
    assert isinstance(found, dict)
    found |= fields
    version = found["version"]
    assert isinstance(version, int)
    return MetadataFile(file.role, version, strict_json.encode(found))


def by_role(files: tuple[MetadataFile, ...]) -> Mapping[str, DatedRole]:
    """The roles, by name."""
    return {each.role: each for each in dated_roles(files)}


def delegating(*roles: tuple[str, str], succinct: SuccinctRoles | None = None) -> Delegations:
    """Delegations to these roles, each signed by the person beside it."""
    keys = {keyid(name): signer(name).public_key for _role, name in roles} | {
        each: signer("online").public_key for each in (succinct.keyids if succinct else ())
    }
    if succinct is not None:
        return Delegations(keys, succinct_roles=succinct)
    return Delegations(keys, roles={role: DelegatedRole(role, [keyid(name)], 1, False, ["*"]) for role, name in roles})  # noqa: FBT003  # python-tuf's own order


def targets_file(role: str, delegations: Delegations | None = None, days: int = 9) -> MetadataFile:
    """An unsigned targets file of this role."""
    signed = Targets(expires=NOW + timedelta(days=days), delegations=delegations)
    return MetadataFile(role, 1, strict_json.encode(signed.to_dict()))


def test_every_role_is_found_in_the_order_of_a_client() -> None:
    """Root, then down from targets, then the two that the online signer makes."""
    found = dated_roles(lab.files())
    assert tuple(each.role for each in found) == ALL
    assert [each.path for each in found] == [
        (),
        ("targets",),
        ("targets", "bins"),
        ("targets", "bins", "bin-n"),
        (),
        (),
    ]
    assert [each.is_online for each in found] == [False, False, False, True, True, True]


def test_the_order_of_the_files_does_not_matter() -> None:
    """Nor what else lies among them."""
    files = lab.files()
    stray = targets_file("stray")
    assert dated_roles((stray, *reversed(files))) == dated_roles(files)


def test_of_several_versions_the_newest_counts() -> None:
    """Whichever comes first."""
    old = lab.files()[0]
    new = lab.successor(old)
    for files in ((old, new, *lab.files()[1:]), (new, *lab.files()[1:], old)):
        assert by_role(files)["root"].version == 2


def test_all_bins_are_one_role_with_the_highest_version_and_the_earliest_end() -> None:
    """There may be thousands of them."""
    files = lab.files()
    one = changed(next(each for each in files if each.role == "bin-1"), version=7, expires="2030-03-02T00:00:00Z")
    found = by_role((*files, one))["bin-n"]
    assert (found.version, found.expires) == (7, lab.moment("2030-03-02T00:00:00"))


def test_bins_that_are_delegated_one_by_one_are_one_role_too() -> None:
    """Whatever the style."""
    offline = drafted(bins=Bins(2, "explicit")).files
    found = by_role((*offline, *lab.bins(lab.FAR)))
    assert found["bin-n"].expires == lab.FAR
    assert found["bin-n"].is_online


def test_delegations_beside_the_bins_are_followed_and_a_circle_ends() -> None:
    """A role is visited once; one whose file is not there is passed over; who signs decides what is online."""
    root = lab.files()[0]
    targets = targets_file("targets", delegating(("claimed", "ann"), ("absent", "ann"), ("recent", "online")))
    claimed = targets_file("claimed", delegating(("claimed", "ann"), ("inner", "bob")), days=3)
    inner = targets_file("inner", delegating(("claimed", "cyd"), ("recent", "online")))
    found = by_role((root, targets, claimed, inner, targets_file("recent")))
    assert tuple(found) == ("root", "targets", "claimed", "inner", "recent")
    assert found["recent"].path == ("targets", "claimed", "inner", "recent")
    assert [each.is_online for each in found.values()] == [False, False, False, False, True]
    assert found["claimed"].quorum.by == "targets 1"


def test_a_chain_of_delegations_ends_where_clients_stop() -> None:
    """However many files somebody lays down."""
    names = ["targets", *(f"role-{number}" for number in range(2000))]
    chain = [targets_file(name, delegating((after, "ann"))) for name, after in pairwise(names)]
    assert len(dated_roles((lab.files()[0], *chain))) == 33


def test_a_role_of_the_online_key_is_online_wherever_it_stands() -> None:
    """Except for root, which no machine signs alone."""
    root = root_of(lab.files()[0])
    online = root.roles["timestamp"].keyids
    fields = strict_json.decode_canonical(lab.files()[0].payload, "root")
    assert isinstance(fields, dict)
    roles: Json = {role: {"keyids": online, "threshold": 1} for role in root.roles}
    found = by_role((changed(lab.files()[0], roles=roles), *lab.files()[1:]))
    assert (found["root"].is_online, found["targets"].is_online) == (False, True)
    assert found["root"].online_votes == 1


def test_a_quorum_holds_only_keys_that_can_sign() -> None:
    """A keyid without its key is none."""
    root = lab.files()[0]
    fields = strict_json.decode_canonical(root.payload, "root")
    assert isinstance(fields, dict)
    keys = fields["keys"]
    assert isinstance(keys, dict)
    less = changed(root, keys={each: key for each, key in keys.items() if each != keyid("bob")})
    assert {*by_role((less, *lab.files()[1:]))["root"].quorum.keys} == {keyid("ann"), keyid("cyd")}


@pytest.mark.parametrize("missing", ["root", "targets"])
def test_without_root_or_targets_there_is_no_forecast(missing: str) -> None:
    """Nothing leads anywhere."""
    with pytest.raises(TamperedError):
        dated_roles(each for each in lab.files() if each.role != missing)


@pytest.mark.parametrize(
    "fields",
    [
        {"_type": "timestamp"},
        {"expires": "soon"},
        {"expires": None},
        {"expires": 5},
        {"expires": "2030-13-01T00:00:00Z"},
    ],
)
def test_a_snapshot_that_does_not_say_when_it_ends_is_refused(fields: dict[str, Json]) -> None:
    """So is one that is something else."""
    files = lab.files()
    bad = changed(next(each for each in files if each.role == "snapshot"), version=2, **fields)
    with pytest.raises(TamperedError, match="no snapshot metadata"):
        dated_roles((*files, bad))


def test_bytes_that_are_no_table_are_refused() -> None:
    """A payload may be anything."""
    with pytest.raises(TamperedError):
        ending(MetadataFile("snapshot", 1, b"[]"), "snapshot")


def test_stated_lifetimes_are_read_where_they_make_sense() -> None:
    """What keyholders signed, and nothing that is no number of seconds."""
    files = lab.files()
    assert {role: span.total_seconds() / 3600 for role, span in stated_lifetimes(files).items()} == {
        "bin-n": 336,
        "snapshot": 168,
        "timestamp": 24,
    }
    bins = next(each for each in files if each.role == "bins")
    odd: Json = {"bin-n": True, "snapshot": -1, "timestamp": 10**30, "root": 5}
    for stated in (odd, [], None, {}):
        assert not stated_lifetimes([changed(bins, **{LIFETIMES_FIELD: stated})])
    assert not stated_lifetimes(files[:2])
