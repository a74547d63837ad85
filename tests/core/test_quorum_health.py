"""Quorum health: what may be lost and what a thief needs, counted as a client counts."""

from dataclasses import replace
from itertools import combinations
from types import MappingProxyType

import pytest
from fakes.people import NAMES, drafted, keyholders, keyid, roster, signature, signer
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer import Key, SSlibKey

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.quorum_cautions import listed, quorum_cautions
from ceremony.core.quorum_health import QuorumHealth, health_of, same_key
from ceremony.core.roster import Roster
from ceremony.core.tally import Quorum, quorums_of, tally

PEOPLE = ("ann", "bob", "cyd", "stranger", "online")
FILE = MetadataFile("root", 1, b"{}")


def quorum(threshold: int, *names: str, role: str = "root", twice: str = "") -> Quorum:
    """A quorum of these people's keys; that of `twice` stands under a second keyid as well."""
    keys: dict[str, Key] = {keyid(name): signer(name).public_key for name in names}
    if twice:
        own = signer(twice).public_key
        keys["e" * 64] = SSlibKey("e" * 64, own.keytype, own.scheme, own.keyval)
    return Quorum(role, "root 1", threshold, MappingProxyType(keys))


def can_sign(found: Quorum, names: set[str]) -> bool:
    """Whether the tally is complete once these people have signed, under every keyid that their key has."""
    marks = {same_key(signer(name).public_key): name for name in names}
    sigs = {
        each: signature(marks[same_key(key)], FILE.payload).signature
        for each, key in found.keys.items()
        if same_key(key) in marks
    }
    return tally((replace(FILE, signatures=sigs),), (found,))[0].is_complete


@given(
    st.sets(st.sampled_from(PEOPLE), min_size=1),
    st.integers(1, 6),
    st.booleans(),
)
def test_losses_and_thefts_are_counted_as_the_tally_counts(names: set[str], threshold: int, is_twice: bool) -> None:  # noqa: FBT001  # drawn by Hypothesis
    """Tried out with every group of people: which losses the rest survives, and which thieves can sign."""
    ordered = sorted(names)
    found = quorum(threshold, *ordered, twice=ordered[0] if is_twice else "")
    health = health_of(found, Roster())
    groups = [{*group} for size in range(len(names) + 1) for group in combinations(ordered, size)]
    able = [group for group in groups if can_sign(found, group)]
    fatal = [len(names) - len(group) for group in groups if group not in able]
    assert health.count == len(names)
    assert health.needed == min(map(len, able), default=None)
    assert (health.spare < 0) is (names not in able)
    if names in able:
        assert health.spare == min(fatal, default=len(names) + 1) - 1


@given(st.integers(1, 5), st.integers(1, 5))
def test_without_doubles_it_is_arithmetic(count: int, threshold: int) -> None:
    """N minus t may be lost, and t are needed."""
    health = health_of(quorum(threshold, *PEOPLE[:count]), Roster())
    assert health.spare == count - threshold
    assert health.needed == (threshold if threshold <= count else None)


def test_an_empty_quorum_lacks_every_vote() -> None:
    """A role that names no key that is there."""
    assert (health_of(quorum(2), Roster()).spare, health_of(quorum(2), Roster()).needed) == (-2, None)


def test_keys_are_called_by_their_holders_where_a_roster_tells() -> None:
    """And by eight digits where none does."""
    found = drafted()
    health = [health_of(each, found.roster) for each in quorums_of(found.files)]
    assert [[key.name for key in each.keys] for each in health] == [[*NAMES]] * 3
    bare = health_of(quorums_of(found.files)[0], Roster())
    assert [key.name for key in bare.keys] == [keyid(name)[:8] for name in NAMES]


def test_one_key_in_two_spellings_is_one_key() -> None:
    """A line end more, or another name for its kind, changes nothing; another key does."""
    ann = signer("ann").public_key
    spelled = SSlibKey("f" * 64, "ecdsa-sha2-nistp256", ann.scheme, {"public": ann.keyval["public"] + "\n"})
    assert same_key(ann) == same_key(spelled) != same_key(signer("bob").public_key)


def test_what_is_no_key_is_known_by_its_keyid() -> None:
    """Two of them are never taken for one."""
    one, two = (SSlibKey(digit * 64, "rsa", "rsassa-pss-sha256", {"public": "?"}) for digit in "ab")
    assert same_key(one) != same_key(two)


# ---- cautions


def cautions(*quorums: Quorum, online_votes: int = 0) -> str:
    """What deserves a second thought about these, in one text."""
    return "\n".join(quorum_cautions([health_of(each, Roster(), online_votes) for each in quorums]))


def test_a_healthy_quorum_deserves_no_second_thought() -> None:
    """Two of three, in one role."""
    assert cautions(quorum(2, *NAMES)) == ""


CAUTIONS = {
    "nobody to spare": ((quorum(3, *NAMES),), "No key of root may be lost"),
    "one is enough": ((quorum(1, *NAMES),), "One stolen key is enough to sign root."),
    "too few": ((quorum(4, *NAMES),), "lists 3 keys: nobody can sign it any more, and a new root has to reach"),
    "one left": ((quorum(2, "ann", role="bins"),), "lists 1 key: nobody can sign it any more, and it needs new keys"),
    "twice in a role": ((quorum(2, *NAMES, twice="ann"),), "In root one public key stands under several keyids"),
    "in two roles": (
        (quorum(2, *NAMES), quorum(2, "ann", "cyd", "stranger", role="bins")),
        f"One stolen device counts in root and bins: {keyid('ann')[:8]}, {keyid('cyd')[:8]}.",
    ),
}


@pytest.mark.parametrize(("quorums", "sentence"), CAUTIONS.values(), ids=CAUTIONS)
def test_what_is_weak_is_said(quorums: tuple[Quorum, ...], sentence: str) -> None:
    """One sentence for each weakness."""
    assert sentence in cautions(*quorums)


def test_the_online_key_among_keyholders_is_said() -> None:
    """Alone it is worse."""
    assert "A key that is always online counts in root." in cautions(quorum(2, *NAMES), online_votes=1)
    assert "The online key alone can sign root" in cautions(quorum(1, *NAMES), online_votes=1)


def test_the_cautions_of_a_plain_plan_name_the_people() -> None:
    """As the plan's own review does."""
    ann, bob, cyd = keyholders(*NAMES)
    found = drafted(keyholders=(ann, replace(bob, roles=("root",)), replace(cyd, roles=OFFLINE_ROLES[1:])))
    health: list[QuorumHealth] = [health_of(each, roster(found.plan)) for each in quorums_of(found.files)]
    assert [*quorum_cautions(health)] == [
        "No key of root, targets and bins may be lost: everybody has to sign, each time.",
        "One stolen device counts in root, targets and bins: ann.",
        "One stolen device counts in targets and bins: cyd.",
    ]


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_words_are_listed_as_people_do(words: list[str], text: str) -> None:
    """With `and` before the last."""
    assert listed(words) == text
