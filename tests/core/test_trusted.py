"""What a machine trusts: what the real client would, from the same root and the same files."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from fakes.history import (
    BINS,
    FIRST,
    LONG_AGO,
    SECOND,
    TARGETS,
    THIRD,
    Roster,
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
from fakes.people import keyid, signature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Snapshot, Timestamp
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet  # noqa: TID251  # the client is the judge
from tuf.ngclient.config import EnvelopeType  # noqa: TID251  # the client is the judge

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.trusted import (
    PINNED,
    decode_published,
    delegated_roles,
    named_snapshot,
    newest_names,
    published_names,
    trust,
)
from ceremony.errors import RefusedError, TamperedError

KEYS = ("ann", "bob", "cyd", "ann again", "bob again")


def refused_by(pinned: bytes, found: Mapping[str, bytes]) -> str:
    """The rule that refuses these files."""
    with pytest.raises(RefusedError) as refused:
        trust(pinned, found)
    return refused.value.rule


def tampering(pinned: bytes, found: Mapping[str, bytes]) -> tuple[str, str]:
    """What is wrong with these files, and with which."""
    with pytest.raises(TamperedError) as tampered:
        trust(pinned, found)
    return tampered.value.what, tampered.value.where


# ---- what is trusted


def test_every_root_from_the_pinned_one_on_is_trusted() -> None:
    """And targets and bins under the last of them."""
    trusted = trust(FIRST.encode(), files())
    assert trusted.roots == (FIRST, SECOND, THIRD)
    assert trusted.targets == {"targets": TARGETS, "bins": BINS}
    assert (trusted.root, trusted.file("root"), trusted.file("bins")) == (THIRD, THIRD, BINS)


@pytest.mark.parametrize("pinned", [FIRST, SECOND, THIRD])
def test_any_root_of_the_chain_can_be_the_pinned_one(pinned: MetadataFile) -> None:
    """What stands before it is not needed, and not trusted."""
    trusted = trust(pinned.encode(), files())
    assert trusted.roots == (FIRST, SECOND, THIRD)[pinned.version - 1 :]


def test_roots_before_the_pinned_one_are_not_even_looked_at() -> None:
    """They may be as old as metadata is, and written as nobody writes it today."""
    found = files() | {"1.root.json": b"nothing that anybody could read"}
    assert trust(SECOND.encode(), found).root == THIRD


def test_the_pinned_root_need_not_be_among_the_files() -> None:
    """The machine has it itself."""
    assert trust(FIRST.encode(), without(files(), "1.root.json")).roots == (FIRST, SECOND, THIRD)
    assert trust(FIRST.encode(), {}).roots == (FIRST,)


def test_what_is_not_shown_is_not_trusted() -> None:
    """A machine that was shown roots alone trusts roots alone."""
    trusted = trust(FIRST.encode(), shown([FIRST, SECOND]))
    assert (trusted.targets, trusted.file("targets")) == ({}, None)


def test_bins_alone_are_nobody_to_trust() -> None:
    """Without targets nothing says who signs them."""
    assert trust(FIRST.encode(), without(files(), TARGETS.name)).targets == {}


def test_expired_roots_and_targets_are_trusted_still() -> None:
    """The pinned root, one in between and the last: each is the base of what renews it."""
    chain = [by(root(version, expires=LONG_AGO), "ann", "bob") for version in (1, 2, 3)]
    assert trust(chain[0].encode(), shown(chain)).roots == tuple(chain)


def test_one_signature_of_a_retained_key_counts_under_both_roots() -> None:
    """Bob and cyd are in both rosters: two signatures fill two quorums."""
    second = by(root(2, ("bob", "cyd")), "bob", "cyd")
    assert trust(FIRST.encode(), shown([second])).root == second


def test_signatures_of_strangers_and_broken_ones_do_not_count() -> None:
    """Beside a whole quorum they do no harm either."""
    odd = replace(
        SECOND, signatures=MappingProxyType({**SECOND.signatures, keyid("stranger"): "00" * 70, "f" * 64: "00"})
    )
    assert trust(FIRST.encode(), shown([odd, THIRD])).root == THIRD


def test_the_newest_targets_counts() -> None:
    """Older ones stay where they were published."""
    older = by(targets(3), "ann", "bob")
    assert trust(FIRST.encode(), files(older)).file("targets") == TARGETS


def test_offline_delegations_are_trusted_and_online_ones_are_not_looked_at() -> None:
    """Claimed has keyholders; what the online key alone signs changes by the minute."""
    found = by(targets(5, claimed=("bob", "cyd"), recent=(("online",), 1), bins=("ann", "bob")), "cyd", "ann again")
    claimed = by(bins(2, "claimed"), "bob", "cyd")
    trusted = trust(FIRST.encode(), files(found, claimed) | {"7.recent.json": b"never read"})
    assert trusted.targets == {"targets": found, "claimed": claimed, "bins": BINS}


def test_a_role_that_nobody_delegates_to_is_not_looked_at() -> None:
    """Its file may have stayed behind."""
    assert "claimed" not in trust(FIRST.encode(), files() | {"1.claimed.json": b"never read"}).targets


def test_a_role_is_found_under_its_quoted_name() -> None:
    """Clients ask for it that way."""
    found = by(targets(5, **{"a/b": ("ann", "bob")}), "cyd", "ann again")
    inner = by(bins(1, "a/b"), "ann", "bob")
    shelf = shown([FIRST, SECOND, THIRD, found]) | {"1.a%2Fb.json": inner.encode()}
    assert trust(FIRST.encode(), shelf).file("a/b") == inner


# ---- what is refused


@pytest.mark.parametrize(
    ("rule", "pinned", "others", "absent"),
    [
        ("TRUSTED-PINNED", by(root(1), "ann"), (), ("1.root.json",)),
        ("TRUSTED-NEXT", FIRST, (), ("2.root.json",)),
        ("TRUSTED-NEXT", FIRST, (by(root(5), "bob", "cyd"),), ()),
        ("TRUSTED-CHAIN", FIRST, (by(root(2, ("bob", "cyd")), "cyd", "ann again"),), ()),
        ("TRUSTED-CHAIN", FIRST, (by(root(2, ("bob", "cyd")), "ann", "bob"),), ()),
        ("TRUSTED-CHAIN", FIRST, (by(root(3, ("cyd", "ann again")), "ann", "cyd", "ann again"),), ()),
        ("TRUSTED-FORK", FIRST, (by(root(1, ("ann", "bob")), "ann", "bob"),), ()),
        ("TRUSTED-TARGETS", FIRST, (by(targets(5, bins=("ann", "bob")), "cyd", "ann"),), ()),
        ("TRUSTED-DELEGATED", FIRST, (by(bins(2), "ann", "cyd"),), ()),
    ],
    ids=[
        "pinned root short",
        "gap",
        "gap at the end",
        "old quorum short",
        "new quorum short",
        "signed by the roster before last",
        "fork",
        "targets by the roster before",
        "bins by strangers",
    ],
)
def test_a_broken_chain_is_refused_by_name(
    rule: str, pinned: MetadataFile, others: tuple[MetadataFile, ...], absent: tuple[str, ...]
) -> None:
    """Each break has a rule of its own."""
    assert refused_by(pinned.encode(), without(files(*others), *absent)) == rule


def test_an_older_file_is_no_substitute_for_a_newer_one_that_does_not_verify() -> None:
    """After rosters went back and forth an old targets would verify again: taking it would be a rollback."""
    again = [by(root(version), "ann", "bob") for version in (1, 2)]
    old, new = by(targets(3), "ann", "bob"), by(targets(4), "cyd", "ann again")
    assert refused_by(again[0].encode(), shown([*again, old, new])) == "TRUSTED-TARGETS"
    assert trust(again[0].encode(), shown([*again, old])).file("targets") == old


def test_a_replayed_version_under_the_next_name_is_noticed() -> None:
    """Root 2 once more, in place of root 3."""
    found = files() | {"3.root.json": SECOND.encode()}
    assert tampering(FIRST.encode(), found) == ("version 2 under the name of another", "3.root.json")


def test_two_files_of_one_version_have_to_be_one() -> None:
    """Repositories without consistent snapshots publish under names without versions as well."""
    assert trust(FIRST.encode(), files() | {"targets.json": TARGETS.encode()}).file("targets") == TARGETS
    found = files() | {"targets.json": by(targets(4), "cyd", "ann again").encode()}
    assert tampering(FIRST.encode(), found)[0] == "another version 4 than the other file of it"


def test_a_wrong_keyid_in_the_last_root_is_refused() -> None:
    """The next root would be built upon it."""
    wrong = rekeyed(root(4, ("cyd", "bob")), "online", "0" * 64, "cyd", "ann again", "bob")
    assert refused_by(FIRST.encode(), files(wrong)) == "TRUSTED-KEYID"


def test_a_wrong_keyid_in_an_older_root_is_passed_over() -> None:
    """Sigstore's root 11 had one, and root 12 has it right: nobody can mend it, and the count is by keys."""
    wrong = rekeyed(SECOND, "online", "0" * 64, "ann", "bob", "cyd")
    assert trust(FIRST.encode(), files(wrong)).root == THIRD


