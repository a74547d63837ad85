"""Publications of changes alone are those that the long way makes, byte for byte; after a crash it finishes them."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW
from sqlalchemy import update

from ceremony.errors import StorageError, TamperedError
from ceremony.online import bin_press, press_helper
from ceremony.online.bin_press import place_of_helper
from ceremony.online.intake import add_request, remove_request, take_in
from ceremony.online.key import CheckedSigner
from ceremony.online.listing import ends_of
from ceremony.online.packs import Entries, Pack, write_pack
from ceremony.online.press_helper import PressHelper, PressPlace
from ceremony.online.schedule import due
from ceremony.online.shelf import Artifact, DirectoryShelf
from ceremony.online.staging import Staging
from ceremony.online.standing import read_standing
from ceremony.online.tables import PUBLICATIONS

FOLDER = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""This quick way is that of one file and one folder; PostgreSQL has another."""


class _OtherShelf:
    """The same shelf, but one of which nothing is known."""

    def __init__(self, shelf: DirectoryShelf) -> None:
        self.prepare, self.read, self.put = shelf.prepare, shelf.read, shelf.put


@FOLDER
def test_the_next_publication_needs_nothing_read(signer: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is enough, from the second one on."""
    signer.deliver()
    signer.ask("one", b"content")
    signer.publisher.publish(NOW)
    monkeypatch.setattr(type(signer.store), "tree", None)
    monkeypatch.setattr(type(signer.store), "bins", None)

    signer.ask("two", b"content")
    publication = signer.publisher.publish(NOW)

    assert publication is not None
    assert publication.snapshot.version == 3
    assert signer.publisher.publish(NOW) is None


@FOLDER
@pytest.mark.parametrize(
    ("is_replaced", "error", "told"), [(False, StorageError, "ENOENT"), (True, TamperedError, "another file")]
)
def test_nothing_is_committed_to_a_database_without_its_name(
    signer: OnlineSigner, *, is_replaced: bool, error: type[Exception], told: str
) -> None:
    """It was moved away after the last look at it: what waits is not taken in where nobody would find it."""
    signer.deliver()
    signer.ask("one", b"content")
    signer.publisher.publish(NOW)
    signer.ask("two", b"content")
    database, away = signer.home.database, signer.home.folder / "away.db"
    database.rename(away)
    if is_replaced:
        shutil.copy(away, database)

    with pytest.raises(error, match=told):
        signer.publisher.publish(NOW)

    away.replace(database)
    publication = signer.publisher.publish(NOW)
    assert publication is not None
    assert {*signer.targets()} == {"one", "two"}


def test_the_long_way_gives_the_same_bytes(signer: OnlineSigner) -> None:
    """Everything that the quick way published is right in the eyes of the other, and stays."""
    signer.deliver()
    for name in ("one", "two", "three"):
        signer.ask(name, b"content")
        signer.publisher.publish(NOW)
    take_in(signer.store, [remove_request("two")], NOW)
    signer.publisher.publish(NOW)
    before = signer.shelved()
    with signer.store.writing() as connection:
        connection.execute(update(PUBLICATIONS).values(is_published=False, snapshot_length=0, snapshot_sha256=""))

    replace(signer.publisher, shelf=_OtherShelf(signer.shelf)).recover()

    assert signer.shelved() == before
    assert {*signer.targets()} == {"one", "three"}


@FOLDER
def test_the_entries_of_a_bin_come_joined_in_order_of_path(signer: OnlineSigner) -> None:
    """As the database compares paths, byte by byte, and with whatever letters there are."""
    signer.deliver()
    letters = ("a", "B", "~", "-", "é", "漢", "\U0001f511", "ﬀ")
    paths = [f"{one}{other}/{one}{number}" for one in letters for other in letters for number in range(12)]
    take_in(signer.store, [add_request(each, Artifact(1, "0" * 64), {"é": '"\\'}) for each in reversed(paths)], NOW)
    signer.publisher.publish(NOW)
    rows = signer.store.hot_rows()

    found = {number: rows.entries(number) for number in range(4)}

    assert found == {number: b",".join(fragments) for number, fragments in signer.store.fragments(range(4))}
    assert {*signer.targets()} == {*paths}
    take_in(signer.store, [remove_request(each) for each in paths], NOW)
    signer.publisher.publish(NOW)
    assert {rows.entries(number) for number in range(4)} == {b""}


@FOLDER
@pytest.mark.parametrize("failing", ["files", "place", "create"])
def test_a_disk_that_refuses_costs_time_alone(
    signer: OnlineSigner, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """The intent is durable or nothing is, and the next try brings the change."""
    signer.deliver()
    signer.ask("one", b"content")
    signer.publisher.publish(NOW)
    signer.ask("two", b"content")

    def refuse(*_ignored: object) -> None:
        raise StorageError("somewhere", "ENOSPC")

    with monkeypatch.context() as patched:
        patched.setattr(Staging, failing, refuse)
        with pytest.raises(StorageError):
            signer.publisher.publish(NOW)

    signer.publisher.publish(NOW)
    assert {*signer.targets()} == {"one", "two"}


@FOLDER
def test_many_bins_are_written_with_a_helper(signer: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are the same, whichever process wrote them; it stays for the next time, and ends with the store."""
    _always_help(monkeypatch)
    written_here = _count_packs(monkeypatch)
    signer.deliver()
    signer.ask("first", b"content")
    signer.publisher.publish(NOW)
    _wait_for_helper(signer)
    written_here.clear()
    for number in range(20):
        signer.ask(f"demo-{number}", b"content")

    signer.publisher.publish(NOW)

    assert len(signer.targets()) == 21
    assert not written_here
    before = signer.shelved()
    with signer.store.writing() as connection:
        connection.execute(update(PUBLICATIONS).values(is_published=False, snapshot_length=0, snapshot_sha256=""))
    monkeypatch.undo()
    signer.publisher.recover()
    assert signer.shelved() == before
    helper = signer.store.hot_rows().helping.ready(_place(signer))
    signer.store.close()
    assert helper is not None
    assert helper.is_lost


@FOLDER
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_helper_that_dies_costs_time_alone(
    signer: OnlineSigner, monkeypatch: pytest.MonkeyPatch, end: signal.Signals
) -> None:
    """What it had in its hands is written here."""
    _always_help(monkeypatch)
    signer.deliver()
    signer.ask("first", b"content")
    signer.publisher.publish(NOW)
    helper = _wait_for_helper(signer)
    take = type(helper).take

    def take_and_die(self: PressHelper, pack: Pack, left: int) -> bool:
        is_taken = take(self, pack, left)
        os.kill(self.process_id, end)
        return is_taken

    monkeypatch.setattr(type(helper), "take", take_and_die)
    for number in range(20):
        signer.ask(f"demo-{number}", b"content")

    signer.publisher.publish(NOW)

    assert len(signer.targets()) == 21
    assert helper.is_lost


@FOLDER
def test_a_helper_that_cannot_open_the_key_is_not_missed(signer: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The online key's file is gone: this process has it in memory, the helper cannot read it."""
    signer.deliver()
    _always_help(monkeypatch)
    place = _place(signer)
    signer.home.private_key.rename(signer.home.private_key.with_suffix(".away"))
    signer.ask("demo", b"content")

    signer.publisher.publish(NOW)

    assert {*signer.targets()} == {"demo"}
    helper = signer.store.hot_rows().helping.ready(place)
    assert helper is not None
    _until(lambda: helper.take([], 1000) or helper.is_lost)
    assert helper.is_lost


@FOLDER
def test_a_helper_that_has_nothing_to_do_ends(signer: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would keep some forty megabytes for nothing."""
    _always_help(monkeypatch)
    signer.deliver()
    signer.ask("demo", b"content")
    signer.publisher.publish(NOW)
    helper = _wait_for_helper(signer)
    monkeypatch.setattr(press_helper, "_IDLE_SECONDS", -1)

    signer.publisher.publish(NOW)

    assert helper.is_lost


@FOLDER
def test_bins_that_fall_due_are_signed_the_quick_way(signer: OnlineSigner) -> None:
    """The long way would have signed the same, and takes them for its own."""
    signer.deliver()
    signer.ask("one", b"content")
    publication = signer.publisher.publish(NOW)
    assert publication is not None
    assert signer.publisher.changes is not None

    for days in range(1, 6):
        now = NOW + timedelta(days=days)
        signer.ask("one", f"content of day {days}".encode())
        assert signer.publisher.changes.are_all(now)
        signer.publisher.publish(now)

    before, editions = signer.shelved(), signer.store.bins()
    # One of them had all the changes; the others came only because they were due.
    assert all(each.expires > NOW + timedelta(days=7) for each in editions)
    with signer.store.writing() as connection:
        connection.execute(update(PUBLICATIONS).values(is_published=False, snapshot_length=0, snapshot_sha256=""))
    replace(signer.publisher, shelf=_OtherShelf(signer.shelf)).recover()
    assert signer.shelved() == before


@FOLDER
def test_the_quick_way_finds_due_what_the_long_way_does(signer: OnlineSigner) -> None:
    """Bin for bin, whatever the moment."""
    signer.deliver()
    store = signer.store
    last = store.last_publication()
    assert last is not None
    standing = read_standing(store, signer.publisher.keys.signers(last.number), last)

    for hours in range(0, 24 * 9, 5):
        now = NOW + timedelta(hours=hours)
        found = due(now, ends_of(store, store.tree(), last), standing.lifetimes)
        assert standing.bins_due(now) == [*found.bins]
        assert (standing.heads_due <= now) == (found.snapshot or found.timestamp)


def _always_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bin_press, "MANY", 1)
    monkeypatch.setattr(bin_press, "SOME", 1)
    monkeypatch.setattr(bin_press, "_PACK_BINS", 1)
    monkeypatch.setattr(press_helper, "_AHEAD", 1000)
    monkeypatch.setattr("ceremony.online.publisher.MANY", 1)
    monkeypatch.setattr("ceremony.online.quick_publication.FEW", 0)


def _count_packs(monkeypatch: pytest.MonkeyPatch) -> list[Pack]:
    written: list[Pack] = []

    def write(rows: Entries, stage: Staging, signer: CheckedSigner, pack: Pack) -> int:
        written.append(pack)
        return write_pack(rows, stage, signer, pack)

    monkeypatch.setattr(bin_press, "write_pack", write)
    return written


def _place(signer: OnlineSigner) -> PressPlace:
    place = place_of_helper(signer.home.database, signer.shelf.metadata, signer.signer())
    assert place is not None
    return place


def _wait_for_helper(signer: OnlineSigner) -> PressHelper:
    helper = signer.store.hot_rows().helping.ready(_place(signer))
    assert helper is not None
    _until(lambda: helper.take([], 1000))
    return helper


def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(3000):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError
