"""A repository of strangers is looked through: what stops which client, why, and where trust can start."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes import dated_repository as lab
from fakes.history import (
    BINS,
    EXPIRES,
    FIRST,
    LONG_AGO,
    SECOND,
    TARGETS,
    THIRD,
    altered,
    bins,
    by,
    files,
    rekeyed,
    root,
    shown,
    targets,
    without,
)
from fakes.people import NOW, keyid
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tuf.api.exceptions import RepositoryError
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet  # noqa: TID251  # the client is the judge
from tuf.ngclient.config import EnvelopeType  # noqa: TID251  # the client is the judge

from ceremony.core.findings import CLIENTS, PYTHON_TUF, STRICT, Finding
from ceremony.core.foreign import Survey, Surveyed, survey
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.survey_json import survey_json
from ceremony.core.trusted import PINNED, trust
from ceremony.errors import RefusedError, TamperedError

Change = Callable[[dict[str, Any]], object]
KEYS = ("ann", "bob", "cyd", "ann again")


def of(found: Survey, version: int) -> Surveyed:
    """What was found of this root."""
    return next(each for each in found.roots if each.version == version)


def named(findings: tuple[Finding, ...]) -> dict[str, tuple[str, ...]]:
    """The findings by name, with whom they stop."""
    return {each.name: each.stops for each in findings}


def surveyed_root(change: Change, *names: str) -> Surveyed:
    """Root 1, changed and signed again by these people, ann and bob unless said otherwise."""
    odd = altered(root(1), change, *(names or ("ann", "bob")))
    return of(survey(odd.encode(), shown([odd])), 1)


# ---- where trust starts


def test_a_clean_repository_is_trusted_from_its_first_root_on() -> None:
    """Nothing is found, and every quorum is told."""
    found = survey(FIRST.encode(), files())
    assert [each.own + each.link for each in (*found.roots, *found.files)] == [()] * 5
    assert [each.name for each in found.files] == [TARGETS.name, BINS.name]
    told = [(each.by, each.progress) for each in of(found, 3).standings]
    assert told == [("root 2", "2 of 2"), ("root 3", "2 of 2")]
    assert [(found.start(client), found.reasons(client), found.reaches(client)) for client in CLIENTS] == [
        (1, (), True)
    ] * 2


def test_roots_that_nobody_can_read_any_more_come_before_the_start() -> None:
    """Their dates have fractions of a second, as Sigstore's first ones have."""
    old = altered(FIRST, lambda signed: signed.update(expires="2021-12-18T13:28:12.99008-06:00"), "ann", "bob")
    found = survey(old.encode(), files(old))
    assert named(of(found, 1).own) == {"expires-format": (STRICT,), "unreadable": CLIENTS}
    assert (found.start(), found.start(PYTHON_TUF), found.reaches()) == (2, 2, False)
    assert [(name, each.name) for name, each in found.reasons()] == [
        ("1.root.json", "expires-format"),
        ("1.root.json", "unreadable"),
    ]


def test_a_root_that_the_one_before_does_not_vouch_for_is_where_trust_starts() -> None:
    """From there on a client comes to the last one."""
    second, third = (by(root(version, ("cyd", "ann again")), "cyd", "ann again") for version in (2, 3))
    found = survey(FIRST.encode(), files(second, third))
    assert (found.start(), found.reaches()) == (2, False)
    told = [(name, each.name, each.found) for name, each in found.reasons()]
    assert told == [("2.root.json", "quorum-old", "1 of 2 under root 1")]


def test_a_root_that_its_own_keys_do_not_sign_is_no_start() -> None:
    """Whoever pins it is told so by every client."""
    alone = by(root(1), "ann")
    found = survey(alone.encode(), files(alone))
    assert named(of(found, 1).own) == {"quorum-new": CLIENTS}
    assert found.start() == 2