@pytest.mark.parametrize(
    "pinned", [b"", b"[]", b"{}", b'{"signed": {}, "signatures": []}', b'{"signed": 1, "signatures": 2}']
)
def test_a_pinned_root_that_is_no_metadata_is_noticed(pinned: bytes) -> None:
    """Whatever else is there."""
    assert tampering(pinned, files())[1] == PINNED


def test_a_last_root_that_cannot_be_read_is_refused_by_rule() -> None:
    """Its targets and bins are of no use then."""
    odd = altered(THIRD, lambda signed: signed.update(expires="2030-01-01T00:00:00.5Z"), "bob", "cyd", "ann again")
    assert refused_by(FIRST.encode(), files(odd)) == "TRUSTED-READABLE"


# ---- how others lay their files out


def test_the_layout_of_a_file_does_not_matter() -> None:
    """Python-tuf indents, go-tuf orders otherwise, and others add what is not signed."""
    value = json.loads(SECOND.encode())
    loose = json.dumps({**value, "extra": 1}, indent=4).encode()
    assert decode_published(loose, "root", "2.root.json") == SECOND


def test_a_placeholder_is_no_signature() -> None:
    """Tuf-on-ci marks those who have not signed by an empty one; capital digits are the same digits."""
    value = json.loads(SECOND.encode())
    value["signatures"] = [{"keyid": each["keyid"], "sig": each["sig"].upper()} for each in value["signatures"]]
    value["signatures"] += [{"keyid": keyid("ann again"), "sig": ""}, {"keyid": "no keyid", "sig": "00"}]
    assert decode_published(json.dumps(value).encode(), "root", "2.root.json") == SECOND


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"signatures": [{"keyid": "a" * 64, "sig": "00"}] * 2}, "two signatures by the key aaaaaaaaaaaaaaaa"),
        ({"signatures": [{"keyid": 1, "sig": "00"}]}, "a signature without keyid and sig"),
        ({"signatures": [[]]}, "a signature without keyid and sig"),
        ({"signed": {"version": True}}, "version True"),
        ({"signed": {"version": 0}}, "version 0"),
        ({"signed": {"version": 10**9}}, "version 1000000000"),
        ({"signed": {"version": "1"}}, "version '1'"),
        ({"signed": {}}, "version None"),
        ({"signed": []}, "no signed metadata"),
    ],
)
def test_what_is_no_metadata_file_is_noticed(change: dict[str, object], what: str) -> None:
    """In whichever layout."""
    data = json.dumps(json.loads(SECOND.encode()) | change).encode()
    with pytest.raises(TamperedError) as tampered:
        decode_published(data, "root", "here")
    assert (tampered.value.what, tampered.value.where) == (what, "here")


