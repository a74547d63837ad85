"""Keys are copied or lost, a ceremony replaces them, and real clients say what a thief can still do."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.attacked_repository import FAR_AHEAD, FORGED, GENUINE, TARGET, Story, attacked
from fakes.release import DEVICE_KEYS, PEOPLE, Then, Wanted
from fakes.thief import Thief
from fakes.visiting_client import VisitingClient
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.api.metadata import Metadata

NEW: Mapping[str, CryptoSigner] = {name: CryptoSigner.generate_ecdsa() for name in PEOPLE}
"""What their new devices hold."""

GONE_BACK = "BadVersionNumberError: New timestamp version 2 must be >="
NO_TIMESTAMP = "UnsignedMetadataError: timestamp was signed by 0/1 keys"
"""How the real client says that what it is shown is older than what it knows, or is nobody's."""

WAYS = pytest.mark.parametrize("is_given_up", [False, True], ids=["beside the old key", "without the old key"])
"""How the next online key comes to work."""


@pytest.fixture
def story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Story]:
    """The first release is published, with a target; two of ann, bob and cyd sign each role, unless a test says so."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)  # nobody cuts the power
    moment = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the real client asks the real clock
    found = attacked(tmp_path, getattr(request, "param", Wanted()), moment)
    yield found
    found.signer.store.close()


def refusal(client: VisitingClient, folder: Path, at: datetime | None = None) -> str:
    """The error for which this client takes nothing from the mirror or the repository in this folder."""
    with pytest.raises((RepositoryError, DownloadError)) as found:
        client.download(folder, TARGET, at)
    return f"{found.type.__name__}: {found.value}"


def test_a_copy_of_the_online_key_deceives_every_client(story: Story) -> None:
    """One that is new, and one that has been at the genuine repository; which has nothing for either any more."""
    thief, fresh, regular = story.thief(), story.client(), story.client()
    assert story.download(regular) == GENUINE

    thief.forge(TARGET, FORGED, FAR_AHEAD)

    for client in (fresh, regular):
        assert client.download(thief.mirror, TARGET) == FORGED
        assert refusal(client, story.repository) == f"{GONE_BACK} {FAR_AHEAD}"


@WAYS
def test_a_new_online_key_brings_every_client_back(story: Story, *, is_given_up: bool) -> None:
    """Those that are new, that came before, and that the thief has led as far ahead as versions go."""
    thief, regular, ahead = story.thief(), story.client(), story.client()
    assert story.download(regular) == GENUINE
    thief.forge(TARGET, FORGED, FAR_AHEAD)
    assert ahead.download(thief.mirror, TARGET) == FORGED
    key = story.next_key(is_given_up=is_given_up)

    story.hold(Then(roles=("root", "bins"), online=key))

    for client in (regular, ahead, story.client(1), story.client(2)):
        assert story.download(client) == GENUINE
    bins = [name for name in story.listed() if name.split(".")[1].startswith("bin-")]
    signed_by = {keyid for name in bins for keyid in Metadata.from_bytes(story.signer.shelved()[name]).signatures}
    assert (len(bins), signed_by) == (4, {key.keyid()})


FORGERIES: dict[str, tuple[Callable[[Thief], object], str]] = {
    "a timestamp of long ago": (lambda it: it.forge_timestamp(1), NO_TIMESTAMP),
    "the timestamp that is shown": (lambda it: it.forge_timestamp(it.shown), NO_TIMESTAMP),
    "the next timestamp": (lambda it: it.forge(TARGET, FORGED, it.shown + 1), NO_TIMESTAMP),
    "a timestamp far ahead": (lambda it: it.forge(TARGET, FORGED, FAR_AHEAD), NO_TIMESTAMP),
    # One ECDSA signature is some digits longer than another, and too much is refused before the hash is looked at.
    "the snapshot that is listed": (
        lambda it: it.forge_snapshot(listed={"bins": 1}),
        "LengthOrHashMismatchError: |DownloadLengthMismatchError: ",
    ),
    "the bin that is listed": (
        lambda it: it.forge_targets(TARGET, FORGED),
        "UnsignedMetadataError: bin-[0-3] was signed by 0/1 keys",
    ),
}
"""What a thief lays over a genuine mirror, and how a client refuses it that has the new root."""


@WAYS
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_client_with_the_new_root_refuses_what_the_old_key_signed(
    story: Story, forgery: str, *, is_given_up: bool
) -> None:
    """At whatever version; and goes on with the genuine repository as if nothing had been."""
    story.hold(Then(roles=("root", "bins"), online=story.next_key(is_given_up=is_given_up)))
    thief, fresh, regular = story.thief(), story.client(2), story.client(1)
    assert story.download(regular) == GENUINE
    forge, words = FORGERIES[forgery]

    forge(thief)

    assert re.match(words, refusal(fresh, thief.mirror))
    if "timestamp" in forgery:
        assert re.match(words, refusal(regular, thief.mirror))
    else:
        # It has what the genuine timestamp leads to, and asks for nothing more.
        assert regular.download(thief.mirror, TARGET) == GENUINE
    assert story.download(fresh) == story.download(regular) == GENUINE


@WAYS
def test_nothing_that_both_online_keys_signed_vouches_for_the_old_key(story: Story, *, is_given_up: bool) -> None:
    """A client with the new root is shown any timestamp of the change, and below it what a thief has forged."""
    thief, shown = story.thief(), []
    story.take_in(Then(roles=("root", "bins"), online=story.next_key(is_given_up=is_given_up)))
    while story.signer.publisher.publish(story.moment) is not None:
        shown.append(story.signer.shelved()["timestamp.json"])

    for timestamp in shown:
        thief.copy()
        thief.replay(timestamp)
        thief.forge_targets(TARGET, FORGED)
        assert refusal(story.client(2), thief.mirror).startswith("UnsignedMetadataError: bin-")


LAST_DAYS = {
    "root": (("targets", "bins"), "ExpiredMetadataError: Final root.json is expired"),
    "bins": (("root", "targets"), "ExpiredMetadataError: New bins is expired"),
}
"""By what ends first, a year after the first release: which roles are signed anew before the theft, and the refusal."""


@pytest.mark.parametrize("first", LAST_DAYS)
def test_who_withholds_the_new_root_deceives_until_old_metadata_ends(story: Story, first: str) -> None:
    """A client that sees nothing of the ceremony takes forgeries as long as root and bins last, no second longer."""
    roles, words = LAST_DAYS[first]
    story.hold(Then(roles=roles))
    thief, client = story.thief(), story.client()
    end = story.moment + timedelta(days=365)

    story.hold(Then(roles=("root", "bins"), online=story.next_key()))

    thief.forge(TARGET, FORGED, FAR_AHEAD)
    assert client.download(thief.mirror, TARGET, end - timedelta(seconds=1)) == FORGED
    thief.forge(TARGET, FORGED, FAR_AHEAD + 1)
    assert refusal(client, thief.mirror, end) == words
    assert story.download(client) == GENUINE


@pytest.mark.parametrize("role", ["root", "targets", "bins"])
def test_fewer_keys_than_a_threshold_forge_nothing(story: Story, role: str) -> None:
    """Ann's is copied, and two sign each role; the online key is copied too, and makes clients ask for the forgery."""
    thief, fresh, regular = story.thief("ann"), story.client(), story.client()
    assert story.download(regular) == GENUINE

    thief.forge(TARGET, FORGED, FAR_AHEAD, role)

    for client in (fresh, regular):
        assert refusal(client, thief.mirror) == f"UnsignedMetadataError: {role} was signed by 1/2 keys"
    assert story.download(story.client()) == GENUINE