def test_a_wrong_keyid_stops_strict_clients_alone() -> None:
    """As Sigstore's root 11: the next one has it right, and is where strict clients start."""
    wrong = rekeyed(SECOND, "online", "0" * 64, "ann", "bob", "cyd")
    found = survey(FIRST.encode(), files(wrong))
    assert (found.start(STRICT), found.start(PYTHON_TUF)) == (3, 1)
    assert (found.reaches(STRICT), found.reaches(PYTHON_TUF)) == (False, True)
    ((name, finding),) = found.reasons(STRICT)
    assert (name, finding.name) == ("2.root.json", "keyid-hash")
    assert finding.found == f"{'0' * 16} (its key's hash is {keyid('online')[:16]})"
    assert (of(found, 2).stopping(STRICT), of(found, 2).stopping(PYTHON_TUF)) == ((finding,), ())


def test_a_missing_root_is_a_gap() -> None:
    """Whoever trusts what is before it never comes to what is behind it."""
    found = survey(FIRST.encode(), without(files(), "2.root.json"))
    assert named(of(found, 3).link) == {"gap": CLIENTS}
    assert found.start() == 3


def test_a_last_root_that_nobody_takes_is_no_start() -> None:
    """Trust does not come to the end of such a repository from anywhere."""
    short = by(root(4, ("cyd", "ann again")), "cyd")
    found = survey(FIRST.encode(), files(short))
    assert (found.start(), found.reaches()) == (None, False)
    assert [(name, each.name) for name, each in found.reasons()] == [("4.root.json", "quorum-new")]


# ---- the pinned root


def test_the_pinned_root_is_surveyed_where_the_repository_lacks_it() -> None:
    """It is one of the chain."""
    found = survey(FIRST.encode(), without(files(), "1.root.json"))
    assert [each.name for each in found.roots] == [PINNED, "2.root.json", "3.root.json"]
    assert (found.pinned, found.start()) == (1, 1)


def test_another_root_of_the_pinned_version_is_a_fork() -> None:
    """One of the two is not by the keyholders, or both are not of one repository."""
    other = by(root(2, ("ann", "bob", "cyd")), "ann", "bob")
    found = survey(other.encode(), files())
    assert named(of(found, 2).own) == {"fork": CLIENTS}
    assert (found.start(), found.reaches()) == (3, False)


def test_a_pinned_root_that_is_no_metadata_is_no_beginning() -> None:
    """Nothing can be compared with it."""
    with pytest.raises(TamperedError) as tampered:
        survey(b"[]", files())
    assert tampered.value.where == PINNED


# ---- what is found


@pytest.mark.parametrize(
    ("name", "change", "stops"),
    [
        ("expires-format", lambda signed: signed.update(expires="2030-01-01T00:00:00+00:00"), (STRICT,)),
        ("expires-format", lambda signed: signed.update(expires=5), (STRICT,)),
        ("field-missing", lambda signed: signed.pop("expires"), (STRICT,)),
        ("field-missing", lambda signed: signed.pop("spec_version"), (STRICT,)),
        ("unreadable", lambda signed: signed.update(spec_version="2.0.0"), CLIENTS),
        ("unreadable", lambda signed: signed.update(expires="2030-1-1T0:0:0Z"), CLIENTS),
        ("consistent-snapshot", lambda signed: signed.update(consistent_snapshot=False), ()),
        ("consistent-snapshot", lambda signed: signed.pop("consistent_snapshot"), ()),
        ("keyid-twice", lambda signed: signed["roles"]["root"]["keyids"].append(keyid("ann")), (STRICT,)),
        ("keyid-unlisted", lambda signed: signed["roles"]["root"]["keyids"].append("5" * 64), ()),
        ("scheme-unknown", lambda signed: signed["keys"][keyid("cyd")].update(scheme="rot13"), (STRICT,)),
        ("keytype-deprecated", lambda signed: signed["keys"][keyid("ann")].update(keytype="ecdsa-sha2-nistp256"), ()),
        ("key-unusable", lambda signed: signed["keys"][keyid("cyd")].update(keyval={"public": "04cb"}), ()),
        ("key-twice", lambda signed: _twin(signed, "cyd"), (STRICT,)),
        ("size", lambda signed: signed.update(filler="x" * 512_000), CLIENTS),
    ],
)
def test_each_oddity_has_a_name(name: str, change: Change, stops: tuple[str, ...]) -> None:
    """And says whom it stops."""
    assert named(surveyed_root(change).own)[name] == stops