def test_names_tell_roles_and_versions() -> None:
    """Whole names, no leading zero, and a role's name is no pattern."""
    names = [
        "1.root.json",
        "root.json",
        "01.root.json",
        "1.root.json.old",
        "x1.root.json",
        "0.root.json",
        "1.rootXjson",
    ]
    assert published_names("root", names) == {"1.root.json": 1, "root.json": None}
    assert published_names("a.b", ["2.a.b.json", "2.aXb.json"]) == {"2.a.b.json": 2}


def test_the_newest_name_is_the_highest_version_not_the_last_word() -> None:
    """Ten comes after nine."""
    assert newest_names("targets", ["9.targets.json", "10.targets.json", "9.bins.json"]) == ("10.targets.json",)
    assert newest_names("targets", ["targets.json", "snapshot.json"]) == ("targets.json",)
    assert newest_names("targets", []) == ()


def test_where_nothing_can_be_read_nothing_is_delegated() -> None:
    """What to look at next cannot be told then."""
    assert delegated_roles(files()) == ("bins",)
    assert delegated_roles({}) == ()
    assert delegated_roles(without(files(), TARGETS.name)) == ()
    assert delegated_roles(files() | {TARGETS.name: b"{"}) == ()
    assert delegated_roles(shown([FIRST, by(targets(1), "ann")])) == ()


# ---- the real client as judge