@pytest.mark.parametrize("role", ["root", "targets", "bins"])
def test_a_key_that_was_replaced_signs_nothing_that_counts(story: Story, role: str) -> None:
    """Ann's old key and bob's forge whatever they like before ann has a new one, and nothing afterwards."""
    thief = story.thief("ann", "bob")
    thief.forge(TARGET, FORGED, FAR_AHEAD, role)
    assert story.client().download(thief.mirror, TARGET) == FORGED

    story.hold(Then(keys={"ann": NEW["ann"]}))

    thief = story.thief("ann", "bob")
    thief.forge(TARGET, FORGED, FAR_AHEAD, role)
    for client in (story.client(1), story.client(2)):
        assert refusal(client, thief.mirror) == f"UnsignedMetadataError: {role} was signed by 1/2 keys"


ROOT_BY_ALL = pytest.mark.parametrize(
    "story", [Wanted(thresholds={"root": 3}, signers=PEOPLE)], ids=["root by all three"], indirect=True
)
"""Ann and bob are enough for targets and bins, and not for root."""


@ROOT_BY_ALL
@pytest.mark.parametrize("role", ["targets", "bins"])
def test_a_client_led_ahead_by_keyholders_keys_comes_back(story: Story, role: str) -> None:
    """Enough keys of a role were copied together with the online key; all of them are replaced in one ceremony."""
    thief, ahead = story.thief("ann", "bob"), story.client()
    thief.forge(TARGET, FORGED, FAR_AHEAD, role)
    assert ahead.download(thief.mirror, TARGET) == FORGED
    assert refusal(ahead, story.repository) == f"{GONE_BACK} {FAR_AHEAD}"

    story.hold(Then(keys={name: NEW[name] for name in ("ann", "bob")}, online=story.next_key(is_given_up=True)))

    for client in (ahead, story.client(1), story.client(2)):
        assert story.download(client) == GENUINE
        thief.copy()
        thief.forge(TARGET, FORGED, FAR_AHEAD, role)
        assert refusal(client, thief.mirror) == NO_TIMESTAMP
        assert story.download(client) == GENUINE


