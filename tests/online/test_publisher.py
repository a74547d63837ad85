"""Publications: together, in order, again after a crash, and never one version with two contents."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import NOW, Then, Wanted, following, successor
from securesystemslib.signer import CryptoSigner, Signature
from sqlalchemy import update

from ceremony.core.plan import Bins
from ceremony.errors import StorageError, TamperedError
from ceremony.online.bins import bin_of
from ceremony.online.intake import are_published, remove_request, take_in
from ceremony.online.key import CheckedSigner
from ceremony.online.keyring import Signers
from ceremony.online.publisher import TIMESTAMP, Shelf
from ceremony.online.tables import PUBLICATIONS

ONE_FILE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""A database whose earlier state is a copy of its file."""


class _Recorder:
    """A shelf that notes the names in the order in which they are put, and fails at one of them."""

    def __init__(self, shelf: Shelf, failing: str = "") -> None:
        self.shelf = shelf
        self.failing = failing
        self.names: list[str] = []

    def prepare(self) -> None:
        self.shelf.prepare()

    def read(self, name: str) -> bytes | None:
        return self.shelf.read(name)

    def put(self, files: Iterable[tuple[str, bytes]], progress: Callable[[int], None]) -> None:
        for name, data in files:
            if name == self.failing:
                raise StorageError(name, "ENOSPC")
            self.names.append(name)
            self.shelf.put([(name, data)], progress)


def test_the_real_client_downloads_what_was_added(living: OnlineSigner, moment: datetime) -> None:
    """From root 1 alone."""
    living.ask("größe/demo 1.0+x.tar.gz", b"content", moment)

    living.publisher.publish(moment)

    assert living.follow("größe/demo 1.0+x.tar.gz") == {"größe/demo 1.0+x.tar.gz": b"content"}


def test_the_real_client_follows_explicit_bins(tmp_path: Path, moment: datetime) -> None:
    """For clients without TAP 15."""
    made = online_signer(tmp_path, Wanted(now=moment, bins=Bins(32, "explicit")))
    made.deliver(now=moment)
    made.ask("demo", b"content", moment)

    made.publisher.publish(moment)

    assert made.follow("demo") == {"demo": b"content"}
    made.store.close()


def test_changes_that_wait_become_one_publication(signer: OnlineSigner) -> None:
    """One snapshot and one timestamp for all of them."""
    signer.deliver()
    tickets = [signer.ask(f"demo-{number}", b"content") for number in range(9)]

    publication = signer.publisher.publish(NOW)

    assert publication is not None
    assert (publication.snapshot.version, publication.timestamp.version) == (2, 2)
    assert are_published(signer.store, tickets)
    assert signer.store.target_count() == 9
    assert signer.publisher.publish(NOW) is None


def test_the_last_of_contradicting_changes_stands(signer: OnlineSigner) -> None:
    """Added, changed and removed before the publication: it is not there."""
    signer.deliver()
    signer.ask("gone", b"one")
    signer.ask("kept", b"one")
    signer.ask("kept", b"two")
    take_in(signer.store, [remove_request("gone")], NOW)

    signer.publisher.publish(NOW)

    assert signer.store.target_count() == 1


def test_versioned_files_come_first_and_the_timestamp_last(signer: OnlineSigner) -> None:
    """Bins, then offline files, then snapshot, then root, then timestamp."""
    shelf = _Recorder(signer.shelf)
    signer.publisher = replace(signer.publisher, shelf=shelf)

    signer.deliver()

    bins = [f"1.bin-{number}.json" for number in range(4)]
    assert shelf.names == [*bins, "1.bins.json", "1.targets.json", "1.snapshot.json", "1.root.json", TIMESTAMP]


def test_of_many_roots_the_one_that_clients_ask_for_first_comes_last(signer: OnlineSigner) -> None:
    """They see the whole chain, or nothing of it, and the timestamp after it."""
    signer.deliver()
    second = following(signer.bundle, Then(roles=("root",)))
    third = following(second, Then(roles=("root", "targets")))
    shelf = _Recorder(signer.shelf)
    signer.publisher = replace(signer.publisher, shelf=shelf)

    signer.deliver(following(third, Then(roles=("root",))))

    roots = [f"{version}.root.json" for version in (4, 3, 2)]
    assert shelf.names == ["2.targets.json", "2.snapshot.json", *roots, TIMESTAMP]


