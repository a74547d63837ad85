"""Where machines share a database, publications of changes alone need nothing read; whoever else wrote is noticed."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from fakes.at_step import at_step
from fakes.online_signer import OnlineSigner, reopened
from fakes.release import NOW
from sqlalchemy import Connection, select, update

from ceremony.core.policy import Policy
from ceremony.errors import StorageError
from ceremony.online import publisher
from ceremony.online.commit import commit_next
from ceremony.online.intake import add_request, remove_request, take_in, waiting_count
from ceremony.online.leading import Leading
from ceremony.online.lease import take_lease
from ceremony.online.postgresql_hot_rows import PostgresHotRows
from ceremony.online.renewal import BINS, ask_renewal
from ceremony.online.service import publish_all, wake_time
from ceremony.online.shared_changes import DoubtError, RememberedContents, SharedChanges
from ceremony.online.shelf import Artifact, DirectoryShelf
from ceremony.online.store import Store
from ceremony.online.tables import BINS as BIN_ROWS
from ceremony.online.tables import LEASE, PUBLICATIONS

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

Act = Callable[[], object]

STEPS = {
    **dict.fromkeys(("look", "record", "take", "renew", "entries"), PostgresHotRows),
    **dict.fromkeys(("put", "read"), DirectoryShelf),
    "mark_published": Store,
}
"""What a publication asks of the database and of the shelf, and of whom."""


@pytest.fixture
def first(signer: OnlineSigner) -> OnlineSigner:
    """A writer that has published changes twice, so that it remembers how things stand."""
    signer.deliver()
    for name in ("one", "two"):
        signer.ask(name, b"content")
        signer.publisher.publish(NOW)
    return signer


@pytest.fixture
def second(first: OnlineSigner) -> Iterator[OnlineSigner]:
    """Another writer for the same database and shelf."""
    other = reopened(first.home, first.scratch, first.bundle, first.key_file)
    yield other
    other.store.close()


def known(signer: OnlineSigner) -> SharedChanges:
    """What this writer remembers."""
    assert isinstance(signer.publisher.changes, SharedChanges)
    return signer.publisher.changes


@contextlib.contextmanager
def reading_nothing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Inside, nobody can read every bin, or what is trusted."""
    with monkeypatch.context() as patched:
        for name in ("bins", "tree", "fragments", "last_publication"):
            patched.setattr(Store, name, None)
        yield


@contextlib.contextmanager
def before_the_intent(monkeypatch: pytest.MonkeyPatch, store: Store, act: Act) -> Iterator[None]:
    """Inside, `act` happens when the writer of `store` has looked, and has not begun to write."""
    leading, left = store.leading, [act]

    @contextlib.contextmanager
    def late() -> Iterator[Connection]:
        while left:
            left.pop()()
        with leading() as connection:
            yield connection

    with monkeypatch.context() as patched:
        patched.setattr(store, "leading", late)
        yield
    assert not left


def refuse() -> None:
    """Whatever is asked does not answer."""
    raise StorageError("somewhere", "EIO")


def numbers(signer: OnlineSigner) -> list[int]:
    """Of all publications, in order."""
    with signer.store.reading() as connection:
        return [*connection.execute(select(PUBLICATIONS.c.number).order_by(PUBLICATIONS.c.number)).scalars()]


def all_is_right(signer: OnlineSigner, *targets: str) -> None:
    """These targets are published, and every file is the one that the rows give."""
    assert {*signer.targets()} == {*targets}
    before = signer.shelved()
    with signer.store.writing() as connection:
        connection.execute(update(PUBLICATIONS).values(is_published=False, snapshot_length=0, snapshot_sha256=""))
    replace(signer.publisher).recover()
    assert signer.shelved() == before