def _twin(signed: dict[str, Any], name: str) -> None:
    signed["keys"]["7" * 64] = {**signed["keys"][keyid(name)], "x-owner": name}
    signed["roles"]["root"]["keyids"].append("7" * 64)


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed["roles"]["root"]["keyids"].append(keyid("ann")),
        lambda signed: signed["keys"][keyid("cyd")].update(scheme="rot13"),
        lambda signed: signed.pop("expires"),
        lambda signed: signed.pop("roles"),
        lambda signed: signed.update(roles=[], keys=5),
        lambda signed: signed.update(_type="targets"),
    ],
)
def test_what_python_tuf_cannot_parse_is_unreadable_in_its_own_words(change: Change) -> None:
    """Beside what was found in the spelling."""
    findings = {each.name: each for each in surveyed_root(change).own}
    assert findings["unreadable"].stops == CLIENTS
    assert findings["unreadable"].found.startswith("no root metadata")


def test_keys_of_the_old_kind_sign_as_well_as_those_of_the_new() -> None:
    """Sigstore's roots 5 to 8 have them; only the library's warning is kept away from people."""

    def age(signed: dict[str, Any]) -> None:
        signed["keys"][keyid("ann")]["keytype"] = "ecdsa-sha2-nistp256"

    assert surveyed_root(age).standings[0].is_complete


def test_many_keys_are_told_in_one_line() -> None:
    """Three of them, and how many more."""

    def spoil(signed: dict[str, Any]) -> None:
        for key in signed["keys"].values():
            key["keyval"]["public"] = "04"

    found = {each.name: each.found for each in surveyed_root(spoil).own}["key-unusable"]
    assert found.endswith(" and 1 more")


def test_two_signatures_by_one_key_are_found() -> None:
    """No client takes such a file."""
    value = json.loads(SECOND.encode())
    value["signatures"].append(value["signatures"][0])
    found = survey(FIRST.encode(), files() | {"2.root.json": json.dumps(value).encode()})
    assert named(of(found, 2).own) == {"signature-twice": (STRICT,), "unreadable": CLIENTS}


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[" * 100, b'{"a": 1, "a": 2}', b"{}", b'{"signatures": 1, "signed": 2}']
)
def test_what_is_no_metadata_at_all_is_found_too(data: bytes) -> None:
    """A survey goes on behind it."""
    found = survey(FIRST.encode(), files() | {"2.root.json": data})
    assert named(of(found, 2).own) == {"unreadable": CLIENTS}
    assert found.start() == 3


def test_a_version_under_the_name_of_another_is_found() -> None:
    """Clients ask by name and compare with what it says."""
    found = survey(FIRST.encode(), files() | {"3.root.json": SECOND.encode()})
    assert of(found, 3).own[-1].found == "version 2 under the name of another"


def test_a_root_without_a_version_in_its_name_is_taken_by_what_it_says() -> None:
    """Where the other is there as well, that is the one that clients ask for."""
    found = survey(FIRST.encode(), without(files(), "3.root.json") | {"root.json": THIRD.encode()})
    assert [each.name for each in found.roots] == ["1.root.json", "2.root.json", "root.json"]
    found = survey(FIRST.encode(), files() | {"root.json": THIRD.encode()})
    assert [each.name for each in found.roots] == ["1.root.json", "2.root.json", "3.root.json"]


# ---- targets and what it delegates to


def test_targets_and_bins_are_counted_under_who_delegates_to_them() -> None:
    """Each has one quorum."""
    short = by(targets(5, bins=("ann", "bob")), "cyd")
    found = survey(FIRST.encode(), files(short, by(bins(2), "bob")))
    assert [(each.name, named(each.link)) for each in found.files] == [
        ("5.targets.json", {"quorum": CLIENTS}),
        ("2.bins.json", {"quorum": CLIENTS}),
    ]
    assert [each.progress for file in found.files for each in file.standings] == ["1 of 2", "1 of 2"]


def test_a_targets_that_cannot_be_read_has_no_quorums() -> None:
    """Nor has anything under it."""
    found = survey(FIRST.encode(), files() | {"5.targets.json": b"{}"})
    assert [(each.name, named(each.own), each.standings) for each in found.files] == [
        ("5.targets.json", {"unreadable": CLIENTS}, ())
    ]