def test_nothing_is_signed_between_a_new_root_and_its_timestamp(signer: OnlineSigner) -> None:
    """A key that is slow, or gone, must not leave clients with one and without the other."""
    signer.deliver()
    shelf = _Recorder(signer.shelf)
    seen: list[bool] = []
    counting = _Counting(signer.signer(), lambda: seen.append("2.root.json" in shelf.names))
    checked = CheckedSigner(counting, signer.key, "kms:1")
    signer.publisher = replace(signer.publisher, shelf=shelf, keys=_Fixed(checked))

    signer.deliver(following(signer.bundle))

    assert seen == [False, False]


def test_every_root_stays_on_the_shelf(signer: OnlineSigner) -> None:
    """A client may come with any of them."""
    signer.deliver()
    release = signer.bundle
    for _ in range(3):
        release = following(release, Then(roles=("root",)))
        signer.deliver(release)

    kept = {name: data for name, data in signer.shelved().items() if name.endswith(".root.json")}
    assert kept == {each.name: each.encode() for each in signer.store.trusted_roots()}
    assert len(kept) == 4


TOUCHED = f"2.bin-{bin_of('demo', 4)}.json"


@pytest.mark.parametrize("failing", [TOUCHED, "2.bins.json", "2.snapshot.json", "2.root.json", TIMESTAMP])
def test_a_full_disk_loses_nothing_that_was_acknowledged(signer: OnlineSigner, failing: str) -> None:
    """The same versions with the same bytes are out as soon as there is room."""
    signer.deliver()
    before = signer.shelved()
    ticket = signer.ask("demo", b"content")
    sound = signer.publisher
    signer.publisher = replace(sound, shelf=_Recorder(signer.shelf, failing))

    with pytest.raises(StorageError):
        signer.deliver(successor(successor(signer.bundle, "bins"), "root"))

    half = signer.shelved()
    assert half[TIMESTAMP] == before[TIMESTAMP]
    sound.publish(NOW)
    after = signer.shelved()
    assert are_published(signer.store, [ticket])
    assert {name: after[name] for name in half if name != TIMESTAMP} == {n: half[n] for n in half if n != TIMESTAMP}


def test_a_publication_that_was_out_but_not_marked_stays_as_it_is(signer: OnlineSigner) -> None:
    """Killed after the timestamp, before the mark."""
    signer.deliver()
    before = signer.shelved()
    _unmark(signer)

    signer.publisher.recover()

    assert signer.shelved() == before
    last = signer.store.last_publication()
    assert last is not None
    assert last.is_published


def test_files_signed_by_a_key_that_is_not_deterministic_are_kept(signer: OnlineSigner) -> None:
    """Another signature of the same payload would be other bytes for the same version."""
    made = online_signer(signer.scratch / "other")
    random = CheckedSigner(_Random(made.signer()), made.key, "kms:1")
    made.publisher = replace(made.publisher, keys=_Fixed(random), shelf=_Recorder(made.shelf, TIMESTAMP))
    with pytest.raises(StorageError):
        made.deliver()
    before = made.shelved()

    replace(made.publisher, shelf=made.shelf).publish(NOW)

    assert {name: data for name, data in made.shelved().items() if name != TIMESTAMP} == before
    made.store.close()


@dataclass
class _Fixed:
    """One key for every publication."""

    signer: CheckedSigner

    def signers(self, _publication: int) -> Signers:
        return Signers(self.signer)


class _Random(CryptoSigner):
    """Signs as most devices do: with another number each time."""

    def __init__(self, checked: CheckedSigner) -> None:
        super().__init__(checked._signer._private, checked.key)  # type: ignore[attr-defined, arg-type]  # noqa: SLF001  # a test's own signer


class _Counting(CryptoSigner):
    """Says when it signs."""

    def __init__(self, checked: CheckedSigner, signing: Callable[[], object]) -> None:
        super().__init__(checked._signer._private, checked.key)  # type: ignore[attr-defined, arg-type]  # noqa: SLF001  # a test's own signer
        self._signing = signing

    def sign(self, payload: bytes) -> Signature:
        self._signing()
        return super().sign(payload)


