"""Drafting: the same bytes everywhere, and metadata that the real client resolves as planned."""

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import permutations

import pytest
from fakes.people import NAMES, REPOSITORY, drafted, enrolment, keyholders, keyid, plan, roster
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.formats import encode_canonical
from tuf.api.metadata import DelegatedRole, Delegations, SuccinctRoles, Targets

from ceremony.core.draft import (
    BIN_PREFIX,
    LIFETIMES_FIELD,
    REHEARSAL_FIELD,
    REPOSITORY_FIELD,
    bin_prefixes,
    draft,
)
from ceremony.core.plan import Bins, instant_text
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.roster import Roster
from ceremony.core.signed import root_of, targets_of
from ceremony.errors import RefusedError, TamperedError

COUNTS = [1 << bits for bits in range(1, 15)]
PATHS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def payloads(found: Roster) -> list[bytes]:
    """What the usual plan gives with this roster."""
    return [each.payload for each in draft(plan(), found).files]


# ---- the same bytes everywhere


def test_drafting_twice_gives_the_same_bytes() -> None:
    """A draft depends on plan and roster alone."""
    assert payloads(roster(plan())) == payloads(roster(plan()))


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_the_order_of_enrolment_does_not_matter(order: tuple[int, ...]) -> None:
    """Whoever comes first to the table, the same bytes are signed."""
    enrolments = roster(plan()).enrolments
    assert payloads(Roster(tuple(enrolments[place] for place in order))) == payloads(Roster(enrolments))


def test_enrolling_anew_with_the_same_key_does_not_matter() -> None:
    """Only keys and roles reach the metadata, nothing of the device they stand on."""
    first = roster(plan())
    anew = replace(first.enrolments[0], serial="another", label="another", nonce="6" * 32, proof="ab")
    assert payloads(first.replace(anew)) == payloads(first)


def test_the_order_of_tables_in_a_plan_does_not_matter() -> None:
    """Mappings are looked up, never walked, where their order could reach the bytes."""
    usual = plan()
    turned = replace(
        usual,
        thresholds=dict(reversed(usual.thresholds.items())),
        expires=dict(reversed(usual.expires.items())),
        lifetimes=dict(reversed(usual.lifetimes.items())),
    )
    assert draft(turned, roster(turned)).files == draft(usual, roster(usual)).files


def test_drafting_leaves_plan_and_roster_as_they_are() -> None:
    """python-tuf empties what it parses; ours is untouched."""
    found = plan()
    held = roster(found)
    draft(found, held)
    assert (found, held) == (plan(), roster(plan()))


@pytest.mark.parametrize("style", ["succinct", "explicit"])
def test_payloads_are_canonical_as_securesystemslib_has_it(style: str) -> None:
    """Parsed and encoded again by securesystemslib, each payload is the same."""
    for file in drafted(bins=Bins(16, style)).files:
        fields = json.loads(file.encode())["signed"]
        assert (encode_canonical(fields) or "").encode() == file.payload


# ---- what the metadata says


def test_each_file_is_version_one_and_ends_when_the_plan_says() -> None:
    """Root, targets and bins, in the order in which they are signed."""
    found = drafted()
    assert [(each.role, each.version) for each in found.files] == [(role, 1) for role in OFFLINE_ROLES]
    for file in found.files:
        assert json.loads(file.encode())["signed"]["expires"] == instant_text(found.plan.expires[file.role])


def test_root_names_keyholders_offline_and_the_online_key_online() -> None:
    """Each role has the keys and the threshold of the plan; snapshot and timestamp are the online key's."""
    ann, bob, cyd = keyholders(*NAMES)
    found = plan(
        keyholders=(ann, replace(bob, roles=("root",)), replace(cyd, roles=("targets", "bins"))),
        thresholds={"root": 2, "targets": 1, "bins": 2},
    )
    root = root_of(draft(found, roster(found)).file("root"))
    assert {name: (role.keyids, role.threshold) for name, role in root.roles.items()} == {
        "root": ([keyid("ann"), keyid("bob")], 2),
        "targets": ([keyid("ann"), keyid("cyd")], 1),
        "snapshot": ([keyid("online")], 1),
        "timestamp": ([keyid("online")], 1),
    }
    assert {*root.keys} == {keyid(name) for name in (*NAMES, "online")}


def test_a_key_of_bins_alone_is_not_in_root() -> None:
    """Root lists no key that it does not use."""
    ann, bob, cyd = keyholders(*NAMES)
    found = plan(keyholders=(ann, bob, replace(cyd, roles=("bins",))))
    made = draft(found, roster(found))
    assert keyid("cyd") not in root_of(made.file("root")).keys
    delegations = targets_of(made.file("targets")).delegations
    assert delegations is not None
    assert keyid("cyd") in delegations.keys


def test_root_asks_for_consistent_snapshots() -> None:
    """Every client then fetches files by version and hash."""
    assert root_of(drafted().file("root")).consistent_snapshot is True


