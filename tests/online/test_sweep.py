"""Pruning: what no timestamp of the last while leads to is gone, everything else stays, whenever it is interrupted."""

import contextlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import REPOSITORY, Then, Wanted, following, release, words
from fakes.s3_server import BUCKET, S3Server, s3_server, use_s3

from ceremony.core.policy import Policy
from ceremony.errors import StorageError
from ceremony.online.database_file import database_of
from ceremony.online.delivery import take_in_delivery
from ceremony.online.errand import publisher_of
from ceremony.online.home import Home
from ceremony.online.initialise import Wish, initialise
from ceremony.online.intake import add_request, take_in
from ceremony.online.self_check import Walk
from ceremony.online.shelf import Artifact
from ceremony.online.shelf_place import open_shelf, place_of
from ceremony.online.store import open_store
from ceremony.online.sweep import FolderPlace, sweep
from ceremony.online.target_files import check_target_files, sweep_target_files

HOUR = timedelta(hours=1)


@pytest.fixture
def busy(tmp_path: Path, moment: datetime) -> Iterator[OnlineSigner]:
    """A publication every hour for ten hours, the last one now; each after the first replaces one target."""
    start = moment - 10 * HOUR
    made = online_signer(tmp_path, Wanted(now=start))
    made.deliver(now=start)
    for hour in range(1, 11):
        made.ask("demo", f"content {hour}".encode(), start + hour * HOUR)
        made.publisher.publish(start + hour * HOUR)
    yield made
    made.store.close()


def _place(signer: OnlineSigner) -> FolderPlace:
    return FolderPlace(signer.home.repository / "metadata")


def _snapshots(signer: OnlineSigner) -> list[int]:
    return sorted(int(name.split(".")[0]) for name in signer.shelved() if name.endswith(".snapshot.json"))


def test_what_a_timestamp_of_the_retention_led_to_stays(busy: OnlineSigner, moment: datetime) -> None:
    """The one that held three and a half hours ago is one of them; its bin is too."""
    sweep(busy.store, _place(busy), moment, 3 * HOUR + HOUR / 2)

    assert _snapshots(busy) == [7, 8, 9, 10, 11]
    bins = sorted(int(name.split(".")[0]) for name in busy.shelved() if ".bin-" in name)
    assert len(bins) == 3 + 5
    busy.follow("demo")


def test_pruning_twice_is_pruning_once(busy: OnlineSigner, moment: datetime) -> None:
    """Nothing more goes."""
    assert sweep(busy.store, _place(busy), moment, HOUR) > 0
    assert sweep(busy.store, _place(busy), moment, HOUR) == 0


def test_the_newest_of_everything_stays_however_old(busy: OnlineSigner, moment: datetime) -> None:
    """A signer that published nothing for years."""
    sweep(busy.store, _place(busy), moment + timedelta(days=2000), HOUR)

    assert _snapshots(busy) == [11]
    busy.follow("demo")


def test_roots_and_strange_files_are_never_touched(living: OnlineSigner, moment: datetime) -> None:
    """Nor anything that is not named as we name files."""
    living.deliver(following(living.bundle, Then(roles=("root",), now=moment)), moment)
    folder = living.home.repository / "metadata"
    strange = ("0.bins.json", "notes.txt", "1.unknown.json", "01.snapshot.json", "1.snapshot.json.bak")
    for name in strange:
        (folder / name).write_bytes(b"")
    (folder / "1.bin-9.json").mkdir()
    living.ask("demo", b"content", moment)
    living.publisher.publish(moment)

    sweep(living.store, _place(living), moment + timedelta(days=1), HOUR)

    left = {each.name for each in folder.iterdir()}
    assert {"1.root.json", "2.root.json", "timestamp.json", "1.bin-9.json", *strange} <= left


def test_a_shelf_that_lies_costs_nothing_that_is_newest(busy: OnlineSigner, moment: datetime) -> None:
    """Somebody has put a snapshot there that lists versions which nobody has published."""
    folder = busy.home.repository / "metadata"
    for path in folder.glob("*.snapshot.json"):
        if not path.name.startswith("11."):
            path.write_bytes(path.read_bytes().replace(b'.json":{"version":1}', b'.json":{"version":99}'))

    sweep(busy.store, _place(busy), moment, 5 * HOUR)

    busy.follow("demo")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"signatures":[],"signed":{"_type":"snapshot","meta":[],"version":7}}']
)
def test_a_snapshot_that_cannot_be_read_is_passed_over(busy: OnlineSigner, moment: datetime, content: bytes) -> None:
    """The next one that can says what stays."""
    (busy.home.repository / "metadata" / "7.snapshot.json").write_bytes(content)

    sweep(busy.store, _place(busy), moment, 3 * HOUR + HOUR / 2)

    assert 8 in _snapshots(busy)
    assert 6 not in _snapshots(busy)


def test_a_clock_that_went_back_hides_no_publication(busy: OnlineSigner, moment: datetime) -> None:
    """The order is that of numbers."""
    busy.ask("demo", b"late", moment - 100 * HOUR)
    busy.publisher.publish(moment - 100 * HOUR)

    sweep(busy.store, _place(busy), moment, 2 * HOUR)

    assert {9, 10, 11, 12} <= {*_snapshots(busy)}