def test_a_delegation_without_a_file_is_passed_over() -> None:
    """It may not have been published yet."""
    found = survey(FIRST.encode(), without(files(), BINS.name))
    assert [each.name for each in found.files] == [TARGETS.name]
    assert survey(FIRST.encode(), shown([FIRST])).files == ()


# ---- what the online key signs, and what has ended


def published(*others: MetadataFile) -> dict[str, bytes]:
    """A whole repository, all of which ends much later; `others` stand in place of those of their names."""
    return lab.pages([*lab.files(), *others])


def online_findings(files: Mapping[str, bytes]) -> dict[str, dict[str, tuple[str, ...]]]:
    """What was found of each file below root, by role."""
    return {each.role: named(each.findings) for each in survey(lab.files()[0].encode(), files).files}


def test_snapshot_and_timestamp_are_counted_under_root() -> None:
    """Where they are shown."""
    found = survey(lab.files()[0].encode(), published())
    assert [each.role for each in found.files] == ["targets", "bins", "snapshot", "timestamp"]
    assert [(each.by, each.progress) for file in found.files[2:] for each in file.standings] == [
        ("root 1", "1 of 1")
    ] * 2
    assert [each.findings for each in found.files] == [()] * 4
    assert [found.stopped(client) for client in CLIENTS] == [(), ()]


def test_a_timestamp_by_another_key_is_short() -> None:
    """Every client stops there."""
    _snapshot, timestamp = lab.top(lab.files(), online="cyd")
    assert online_findings(published(timestamp))["timestamp"] == {"quorum": CLIENTS}
    found = survey(lab.files()[0].encode(), published(timestamp))
    assert [each.name for each in found.stopped(PYTHON_TUF)] == ["timestamp.json"]


def test_what_snapshot_names_is_compared_with_what_is_there() -> None:
    """Older than that, clients stop; newer, it is not published yet."""
    newer = lab.successor(lab.files()[1])
    assert online_findings(published(newer))["targets"] == {"version-named": ()}
    told = lab.top([*lab.files()[:3], newer], version=1)
    assert online_findings(published(*told))["targets"] == {"version-named": CLIENTS}
    assert online_findings(published(newer, *told))["targets"] == {}


def test_a_snapshot_that_timestamp_does_not_name_is_found() -> None:
    """An older one than clients are told to take."""
    _snapshot, timestamp = lab.top(lab.files(), version=2)
    assert online_findings(published(timestamp))["snapshot"] == {"version-named": CLIENTS}


@pytest.mark.parametrize("role", ["snapshot", "timestamp"])
@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed.pop("meta"),
        lambda signed: signed.update(meta={"snapshot.json": {"version": "1"}}),
        lambda signed: signed.update(meta=5),
        lambda signed: signed.update(expires="2040-01-01T00:00:00+00:00"),
        lambda signed: signed.update(_type="targets"),
    ],
)
def test_an_online_file_that_clients_cannot_parse_is_unreadable(role: str, change: Change) -> None:
    """In the words of the parser."""
    odd = altered(next(each for each in lab.files() if each.role == role), change, "online")
    assert online_findings(published(odd))[role]["unreadable"] == CLIENTS


def test_what_has_ended_is_told_of_the_newest_files_alone() -> None:
    """Of an older root nobody asks when it ended; a file ends at the very moment that it names."""
    old = altered(FIRST, lambda signed: signed.update(expires="2021-01-01T00:00:00Z"), "ann", "bob")
    found = survey(old.encode(), files(old))
    assert [each.expires for each in found.roots] == [LONG_AGO, EXPIRES, EXPIRES]
    assert found.expired(EXPIRES - timedelta(seconds=1)) == ()
    assert [each.name for each in found.expired(EXPIRES)] == [THIRD.name, TARGETS.name, BINS.name]


def test_what_cannot_be_read_does_not_say_when_it_ends() -> None:
    """Nobody trusts it before or after."""
    found = survey(FIRST.encode(), files() | {"5.targets.json": b"{}"})
    assert [each.expires for each in found.files] == [None]