def test_the_next_publication_needs_nothing_read(first: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is enough, for changes of every kind; and nothing is published where nothing waits."""
    with reading_nothing(monkeypatch):
        first.ask("three", b"content")
        take_in(first.store, [remove_request("one")], NOW)
        publication = first.publisher.publish(NOW)
        nothing = first.publisher.publish(NOW)

    assert publication is not None
    assert (publication.number, publication.is_published, publication.covers) == (4, True, 4)
    assert nothing is None
    all_is_right(first, "two", "three")


def test_it_says_the_same_as_the_rows(first: OnlineSigner) -> None:
    """Of the publication, as whoever comes next reads it."""
    first.ask("three", b"content")
    publication = first.publisher.publish(NOW + timedelta(seconds=5))

    assert publication is not None
    assert replace(publication, covers=0) == first.store.last_publication()


def test_the_last_of_several_changes_of_a_target_counts(first: OnlineSigner) -> None:
    """Put and taken away in any order, in one publication; and letters of every kind are where they belong."""
    letters = ("a", "B", "~", "-", "é", "漢", "\U0001f511", "ﬀ")
    paths = [f"{one}{other}/{number}" for one in letters for other in letters for number in range(3)]
    puts = [add_request(each, Artifact(1, "0" * 64), {"é": '"\\'}) for each in reversed(paths)]
    take_in(first.store, [*puts, remove_request("one"), remove_request("two")], NOW)
    first.ask("one", b"other")
    take_in(first.store, [remove_request(paths[0])], NOW)
    first.publisher.publish(NOW)

    all_is_right(first, "one", *paths[1:])


def test_bins_that_are_due_come_without_changes(first: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed anew by what is remembered, where snapshot and timestamp are not due themselves."""
    long_ways = _count_long_ways(monkeypatch)
    quick = 0
    for _ in range(60):
        before, gone = _bins(first), len(long_ways)
        first.publisher.publish(first.publisher.next_due() or wake_time(first.store))
        quick += before != _bins(first) and len(long_ways) == gone

    assert quick > 0
    all_is_right(first, "one", "two")


def test_what_another_writer_published_is_noticed(first: OnlineSigner, second: OnlineSigner) -> None:
    """Between two publications of the first, which goes on from there."""
    second.ask("three", b"content")
    theirs = second.publisher.publish(NOW)
    first.ask("four", b"content")
    ours = first.publisher.publish(NOW)

    assert theirs is not None
    assert ours is not None
    assert (theirs.number, ours.number) == (4, 5)
    assert ours.snapshot.version == theirs.snapshot.version + 1
    all_is_right(first, "one", "two", "three", "four")


def test_what_another_writer_only_began_is_finished_first(first: OnlineSigner, second: OnlineSigner) -> None:
    """An intent that is durable and not out, of which the first remembers nothing."""
    second.ask("three", b"content")
    assert commit_next(second.store, NOW, first.publisher.policy)
    first.ask("four", b"content")
    ours = first.publisher.publish(NOW)

    assert ours is not None
    assert ours.number == 5
    all_is_right(first, "one", "two", "three", "four")


def test_whoever_writes_between_look_and_intent_is_noticed(
    first: OnlineSigner, second: OnlineSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the transaction of the intent: nothing is recorded by what was remembered, and all of it is read anew."""
    first.ask("three", b"content")

    def between() -> None:
        second.publisher.publish(NOW)
        second.ask("four", b"content")

    with before_the_intent(monkeypatch, first.store, between):
        ours = first.publisher.publish(NOW)

    assert ours is not None
    assert numbers(first) == [1, 2, 3, 4, 5]
    all_is_right(first, "one", "two", "three", "four")


def test_a_publication_with_the_same_numbers_is_another_one(first: OnlineSigner) -> None:
    """The hash of the snapshot tells: what lies under it is not what is remembered."""
    changes = known(first)
    first.ask("three", b"content")
    assert changes.are_all(NOW)
    with first.store.writing() as connection:
        newest = PUBLICATIONS.c.number == numbers(first)[-1]
        connection.execute(update(PUBLICATIONS).where(newest).values(snapshot_sha256="0" * 64))

    with pytest.raises(DoubtError):
        changes.publish(NOW)

    assert numbers(first) == [1, 2, 3]


def test_in_doubt_nobody_says_that_nothing_waits(first: OnlineSigner, second: OnlineSigner) -> None:
    """Another may have begun something that has to be finished."""
    changes = known(first)
    assert changes.are_all(NOW)
    second.ask("three", b"content")
    assert commit_next(second.store, NOW, first.publisher.policy)

    with pytest.raises(DoubtError):
        changes.publish(NOW)


def test_a_bin_at_another_version_is_a_doubt(first: OnlineSigner) -> None:
    """Nothing of the intent is durable then."""
    changes = known(first)
    first.ask("three", b"content")
    assert changes.are_all(NOW)
    with first.store.writing() as connection:
        connection.execute(update(BIN_ROWS).values(version=BIN_ROWS.c.version + 5))

    with pytest.raises(DoubtError):
        changes.publish(NOW)

    assert numbers(first) == [1, 2, 3]
    assert waiting_count(first.store) == 1


def test_other_work_that_comes_at_that_moment_takes_the_long_way(
    first: OnlineSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With it come the changes, in one publication."""
    before = _bins(first)
    first.ask("three", b"content")

    def between() -> None:
        with first.store.writing() as connection:
            ask_renewal(connection, [BINS], NOW)

    with before_the_intent(monkeypatch, first.store, between):
        ours = first.publisher.publish(NOW)

    assert ours is not None
    assert len(_bins(first)) == len(before) + 4
    assert numbers(first) == [1, 2, 3, 4]
    all_is_right(first, "one", "two", "three")


def test_whoever_has_lost_the_lease_records_nothing(first: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though nobody has published since: the number of the lease is looked at in the transaction of the intent."""
    with Leading(first.home, first.store, first.shelf).writing():
        first.ask("three", b"content")
        first.publisher.publish(NOW)
        first.ask("four", b"content")
        shelved = first.shelved()
        late = before_the_intent(monkeypatch, first.store, lambda: _take_over(first))
        with late, pytest.raises(StorageError) as caught:
            first.publisher.publish(NOW)

        assert caught.value.reason == "ESTALE"
        assert numbers(first) == [1, 2, 3, 4]
        assert first.shelved() == shelved


def test_under_another_lease_everything_is_read_anew(first: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the newest publication is one's own."""
    reads = _count_reads(monkeypatch)
    with Leading(first.home, first.store, first.shelf).writing():
        for name in ("three", "four"):
            first.ask(name, b"content")
            first.publisher.publish(NOW)
        assert len(reads) == 1
    with Leading(first.home, first.store, first.shelf).writing():
        first.ask("five", b"content")
        first.publisher.publish(NOW)
        assert len(reads) == 2

    all_is_right(first, "one", "two", "three", "four", "five")


def test_entries_of_a_later_publication_are_never_taken_for_ours(first: OnlineSigner, second: OnlineSigner) -> None:
    """Whoever stood still after its intent, while another went on, reads nothing that belongs to those bins."""
    changes = known(first)
    first.ask("three", b"content")
    assert changes.are_all(NOW)
    asked: list[RememberedContents] = []

    def stand_still(_publication: object, _signers: object, contents: object) -> tuple[int, str]:
        assert isinstance(contents, RememberedContents)
        asked.append(contents)
        raise StorageError("somewhere", "EIO")

    changes._write = stand_still  # noqa: SLF001  # as if the machine had stood still there
    with pytest.raises(StorageError):
        changes.publish(NOW)
    (contents,) = asked
    there = [each.name for each in contents.bins(contents.numbers)]
    second.publisher.publish(NOW)

    with pytest.raises(StorageError) as caught:
        [*contents.bins(contents.numbers)]

    assert there
    assert caught.value.reason == "ESTALE"
    all_is_right(second, "one", "two", "three")


@pytest.mark.parametrize("goes_on", ["the same", "another"])
def test_cut_short_anywhere_nothing_is_lost(first: OnlineSigner, monkeypatch: pytest.MonkeyPatch, goes_on: str) -> None:
    """Before each step, be it of the database or of the shelf: whoever goes on finishes what is durable, or begins."""
    known_targets, cut = ["one", "two"], []
    for number in count(1):
        first.ask(f"target {number}", b"content")
        known_targets.append(f"target {number}")
        with at_step(monkeypatch, STEPS, number, refuse) as steps, contextlib.suppress(StorageError):
            first.publisher.publish(NOW)
        if len(steps) < number:
            break
        cut.append(steps[-1])
        assert steps[-1] == "look" or known(first).next_due() is None
        if goes_on == "the same":
            publish_all(first.publisher, NOW)
            all_is_right(first, *known_targets)
        else:
            with contextlib.closing(reopened(first.home, first.scratch, first.bundle, first.key_file).store) as store:
                publish_all(replace(first.publisher, store=store), NOW)
            all_is_right(first, *known_targets)
        # The first of two goes the long way, and what it leaves is remembered with the second.
        for name in ("one", "two"):
            first.ask(name, b"content")
            first.publisher.publish(NOW)

    assert {*cut} == {*STEPS}
    assert cut.count("put") > 1
    all_is_right(first, *known_targets)


def _take_over(signer: OnlineSigner) -> None:
    """Another machine has the lease."""
    with signer.store.writing() as connection:
        connection.execute(update(LEASE).values(until=0))
        assert take_lease(connection, "another machine", 0, signer.store.database) is not None


def _count_reads(monkeypatch: pytest.MonkeyPatch) -> list[Store]:
    reads: list[Store] = []
    tree = Store.tree

    def counted(store: Store) -> object:
        reads.append(store)
        return tree(store)

    monkeypatch.setattr(Store, "tree", counted)
    return reads


def _count_long_ways(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    taken: list[datetime] = []

    def counted(store: Store, now: datetime, policy: Policy) -> bool:
        taken.append(now)
        return commit_next(store, now, policy)

    monkeypatch.setattr(publisher, "commit_next", counted)
    return taken


def _bins(signer: OnlineSigner) -> list[str]:
    return [name for name in signer.shelved() if ".bin-" in name]