@pytest.mark.parametrize("is_rehearsal", [True, False])
def test_root_names_its_repository_and_whether_it_rehearses(*, is_rehearsal: bool) -> None:
    """The mark stands inside what is signed, in rehearsals only."""
    marks = root_of(drafted(is_rehearsal=is_rehearsal).file("root")).unrecognized_fields
    assert marks[REPOSITORY_FIELD] == REPOSITORY
    assert marks.get(REHEARSAL_FIELD, False) is is_rehearsal


def test_bins_tells_the_online_signer_how_long_its_signatures_last() -> None:
    """In whole seconds, by role."""
    lifetimes = {"bin-n": timedelta(hours=2), "snapshot": timedelta(days=1), "timestamp": timedelta(hours=1)}
    bins = targets_of(drafted(lifetimes=lifetimes).file("bins"))
    assert bins.unrecognized_fields[LIFETIMES_FIELD] == {"bin-n": 7200, "snapshot": 86_400, "timestamp": 3600}


# ---- who falls into which bin


@given(PATHS)
def test_targets_hands_every_path_to_bins(path: str) -> None:
    """Also a path with folders in it, which no pattern of one star would match; and nobody is asked after bins."""
    targets = targets_of(drafted().file("targets"))
    assert targets.delegations is not None
    assert [*targets.delegations.get_roles_for_target(path)] == [("bins", True)]


def test_explicit_and_succinct_bins_are_one_for_every_count() -> None:
    """For each count, every path lands in the same bin by either style, as python-tuf resolves it."""
    paths = [sha256(bytes([number])).hexdigest() for number in range(24)]
    for count in COUNTS:
        succinct = SuccinctRoles(["k"], 1, count.bit_length() - 1, BIN_PREFIX)
        roles = {
            name: DelegatedRole(name, ["k"], 1, terminating=True, path_hash_prefixes=[*prefixes])
            for name, prefixes in bin_prefixes(count)
        }
        explicit = Delegations({}, roles)
        assert [*roles] == [*succinct.get_roles()]
        for path in paths[: 24 if count < 1024 else 3]:
            assert [*explicit.get_roles_for_target(path)] == [(succinct.get_role_for_target(path), True)]


@given(st.sampled_from(COUNTS), st.binary(max_size=40).map(lambda each: sha256(each).hexdigest()))
def test_every_hash_has_exactly_one_bin(count: int, digest: str) -> None:
    """The prefixes of all bins share every hash out, none twice."""
    matching = [name for name, prefixes in _PREFIXES[count] if digest.startswith(prefixes)]
    number = int(digest[:8], 16) >> (32 - count.bit_length() + 1)
    assert matching == [_PREFIXES[count][number][0]]


_PREFIXES = {count: bin_prefixes(count) for count in COUNTS}


@given(st.sampled_from(["succinct", "explicit"]), st.sampled_from([2, 8, 16, 32]), PATHS)
def test_bins_of_either_style_resolve_alike(style: str, count: int, path: str) -> None:
    """What is drafted, parsed by python-tuf, names one terminating bin for every path."""
    bins = _BINS[style, count]
    assert bins.delegations is not None
    expected = SuccinctRoles([], 1, count.bit_length() - 1, BIN_PREFIX).get_role_for_target(path)
    assert [*bins.delegations.get_roles_for_target(path)] == [(expected, True)]
    assert bins.get_delegated_role(expected).keyids == [keyid("online")]


_BINS: dict[tuple[str, int], Targets] = {
    (style, count): targets_of(drafted(bins=Bins(count, style)).file("bins"))
    for style in ("succinct", "explicit")
    for count in (2, 8, 16, 32)
}


# ---- what cannot be drafted


def test_nothing_is_drafted_while_somebody_is_missing() -> None:
    """The refusal names who."""
    with pytest.raises(RefusedError) as refused:
        draft(plan(), Roster(roster(plan()).enrolments[:1]))
    assert (refused.value.rule, refused.value.found) == ("ENROLMENT-COMPLETE", "no key yet of bob, cyd")


def test_nothing_is_drafted_with_one_key_for_two_people() -> None:
    """A copied device is a refusal, not a crash inside the metadata library."""
    found = plan()
    held = roster(found).replace(enrolment(found, replace(found.keyholders[1], scheme="ecdsa-sha2-nistp256"), "ann"))
    with pytest.raises(RefusedError) as refused:
        draft(found, held)
    assert refused.value.rule == "KEY-UNIQUE"


def test_a_file_is_found_by_its_role() -> None:
    """Each role has one."""
    found = drafted()
    assert [found.file(role).role for role in OFFLINE_ROLES] == [*OFFLINE_ROLES]


def test_a_role_that_is_neither_drafted_nor_trusted_has_no_file() -> None:
    """Nobody goes on with nothing in its place."""
    with pytest.raises(TamperedError, match="no claimed"):
        drafted().file("claimed")