def rosters() -> st.SearchStrategy[Roster]:
    """One to four keys."""
    return st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True).map(tuple)


@st.composite
def histories(draw: st.DrawFn) -> tuple[MetadataFile, ...]:
    """Three roots, targets and bins by random rosters; most are signed by all who matter, some by anybody."""
    holders = [draw(rosters()) for _ in range(3)]
    signers, bins_by = draw(rosters()), draw(rosters())
    needed = [draw(st.integers(1, len(each))) for each in (*holders, signers, bins_by)]
    unsigned = [
        root(version, each, needed[version - 1], targets_by=signers, targets_threshold=needed[3])
        for version, each in enumerate(holders, start=1)
    ]
    unsigned += [targets(1, bins=(bins_by, needed[4])), bins()]
    able = [holders[0], (*holders[0], *holders[1]), (*holders[1], *holders[2]), signers, bins_by]
    some = [st.just(all_) | st.just(all_) | st.sets(st.sampled_from(KEYS)).map(tuple) for all_ in able]
    return tuple(by(file, *draw(names)) for file, names in zip(unsigned, some, strict=True))


def client_takes(history: tuple[MetadataFile, ...]) -> bool:
    """True when python-tuf's client, which pinned the first root, takes every file."""
    *roots, top, inner = history
    online = {"snapshot": Snapshot(1), "timestamp": Timestamp(1)}
    online["snapshot"].meta = {"targets.json": MetaFile(1), "bins.json": MetaFile(1)}  # type: ignore[attr-defined]
    try:
        client = TrustedMetadataSet(roots[0].encode(), EnvelopeType.METADATA)
        for each in roots[1:]:
            client.update_root(each.encode())
        client.update_timestamp(_by_online(online["timestamp"]))
        client.update_snapshot(_by_online(online["snapshot"]))
        client.update_targets(top.encode())
        client.update_delegated_targets(inner.encode(), "bins", "targets")
    except RepositoryError:
        return False
    return True


def _by_online(signed: Snapshot | Timestamp) -> bytes:
    signed.expires = datetime(2031, 1, 1, tzinfo=UTC)
    metadata = Metadata(signed)
    found = signature("online", metadata.signed_bytes)
    metadata.signatures[found.keyid] = found
    return metadata.to_bytes()


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_the_verdict_is_the_one_of_the_real_client(history: tuple[MetadataFile, ...]) -> None:
    """Over random rosters, thresholds and signatures: both take everything, or both refuse something."""
    try:
        trusted = trust(history[0].encode(), shown(history))
    except RefusedError:
        assert not client_takes(history)
    else:
        assert client_takes(history)
        assert (*trusted.roots, *trusted.targets.values()) == history


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_one_signature_short_is_refused_by_both(data: st.DataObject) -> None:
    """Under the old quorum or the new one: a rotation with exactly enough signatures bears the loss of none."""
    holders, threshold = data.draw(rosters()), data.draw(st.integers(1, 3))
    threshold = min(threshold, len(holders))
    both = [by(root(version, holders, threshold), *holders[:threshold]) for version in (1, 2)]
    rest = [by(targets(1, bins=(("ann",), 1)), *holders), by(bins(), "ann")]
    assert client_takes((*both, *rest))
    assert trust(both[0].encode(), shown([*both, *rest])).root == both[1]
    lost = data.draw(st.sampled_from([*both[1].signatures]))
    short = replace(both[1], signatures=MappingProxyType({k: v for k, v in both[1].signatures.items() if k != lost}))
    assert not client_takes((both[0], short, *rest))
    assert refused_by(both[0].encode(), shown([both[0], short, *rest])) == "TRUSTED-CHAIN"


@pytest.mark.parametrize(
    ("timestamp", "version"),
    [
        (b'{"signed": {"meta": {"snapshot.json": {"version": 7}}}}', 7),
        (b'{"signed": {"meta": {"snapshot.json": {"version": "7"}}}}', None),
        (b'{"signed": {"meta": {"snapshot.json": {"version": true}}}}', None),
        (b'{"signed": {"meta": {"snapshot.json": 7}}}', None),
        (b'{"signed": {"meta": {}}}', None),
        (b'{"signed": []}', None),
        (b"[]", None),
        (b"", None),
    ],
)
def test_a_timestamp_names_the_snapshot_to_look_for(timestamp: bytes, version: int | None) -> None:
    """If it names one at all."""
    assert named_snapshot(timestamp) == version