def test_nothing_is_deleted_before_the_first_publication(signer: OnlineSigner, moment: datetime) -> None:
    """Nor where there is no folder yet."""
    assert sweep(signer.store, _place(signer), moment, HOUR) == 0


class _Failing:
    """A place whose disk refuses after so many files."""

    def __init__(self, place: FolderPlace, after: int) -> None:
        self._place = place
        self._after = after

    def read(self, name: str) -> bytes | None:
        """As the place has it."""
        return self._place.read(name)

    def names(self) -> Iterator[str]:
        """As the place has them."""
        return self._place.names()

    def delete(self, names: Iterable[str]) -> int:
        """Some of them."""
        wanted = list(names)
        self._place.delete(wanted[: self._after])
        raise StorageError("shelf", "EIO")


@pytest.mark.parametrize("after", [0, 1, 5, 9])
def test_an_interrupted_sweep_is_finished_by_the_next(busy: OnlineSigner, moment: datetime, after: int) -> None:
    """And clients notice neither."""
    with pytest.raises(StorageError):
        sweep(busy.store, _Failing(_place(busy), after), moment, HOUR)
    busy.follow("demo")

    sweep(busy.store, _place(busy), moment, HOUR)

    assert _snapshots(busy) == [10, 11]
    busy.follow("demo")


def test_content_of_replaced_targets_goes_when_asked_for(busy: OnlineSigner, moment: datetime) -> None:
    """Ten contents came under one path; the last one is what it is now, and a young file is never touched."""
    folder = busy.home.repository / "targets"
    assert sweep_target_files(busy.store, folder, moment, HOUR) == 0
    later = moment + 2 * HOUR

    assert sweep_target_files(busy.store, folder, later, HOUR) == 9
    assert len(list(folder.iterdir())) == 1
    busy.follow("demo")


def test_content_that_waits_or_was_removed_lately_stays(busy: OnlineSigner, moment: datetime) -> None:
    """Clients with yesterday's metadata still ask for it."""
    folder, later = busy.home.repository / "targets", moment + 2 * HOUR
    busy.ask("demo", b"waits", later)
    assert sweep_target_files(busy.store, folder, later + HOUR / 2, HOUR) == 0
    busy.publisher.publish(later)

    assert sweep_target_files(busy.store, folder, later + HOUR / 2, HOUR) == 0
    assert sweep_target_files(busy.store, folder, later + 2 * HOUR, HOUR) == 10


def test_links_and_other_names_among_targets_stay(busy: OnlineSigner, moment: datetime) -> None:
    """Whoever put them there."""
    folder = busy.home.repository / "targets"
    (folder / "readme").write_text("hello")
    link = folder / f"{'0' * 64}.link"
    link.symlink_to(busy.home.database)

    sweep_target_files(busy.store, folder, moment + 100 * HOUR, HOUR)

    assert (folder / "readme").exists()
    assert link.is_symlink()
    assert busy.home.database.exists()


def test_content_is_read_to_its_last_byte(busy: OnlineSigner) -> None:
    """Whole, changed, or not here at all."""
    folder = busy.home.repository / "targets"
    assert check_target_files(busy.store, folder, lambda _done, _total: None).good == 1
    named = [each for each in folder.iterdir() if each.read_bytes() == b"content 10"]
    named[0].write_bytes(b"content 1x")

    assert check_target_files(busy.store, folder, lambda _done, _total: None).wrong == ("demo",)
    named[0].unlink()
    assert check_target_files(busy.store, folder, lambda _done, _total: None).absent == 1


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    """An object store for all of these tests."""
    with s3_server() as made:
        yield made


def test_an_object_store_is_swept_like_a_folder(
    server: S3Server, tmp_path: Path, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Age alone tells a store nothing: the bin that nobody has touched for weeks is what clients ask for."""
    use_s3(monkeypatch, server.port)
    url = f"s3://{BUCKET}/{sha256(str(tmp_path).encode()).hexdigest()[:12]}/repository"
    start = moment - 10 * HOUR
    home = Home(tmp_path / "home")
    key_file = initialise(home, Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True, shelf=url))
    bundle = release(key_file.key, Wanted(now=start))
    with contextlib.closing(open_store(database_of(home))) as store:
        shelf = open_shelf(home)
        publisher = publisher_of(home, store, lambda _done, _total: None)
        take_in_delivery(store, bundle, words(bundle), start, Policy())
        publisher.publish(start)
        for hour in range(1, 11):
            at = start + hour * HOUR
            take_in(store, [add_request("demo", Artifact(hour, f"{hour:064x}"))], at)
            publisher.publish(at)

        before = {*shelf.names()}
        assert place_of(shelf).delete(()) == 0
        deleted = sweep(store, place_of(shelf), moment, 3 * HOUR + HOUR / 2)
        left = {*shelf.names()}

        assert deleted == len(before - left) == 6 + 6
        assert {f"{number}.snapshot.json" for number in range(7, 12)} <= left
        assert {"timestamp.json", "1.root.json", "1.targets.json", "1.bins.json"} <= left
        assert sweep(store, place_of(shelf), moment, 3 * HOUR + HOUR / 2) == 0
        # The same names a second time: a store does not say which of them there were.
        assert place_of(shelf).delete(before - left) == 12
        assert {*shelf.names()} == left
        found = Walk(store, lambda name: shelf.read(name.removeprefix("metadata/"))).check(moment)
        assert found is not None
        assert found.is_good