@pytest.mark.parametrize("role", ["root", "targets", "bins", "snapshot", "timestamp"])
@pytest.mark.parametrize("harm", ["nothing", "nobody signed", "ended"])
def test_the_real_client_gets_as_far_as_the_survey_says(role: str, harm: str) -> None:
    """Whatever is wrong with whichever file, down to the target."""
    shown_files = lab.files(**{role: NOW}) if harm == "ended" else lab.files()
    if harm == "nobody signed":
        shown_files = tuple(replace(each, signatures={}) if each.role == role else each for each in shown_files)
    found = survey(shown_files[0].encode(), lab.pages(shown_files))
    says = found.reaches(PYTHON_TUF) and not found.stopped(PYTHON_TUF) and not found.expired(NOW)
    assert client_finds(shown_files) is says is (harm == "nothing")


def client_finds(shown_files: tuple[MetadataFile, ...]) -> bool:
    """Whether the real client that pinned the first of these files finds the target."""
    try:
        return lab.is_taken(shown_files[0], shown_files, NOW)
    except RepositoryError:
        return False  # it does not even begin with such a root


def places_in(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401  # any JSON
    """Every place in a JSON value but the value itself, as keys and indices to follow."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield (*place, key)
        yield from places_in(below, (*place, key))


ODD = (None, 0, -1, 1.5, "", [], {}, True, "x" * 50, ["a"], {"version": 3}, "2030-01-01T00:00:00Z", 10**12)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_whatever_strangers_write_is_surveyed(data: st.DataObject) -> None:
    """Anything anywhere in any file: the survey goes on behind it, and only a pinned root has to be metadata."""
    shown_files = published()
    name = data.draw(st.sampled_from([*shown_files]))
    value = json.loads(shown_files[name])
    place = data.draw(st.sampled_from([*places_in(value)]))
    inner = value
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = data.draw(st.sampled_from(ODD))
    found = survey(lab.files()[0].encode(), shown_files | {name: json.dumps(value).encode()})
    assert {each.role for each in found.files} <= {"targets", "bins", "snapshot", "timestamp"}
    assert json.dumps(survey_json(found, NOW))


# ---- survey and trust agree, and both with the real client


@st.composite
def chains(draw: st.DrawFn) -> tuple[MetadataFile, ...]:
    """Four roots by random rosters, some short of a signature, some with the wrong keyid for the online key."""
    chain: list[MetadataFile] = []
    before: tuple[str, ...] = ()
    for version in range(1, 5):
        holders = tuple(draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True)))
        file = root(version, holders, draw(st.integers(1, len(holders))))
        if draw(st.integers(0, 5)) == 0:
            file = rekeyed(file, "online", f"{version}" * 64)
        names = {*before, *holders} if draw(st.integers(0, 3)) else draw(st.sets(st.sampled_from(KEYS)))
        chain.append(by(file, *names))
        before = holders
    return tuple(chain)


def client_takes(chain: tuple[MetadataFile, ...]) -> bool:
    """True when python-tuf's client comes from the first of these roots to the last."""
    try:
        client = TrustedMetadataSet(chain[0].encode(), EnvelopeType.METADATA)
        for each in chain[1:]:
            client.update_root(each.encode())
    except RepositoryError:
        return False
    return True


def trusts(pinned: MetadataFile, found: Mapping[str, bytes]) -> bool:
    """True when a machine that pinned this root trusts these files."""
    try:
        trust(pinned.encode(), found)
    except RefusedError:
        return False
    return True


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(chains())
def test_trust_starts_where_the_real_client_can_start(chain: tuple[MetadataFile, ...]) -> None:
    """Over random histories; and a machine can pin just these roots, if the last one has true keyids."""
    found = survey(chain[0].encode(), shown(chain))
    start = found.start(PYTHON_TUF) or len(chain) + 1
    assert [client_takes(chain[place:]) for place in range(4)] == [place + 1 >= start for place in range(4)]
    is_last_true = not any(each.name == "keyid-hash" for each in found.roots[-1].own)
    assert [trusts(each, shown(chain)) for each in chain] == [each.version >= start and is_last_true for each in chain]
    assert (found.start(STRICT) or len(chain) + 1) >= start
