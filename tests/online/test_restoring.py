"""Backup and restore: what clients have seen never goes back, and what was published is not lost with the database."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner, online_signer, reopened
from fakes.release import Then, Wanted, following

from ceremony.errors import RefusedError, StorageError, TamperedError
from ceremony.online.backup import Backup, back_up
from ceremony.online.restoring import Restored, Terms, restore
from ceremony.online.shelf_check import check_shelf


def _quiet(_done: int, _total: int) -> None:
    """Nobody looks."""


@pytest.fixture
def stocked(tmp_path: Path, moment: datetime) -> Iterator[OnlineSigner]:
    """A signer with a database of its own in a file, and one published target."""
    made = online_signer(tmp_path, Wanted(now=moment))
    made.deliver(now=moment)
    _publish(made, moment, "demo/before")
    yield made
    made.store.close()


def _publish(signer: OnlineSigner, moment: datetime, *paths: str) -> None:
    for path in paths:
        signer.ask(path, path.encode(), moment)
        signer.publisher.publish(moment)


def _back_up(signer: OnlineSigner) -> Path:
    copy = signer.scratch / "copy.db"
    back_up(signer.home.database, copy, _quiet)
    return copy


def _lose(signer: OnlineSigner) -> None:
    """The database is gone."""
    signer.store.close()
    for path in signer.home.folder.glob("signer.db*"):
        path.unlink()


def _restore(signer: OnlineSigner, copy: Path, moment: datetime, terms: Terms | None = None) -> Restored:
    return restore(signer.home, copy, signer.shelf.read, terms or Terms(), moment, _quiet)


def _again(signer: OnlineSigner, moment: datetime) -> OnlineSigner:
    """The signer as it goes on: what its database intends is out."""
    found = reopened(signer.home, signer.scratch, signer.bundle, signer.key_file)
    while found.publisher.publish(moment) is not None:
        pass
    return found


def test_a_copy_holds_everything_but_keys(stocked: OnlineSigner) -> None:
    """Its owner alone can read it, it is one file, and it names the key that it does not hold."""
    copy = stocked.scratch / "copy.db"

    assert back_up(stocked.home.database, copy, _quiet) == Backup(2, 2, ("file2:online-key.pem",))

    assert copy.stat().st_mode & 0o777 == 0o600
    assert {each.name for each in stocked.scratch.glob("*copy.db*")} == {"copy.db"}
    private = stocked.home.private_key.read_bytes().split(b"\n")[1]
    assert private not in copy.read_bytes()


def test_a_copy_is_never_written_over_anything(stocked: OnlineSigner) -> None:
    """Not even over a copy, nor through a link that leads nowhere."""
    copy = _back_up(stocked)
    before = copy.read_bytes()
    with pytest.raises(StorageError) as refusal:
        back_up(stocked.home.database, copy, _quiet)
    assert (refusal.value.reason, copy.read_bytes()) == ("EEXIST", before)
    link = stocked.scratch / "link.db"
    link.symlink_to(stocked.scratch / "elsewhere.db")
    with pytest.raises(StorageError):
        back_up(stocked.home.database, link, _quiet)


def test_a_copy_of_what_is_not_there_is_none(tmp_path: Path) -> None:
    """And makes no empty database of that name."""
    with pytest.raises(StorageError) as refusal:
        back_up(tmp_path / "signer.db", tmp_path / "copy.db", _quiet)

    assert refusal.value.reason == "ENOENT"
    assert list(tmp_path.iterdir()) == []


def test_a_copy_is_that_of_one_moment(stocked: OnlineSigner, moment: datetime) -> None:
    """What is published while it is made is not in it, or wholly."""
    copy = stocked.scratch / "copy.db"
    turns = iter(range(1_000))

    def watch(_done: int, _total: int) -> None:
        if next(turns) == 0:
            _publish(stocked, moment, "demo/meanwhile")

    found = back_up(stocked.home.database, copy, watch)

    with contextlib.closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT max(number) FROM publications").fetchone() == (found.publication,)


def test_the_newest_copy_goes_on_as_if_nothing_had_been(stocked: OnlineSigner, moment: datetime) -> None:
    """Nothing was missed, nothing is signed anew."""
    copy, before = _back_up(stocked), stocked.shelved()
    _lose(stocked)

    assert _restore(stocked, copy, moment).missed == 0

    again = _again(stocked, moment)
    assert again.shelved() == before
    _publish(again, moment, "demo/after")
    again.stay("demo/before", "demo/after")
    again.store.close()


def test_what_was_published_since_is_taken_back_and_no_version_comes_twice(
    stocked: OnlineSigner, moment: datetime
) -> None:
    """A client that saw everything follows on; each target that it could get it still gets."""
    copy = _back_up(stocked)
    _publish(stocked, moment, "demo/1", "demo/2", "demo/3")
    stocked.stay("demo/3")
    published = stocked.shelved()
    _lose(stocked)

    found = _restore(stocked, copy, moment)
    again = _again(stocked, moment)

    assert (found.timestamp, found.missed, found.recovered.lost) == (2, 3, ())
    assert found.recovered.bins > 0
    now = again.shelved()
    assert all(now[name] == data for name, data in published.items() if name != "timestamp.json")
    again.stay("demo/1", "demo/2", "demo/3", "demo/before")
    assert check_shelf(again.store, again.shelf.read, _quiet).is_good
    again.store.close()


def test_a_release_that_came_since_is_taken_back_by_the_rules_of_deliveries(
    stocked: OnlineSigner, moment: datetime
) -> None:
    """Keyholders need not meet, and nobody needs the stick again."""
    copy = _back_up(stocked)
    stocked.deliver(following(stocked.bundle, Then(roles=("root", "targets", "bins"), now=moment)), moment)
    _publish(stocked, moment, "demo/since")
    stocked.stay("demo/since")
    _lose(stocked)

    found = _restore(stocked, copy, moment)
    again = _again(stocked, moment)

    assert set(found.files) == {"2.root.json", "2.targets.json", "2.bins.json"}
    again.stay("demo/since", "demo/before")
    assert check_shelf(again.store, again.shelf.read, _quiet).is_good
    again.store.close()


def test_a_change_that_waited_in_the_copy_is_not_done_a_second_time(stocked: OnlineSigner, moment: datetime) -> None:
    """It was published since, and what came later under the same path stands."""
    stocked.ask("demo/path", b"first", moment)
    copy = _back_up(stocked)
    stocked.publisher.publish(moment)
    stocked.ask("demo/path", b"second", moment)
    stocked.publisher.publish(moment)
    _lose(stocked)

    _restore(stocked, copy, moment)
    again = _again(stocked, moment)

    assert again.stay("demo/path") == {"demo/path": b"second"}
    again.store.close()


def test_a_publication_cut_short_in_the_copy_is_seen_through(stocked: OnlineSigner, moment: datetime) -> None:
    """It was out when the database was lost."""
    stocked.ask("demo/short", b"short", moment)
    with pytest.raises(OSError, match="cut"):
        _cut_short(stocked, moment)
    copy = _back_up(stocked)
    stocked.publisher.publish(moment)
    _publish(stocked, moment, "demo/since")
    stocked.stay("demo/since")
    _lose(stocked)

    _restore(stocked, copy, moment)
    again = _again(stocked, moment)

    again.stay("demo/short", "demo/since")
    again.store.close()


def _cut_short(signer: OnlineSigner, moment: datetime) -> None:
    with pytest.MonkeyPatch.context() as patch:

        def fail(*_given: object, **_named: object) -> None:
            raise OSError("cut")

        patch.setattr("ceremony.online.staging.Staging.place", fail)
        signer.publisher.publish(moment)


def test_a_live_database_is_never_restored_over(stocked: OnlineSigner, moment: datetime) -> None:
    """Nor beside what SQLite could take for a part of it, nor while a signer serves."""
    copy = _back_up(stocked)
    with pytest.raises(StorageError) as refusal:
        _restore(stocked, copy, moment)
    assert refusal.value.reason == "EEXIST"
    _lose(stocked)
    left = stocked.home.folder / "signer.db-wal"
    left.write_bytes(b"left behind")
    with pytest.raises(StorageError):
        _restore(stocked, copy, moment)
    left.unlink()
    with stocked.home.writing(), pytest.raises(StorageError) as busy:
        _restore(stocked, copy, moment)
    assert busy.value.reason == "EBUSY"


def _refused(stocked: OnlineSigner, copy: Path, moment: datetime, terms: Terms | None = None) -> str:
    with pytest.raises(RefusedError) as refusal:
        _restore(stocked, copy, moment, terms)
    assert not list(stocked.home.folder.glob("*signer.db*"))
    return refusal.value.rule


def test_without_a_shelf_nobody_knows_what_clients_have_seen(stocked: OnlineSigner, moment: datetime) -> None:
    """Unless the operator says how far to go on, and then a client that saw everything follows."""
    copy = _back_up(stocked)
    _publish(stocked, moment, "demo/1", "demo/2")
    stocked.stay()
    _lose(stocked)
    shutil.rmtree(stocked.home.repository / "metadata")

    assert _refused(stocked, copy, moment) == "RESTORE-SEEN"

    assert _restore(stocked, copy, moment, Terms(skip=10)).missed == 10
    again = _again(stocked, moment)
    for each in again.publisher.store.trusted_roots():
        (again.home.repository / "metadata" / each.name).write_bytes(each.encode())
    for each in again.publisher.store.trusted().values():
        (again.home.repository / "metadata" / each.name).write_bytes(each.encode())
    again.stay("demo/before")
    again.store.close()


def test_a_strange_timestamp_is_nothing_to_go_on_from(stocked: OnlineSigner, moment: datetime) -> None:
    """Whoever can write to the shelf and has no key cannot say how far versions went."""
    copy = _back_up(stocked)
    _publish(stocked, moment, "demo/1")
    _lose(stocked)
    path = stocked.home.repository / "metadata" / "timestamp.json"
    path.write_bytes(
        path.read_bytes().replace(b'"version":3}}', b'"version":2}}').replace(b'"version":3', b'"version":9')
    )

    assert _refused(stocked, copy, moment) == "RESTORE-KNOWN"


def test_files_that_are_missing_are_asked_for(stocked: OnlineSigner, moment: datetime) -> None:
    """Bins may be given up where the operator says so; the snapshot may not."""
    copy = _back_up(stocked)
    _publish(stocked, moment, "demo/1")
    stocked.stay()
    _lose(stocked)
    for path in (stocked.home.repository / "metadata").glob("*.bin-*.json"):
        path.unlink()

    assert _refused(stocked, copy, moment) == "RESTORE-WHOLE"
    snapshot = stocked.home.repository / "metadata" / "3.snapshot.json"
    data = snapshot.read_bytes()
    snapshot.write_bytes(data[:-2])
    assert _refused(stocked, copy, moment, Terms(may_lose=True)) == "RESTORE-WHOLE"

    snapshot.write_bytes(data)
    found = _restore(stocked, copy, moment, Terms(may_lose=True))
    assert len(found.recovered.lost) == 1
    again = _again(stocked, moment)
    again.stay("demo/before")
    again.store.close()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"\x00" * 4096])
def test_what_is_no_copy_is_refused(stocked: OnlineSigner, moment: datetime, content: bytes) -> None:
    """And the home has no database."""
    _lose(stocked)
    copy = stocked.scratch / "copy.db"
    copy.write_bytes(content)

    with pytest.raises((TamperedError, StorageError)):
        _restore(stocked, copy, moment)

    assert not list(stocked.home.folder.glob("*signer.db*"))


def test_a_damaged_copy_is_noticed(stocked: OnlineSigner, moment: datetime) -> None:
    """A page in the middle."""
    copy = _back_up(stocked)
    _lose(stocked)
    data = bytearray(copy.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8192] = bytes(8192)
    copy.write_bytes(data)

    with pytest.raises((TamperedError, StorageError)):
        _restore(stocked, copy, moment)