def test_a_broken_file_that_no_timestamp_names_is_put_right(signer: OnlineSigner) -> None:
    """Nobody can have trusted it."""
    signer.deliver()
    (signer.home.repository / "metadata" / "2.snapshot.json").write_bytes(b"{")
    signer.ask("demo", b"content")

    signer.publisher.publish(NOW)

    assert len(signer.shelved()["2.snapshot.json"]) > 1


@ONE_FILE
def test_a_shelf_that_is_ahead_of_the_database_is_left_alone(signer: OnlineSigner) -> None:
    """An old database was restored: going on would publish one version with two contents."""
    signer.deliver()
    old = signer.home.database.read_bytes()
    signer.store.close()
    old = signer.home.database.read_bytes()
    signer.ask("demo", b"one")
    signer.publisher.publish(NOW)
    signer.ask("demo", b"two")
    signer.publisher.publish(NOW)
    signer.store.close()
    signer.home.database.write_bytes(old)
    before = signer.shelved()
    signer.ask("demo", b"three")

    with pytest.raises(TamperedError):
        signer.publisher.publish(NOW)

    assert signer.shelved() == before


@ONE_FILE
def test_a_shelf_with_another_content_for_the_same_version_is_left_alone(signer: OnlineSigner) -> None:
    """The same, one publication later."""
    signer.deliver()
    signer.store.close()
    old = signer.home.database.read_bytes()
    signer.ask("demo", b"one")
    signer.publisher.publish(NOW)
    signer.store.close()
    signer.home.database.write_bytes(old)
    before = signer.shelved()
    signer.ask("demo", b"two")

    with pytest.raises(TamperedError):
        signer.publisher.publish(NOW)

    assert signer.shelved() == before


def test_another_timestamp_of_the_same_version_is_left_alone(signer: OnlineSigner) -> None:
    """Only the timestamps differ."""
    signer.deliver()
    _unmark(signer)
    with signer.store.writing() as connection:
        connection.execute(update(PUBLICATIONS).values(timestamp_expires="2026-03-09T00:00:00Z"))

    with pytest.raises(TamperedError):
        signer.publisher.recover()


def test_a_timestamp_that_cannot_be_read_is_replaced(signer: OnlineSigner) -> None:
    """No client takes it anyway."""
    signer.deliver()
    (signer.home.repository / "metadata" / TIMESTAMP).write_bytes(b"")
    signer.ask("demo", b"content")

    signer.publisher.publish(NOW)

    assert b'"version":2' in signer.shelved()[TIMESTAMP]


def test_a_timestamp_alone_is_signed_anew_over_the_same_snapshot(tmp_path: Path) -> None:
    """Clients download a kilobyte, not a snapshot."""
    lifetimes = {"bin-n": timedelta(days=7), "snapshot": timedelta(days=7), "timestamp": timedelta(hours=3)}
    made = online_signer(tmp_path, Wanted(lifetimes=lifetimes))
    made.deliver()

    publication = made.publisher.publish(NOW + timedelta(hours=2))

    assert publication is not None
    assert (publication.snapshot.version, publication.timestamp.version) == (1, 2)
    assert b'"snapshot.json":{"hashes"' in made.shelved()[TIMESTAMP]
    assert "2.snapshot.json" not in made.shelved()
    made.store.close()


def test_after_long_downtime_everything_is_signed_anew_at_once(signer: OnlineSigner) -> None:
    """Bins, snapshot and timestamp, in one publication."""
    signer.deliver()

    publication = signer.publisher.publish(NOW + timedelta(days=60))

    assert publication is not None
    assert {f"2.bin-{number}.json" for number in range(4)} < set(signer.names())
    assert publication.timestamp.expires == NOW + timedelta(days=61)


def test_progress_counts_every_file(tmp_path: Path) -> None:
    """It ends where it said that it would."""
    seen: list[tuple[int, int]] = []
    made = online_signer(tmp_path, watch=lambda done, total: seen.append((done, total)))

    made.deliver()

    assert seen[-1] == (9, 9)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    made.store.close()


def test_before_the_first_delivery_nothing_is_published(signer: OnlineSigner) -> None:
    """There is nothing to sign."""
    assert signer.publisher.publish(NOW) is None
    assert signer.publisher.recover() is None


def _unmark(signer: OnlineSigner) -> None:
    with signer.store.writing() as connection:
        connection.execute(update(PUBLICATIONS).values(is_published=False, snapshot_length=0, snapshot_sha256=""))