def everything_new(story: Story) -> Then:
    """Everybody has another device, and the signer another key."""
    return Then(keys=NEW, online=story.next_key(is_given_up=True))


def test_who_took_the_genuine_root_first_is_safe_from_a_thief_of_root_keys(story: Story) -> None:
    """Neither the thief's root of the same version nor one that would follow is taken."""
    early, thief = story.thief("ann", "bob"), story.thief("ann", "bob")
    story.hold(everything_new(story))
    client = story.client(1)
    assert story.download(client) == GENUINE

    early.forge(TARGET, FORGED, FAR_AHEAD, "root")
    thief.copy()
    thief.forge(TARGET, FORGED, FAR_AHEAD, "root")

    assert early.roots == [1, 2]
    assert thief.roots == [1, 2, 3]
    assert refusal(client, early.mirror) == NO_TIMESTAMP
    assert refusal(client, thief.mirror) == "UnsignedMetadataError: root was signed by 0/2 keys"
    assert story.download(client) == GENUINE


def test_who_took_the_thiefs_root_first_is_brought_back_by_the_genuine_one_alone(story: Story) -> None:
    """In band it refuses all that is genuine; given the genuine root to begin with, it forgets what it has learned."""
    thief, early, late = story.thief("ann", "bob"), story.client(1), story.client(1)
    for _ in range(2):
        thief.forge_root()
    thief.forge(TARGET, FORGED, FAR_AHEAD, "targets")
    for client in (early, late):
        assert client.download(thief.mirror, TARGET) == FORGED

    story.hold(everything_new(story))
    assert refusal(early, story.repository) == NO_TIMESTAMP
    genuine = story.root(2)
    assert story.download(replace(early, root=genuine)) == GENUINE
    for _ in range(2):
        story.hold(Then(roles=("root",)))
    assert refusal(late, story.repository) == "UnsignedMetadataError: root was signed by 0/1 keys"
    assert story.download(replace(late, root=genuine)) == GENUINE

    for client, words in ((early, "UnsignedMetadataError: root was signed by 0/2 keys"), (late, NO_TIMESTAMP)):
        assert refusal(replace(client, root=genuine), thief.mirror) == words
        # The genuine root stands where the thief's did, and root 1 leads to it now.
        assert story.download(client) == GENUINE


def test_a_lost_key_is_replaced_by_the_others_alone(story: Story) -> None:
    """Nobody has cyd's any more: ann and bob sign, and every client follows."""
    regular = story.client(1)
    assert story.download(regular) == GENUINE
    lost = DEVICE_KEYS["cyd"].public_key.keyid

    story.hold(Then(keys={"cyd": NEW["cyd"]}, signers=("ann", "bob")))

    assert {each.name for each in story.release.files} == {"2.root.json", "2.targets.json", "2.bins.json"}
    for each in story.release.files:
        assert lost not in each.signatures
        assert lost.encode() not in each.payload
    for client in (regular, story.client(1), story.client(2)):
        assert story.download(client) == GENUINE
